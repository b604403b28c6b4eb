"""From raw answers to the lake's derived tables.

Days are independent, but flattening has a cost for each call of it, so small days share one: `derive_days` takes them
in groups. Memory holds one batch of answers, whatever the size of a day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import polars as pl

from dialflo_pipeline.days import fingerprint, footer, read_states
from dialflo_pipeline.flatten import flatten
from dialflo_pipeline.lake import PARTITION_COLUMN, Lake
from dialflo_pipeline.rules import Rules
from dialflo_pipeline.states import TRY_COLUMNS, deciding_askings
from dialflo_pipeline.tables import CALL_CONTEXT, CALL_METADATA, CALLS, RAW_ANSWERS, REJECTS, TASKS, Table

BATCH_ROWS = 65_536
BATCH_BYTES = 48 * 1024 * 1024

GROUP_ROWS = 16_384
GROUP_DAYS = 64
"""A group of days ends with so many answers or days: each day has its files open meanwhile."""

ANSWER_TABLES = (CALLS, CALL_METADATA, CALL_CONTEXT, REJECTS)
_BODY_COLUMNS = ("task_id", "asking_id", "is_last", "received_at", "body", "source")

_Writers: TypeAlias = "dict[tuple[str, date], Callable[[pl.DataFrame], None]]"
_Rows: TypeAlias = "dict[tuple[str, date], int]"


@dataclass(frozen=True)
class DayReport:
    """What deriving one day gave: rows by table."""

    day: date
    rows: Mapping[str, int]


@dataclass(frozen=True)
class _Day:
    """A day about to be derived; `deciding` has task_id, call_date, completed_at and the asking whose answer counts."""

    day: date
    fingerprint: str
    states: pl.DataFrame
    deciding: pl.DataFrame


def derive_days(lake: Lake, days: Iterable[date], rules: Rules) -> Iterator[DayReport]:
    """Write these days' derived files anew from their raw ones; a report as each is done."""
    for group in _in_groups(_look_at(lake, day, rules) for day in days):
        yield from _derive_group(lake, group, rules)


def _look_at(lake: Lake, day: date, rules: Rules) -> _Day:
    now = fingerprint(lake, day, rules)
    states = read_states(lake, day, rules)
    deciding = deciding_askings(lake.read(RAW_ANSWERS, day, TRY_COLUMNS))
    tasks = states.select("task_id", "call_date", "completed_at").join(deciding, on="task_id")
    return _Day(day, now, states, tasks)


def _in_groups(days: Iterable[_Day]) -> Iterator[list[_Day]]:
    group: list[_Day] = []
    for day in days:
        group.append(day)
        if len(group) == GROUP_DAYS or sum(each.deciding.height for each in group) >= GROUP_ROWS:
            yield group
            group = []
    if group:
        yield group


def _derive_group(lake: Lake, group: list[_Day], rules: Rules) -> Iterator[DayReport]:
    """A day's `tasks` goes first and comes last: its footer vouches for the day, so one cut off is derived again."""
    for each in group:
        lake.drop(TASKS, each.day)
    rows = _write_answer_tables(lake, group, rules)
    for each in group:
        frame = each.states.select(TASKS.frame_schema.names())
        lake.replace(TASKS, [frame], each.day, footer(each.fingerprint, each.states))
        counts = {table.name: rows[table.name, each.day] for table in ANSWER_TABLES}
        yield DayReport(each.day, {**counts, TASKS.name: frame.height})


def _write_answer_tables(lake: Lake, group: list[_Day], rules: Rules) -> _Rows:
    places = [(table, each.day) for table in ANSWER_TABLES for each in group]
    rows: _Rows = {(table.name, day): 0 for table, day in places}
    with ExitStack() as stack:
        writers = {(table.name, day): stack.enter_context(lake.replacing(table, day)) for table, day in places}
        for answers in _answer_batches(lake, group):
            flattened = flatten(answers, rules.timezone)
            for table in ANSWER_TABLES:
                _write_by_day(table, getattr(flattened, table.name), writers, rows)
    return rows


def _write_by_day(table: Table, frame: pl.DataFrame, writers: _Writers, rows: _Rows) -> None:
    # What breaks a rule of the declaration stops the run, with an error that names the rules and not the rows.
    for part in table.schema.validate(frame).partition_by(PARTITION_COLUMN):
        place = table.name, part.item(0, PARTITION_COLUMN)
        writers[place](part)
        rows[place] += part.height


def _answer_batches(lake: Lake, group: list[_Day]) -> Iterator[pl.DataFrame]:
    """The deciding answers of some days, as `flatten` takes them, in batches bounded by rows and bytes."""
    waiting: list[pl.DataFrame] = []
    for answers in _deciding_answers(lake, group):
        waiting.append(answers)
        if _is_enough(waiting):
            yield pl.concat(waiting)
            waiting = []
    if waiting:
        yield pl.concat(waiting)


def _deciding_answers(lake: Lake, group: list[_Day]) -> Iterator[pl.DataFrame]:
    for each in group:
        for raw in lake.read_batches(RAW_ANSWERS, each.day, _BODY_COLUMNS):
            answers = raw.filter("is_last").join(each.deciding, on=("task_id", "asking_id"))
            if answers.height:
                received = pl.col("received_at").alias("fetched_at")
                yield answers.select("task_id", "call_date", "completed_at", "body", received, "source")


def _is_enough(frames: list[pl.DataFrame]) -> bool:
    rows = sum(frame.height for frame in frames)
    return rows >= BATCH_ROWS or sum(int(frame["body"].bin.size().sum()) for frame in frames) >= BATCH_BYTES
