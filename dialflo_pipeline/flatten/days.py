"""Flattens whole days of raw answers into the lake's tables.

Days are independent, but flattening has a cost for each call of it, so small days share one: `flatten_days` takes them
in groups. Reading, flattening and writing run concurrently, also from one group to the next, so memory holds one
batch of answers in each, whatever the size of a day.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

import polars as pl

from dialflo_pipeline.core.concurrency import prefetch, prefetch_one
from dialflo_pipeline.core.errors import TransientError
from dialflo_pipeline.core.schema import CALL_CONTEXT, CALL_METADATA, CALLS, RAW_ANSWERS, REJECTS, TASKS, Table
from dialflo_pipeline.flatten import SAMPLE, CommonShape, Flattened, flatten, sample_common_shape
from dialflo_pipeline.lake.attempts import read_attempts
from dialflo_pipeline.lake.partitions import fingerprint, footer, group_days
from dialflo_pipeline.lake.registrations import registered_tasks
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.lake.task_states import KEY, deciding_fetches, task_states
from dialflo_pipeline.lake.validation import checked
from dialflo_pipeline.storage.parquet.schema import PARTITION_COLUMN

BATCH_ROWS = 32_768
BATCH_BYTES = 48 * 1024 * 1024

BATCHES_PER_SAMPLE = 8
"""If answers change within these batches, they are read more slowly until the next sample."""

WRITERS = 2
"""Tables written concurrently."""

ANSWER_TABLES = (CALLS, CALL_METADATA, CALL_CONTEXT, REJECTS)
_BODY_COLUMNS = ("task_id", "received_at", "body", "source")
_ROW = "row"
_CHANGED = "Files of raw answers came or went while they were read; run the same command again."

_Writers: TypeAlias = "dict[tuple[str, date], Callable[[pl.DataFrame], None]]"
_Rows: TypeAlias = "dict[tuple[str, date], int]"


@dataclass(frozen=True)
class DayReport:
    """Rows by table that flattening one day gave."""

    day: date
    rows: Mapping[str, int]


@dataclass(frozen=True)
class _Day:
    """A day to be flattened."""

    day: date
    fingerprint: str
    states: pl.DataFrame


@dataclass(frozen=True, eq=False)
class _Group:
    """Days flattened together; `deciding` has task_id, call_date and completed_at of the answers that count, and by
    `_ROW`, ascending, which of the raw rows of these days each one is; there are `rows` of these.
    """

    days: list[_Day]
    deciding: pl.DataFrame
    rows: int


def flatten_days(lake: Lake, days: Iterable[date], lake_settings: LakeSettings) -> Iterator[DayReport]:
    """Write the flattened files of these days from their raw ones; yields a report as each is done."""
    groups = (_prepare_group(lake, group, lake_settings) for group in group_days(lake, days))
    read = prefetch_one((group, batch) for group in groups for batch in _answer_batches(lake, group))
    flattened = prefetch(
        lambda part: (
            part[0],
            flatten(part[1], lake_settings.timezone, threads=1, shape=part[2], region=lake_settings.default_region),
        ),
        _with_common_shape(read),
        os.cpu_count() or 1,
    )
    for group, parts in groupby(flattened, key=itemgetter(0)):
        yield from _write_group(lake, group, (part for _, part in parts))


def _with_common_shape(
    parts: Iterable[tuple[_Group, pl.DataFrame]],
) -> Iterator[tuple[_Group, pl.DataFrame, CommonShape]]:
    """With the common shape of the answers, sampled now and then: it seldom changes and costs a tenth of the time."""
    shape, left = None, 0
    for group, answers in parts:
        if shape is None or not left:
            shape = sample_common_shape(answers["body"])
            left = BATCHES_PER_SAMPLE if answers.height >= SAMPLE else 1
        left -= 1
        yield group, answers, shape


def _prepare_group(lake: Lake, days: Sequence[date], lake_settings: LakeSettings) -> _Group:
    # Before any row is read, so that a file that comes in between, past the lock of runs, makes the fingerprint old.
    fingerprints = {day: fingerprint(lake, day, lake_settings) for day in days}
    tries = read_attempts(lake, days, lake_settings).with_row_index(_ROW)
    states = task_states(registered_tasks(lake, days), tries, lake_settings.settle_after)
    states_of = {part.item(0, PARTITION_COLUMN): part for part in states.partition_by(PARTITION_COLUMN)}
    extracted = [_Day(day, now, states_of.get(day, states.clear())) for day, now in fingerprints.items()]
    deciding = states.select(*KEY, "completed_at").join(deciding_fetches(tries).select(*KEY, _ROW), on=KEY)
    return _Group(extracted, deciding.sort(_ROW), tries.height)


def _write_group(lake: Lake, group: _Group, flattened: Iterable[Flattened]) -> Iterator[DayReport]:
    """`tasks` is dropped first and written last: its footer vouches for the day, so an interrupted day is redone."""
    for each in group.days:
        lake.drop(TASKS, each.day)
    rows = _write_answer_tables(lake, group, flattened)
    for each in group.days:
        frame = each.states.select(TASKS.frame_schema.names())
        lake.replace(TASKS, [frame], each.day, footer(each.fingerprint, each.states))
        counts = {table.name: rows[table.name, each.day] for table in ANSWER_TABLES}
        yield DayReport(each.day, {**counts, TASKS.name: frame.height})


def _write_answer_tables(lake: Lake, group: _Group, flattened: Iterable[Flattened]) -> _Rows:
    places = [(table, each.day) for table in ANSWER_TABLES for each in group.days]
    rows: _Rows = {(table.name, day): 0 for table, day in places}
    with ExitStack() as stack:
        writers = {(table.name, day): stack.enter_context(lake.replacing(table, day)) for table, day in places}
        beside = stack.enter_context(ThreadPoolExecutor(WRITERS))
        for part in flattened:
            frames = ((table, getattr(part, table.name), writers, rows) for table in ANSWER_TABLES)
            list(beside.map(lambda args: _write_by_day(*args), frames))
    return rows


def _write_by_day(table: Table, frame: pl.DataFrame, writers: _Writers, rows: _Rows) -> None:
    start = 0
    for count, day in frame.select(pl.col(PARTITION_COLUMN).rle()).unnest(PARTITION_COLUMN).iter_rows():
        # What breaks a rule of the declaration stops the run, with an error that names the rules and not the rows.
        writers[table.name, day](checked(table, frame.slice(start, count)))
        rows[table.name, day] += count
        start += count


def _answer_batches(lake: Lake, group: _Group) -> Iterator[pl.DataFrame]:
    """The deciding answers of some days, as `flatten` takes them; at least one batch, if only an empty one."""
    end = 0
    for raw in _batches(_raw_rows(lake, [each.day for each in group.days])):
        start, end = end, end + raw.height
        deciding = group.deciding.slice(*_slice_bounds(group.deciding[_ROW], start, end))
        answers = raw[deciding[_ROW] - start]
        if not answers["task_id"].equals(deciding["task_id"]):
            raise TransientError(_CHANGED)
        received = answers["received_at"].alias("fetched_at")
        yield deciding.select(*KEY, "completed_at").with_columns(answers["body"], received, answers["source"])
    if end != group.rows:
        raise TransientError(_CHANGED)


def _slice_bounds(rows: pl.Series, start: int, end: int) -> tuple[int, int]:
    """Offset and length of those of ascending numbers that are from `start` on and below `end`."""
    first = rows.search_sorted(start)
    return first, rows.search_sorted(end) - first


def _batches(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in batches bounded by rows and bytes."""
    waiting: list[pl.DataFrame] = []
    rows = size = 0
    for frame in frames:
        waiting.append(frame)
        rows += frame.height
        size += int(frame["body"].bin.size().sum())
        if rows >= BATCH_ROWS or size >= BATCH_BYTES:
            yield pl.concat(waiting)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield pl.concat(waiting)


def _raw_rows(lake: Lake, days: Iterable[date]) -> Iterator[pl.DataFrame]:
    yield pl.DataFrame(schema=pl.Schema({name: RAW_ANSWERS.frame_schema[name] for name in _BODY_COLUMNS}))
    for day in days:
        yield from lake.read_batches(RAW_ANSWERS, day, _BODY_COLUMNS)
