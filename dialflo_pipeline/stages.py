"""The stages from registered ids to the derived tables, a day at a time; each reads what the one before wrote."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass
from datetime import date

import polars as pl

from dialflo_pipeline.answer_log import answer_log
from dialflo_pipeline.api.asking import Asker
from dialflo_pipeline.days import fingerprint, footer, read_states
from dialflo_pipeline.fetch import Fetch, FetchReport
from dialflo_pipeline.flatten import flatten
from dialflo_pipeline.interrupts import cancelled_by_signals
from dialflo_pipeline.lake import Lake
from dialflo_pipeline.rules import Rules
from dialflo_pipeline.states import TRY_COLUMNS, deciding_askings
from dialflo_pipeline.tables import CALL_CONTEXT, CALL_METADATA, CALLS, RAW_ANSWERS, REJECTS, TASKS, State, Table

BATCH_ROWS = 65_536
BATCH_BYTES = 48 * 1024 * 1024

ANSWER_TABLES = (CALLS, CALL_METADATA, CALL_CONTEXT, REJECTS)
_BODY_COLUMNS = ("task_id", "asking_id", "is_last", "received_at", "body", "source")


@dataclass(frozen=True)
class DayReport:
    """What deriving one day gave: rows by table."""

    day: date
    rows: Mapping[str, int]


def waiting_ids(lake: Lake, days: Iterable[date], rules: Rules, *, retry_failed: bool) -> dict[str, date]:
    """The ids to ask for now and their days, in the order of the days."""
    ids: dict[str, date] = {}
    for day in days:
        wanted = pl.col("is_waiting") | ((pl.col("state") == State.FAILED) & retry_failed)
        ids |= dict.fromkeys(read_states(lake, day, rules).filter(wanted)["task_id"], day)
    return ids


async def fetch_answers(
    lake: Lake,
    ids: Mapping[str, date],
    opened_asker: AbstractAsyncContextManager[Asker],
    concurrency: int,
    on_progress: Callable[[FetchReport], None],
) -> FetchReport:
    """Ask for each id and put every try on record, also when a signal asks the process to end: `KeyboardInterrupt`."""
    with cancelled_by_signals():
        async with opened_asker as asker, answer_log(lake, ids) as log:
            return await Fetch(list(ids), asker, log, concurrency, on_progress).run()


def derive_day(lake: Lake, day: date, rules: Rules) -> DayReport:
    """Write a day's derived files anew from its raw ones.

    `tasks` goes first and comes last: its footer vouches for the day, so a day cut off between is derived again.
    """
    now = fingerprint(lake, day, rules)
    lake.drop(TASKS, day)
    states = read_states(lake, day, rules)
    rows = _write_answer_tables(lake, day, rules, states)
    lake.replace(TASKS, [states.select(TASKS.frame_schema.names())], day, footer(now, states))
    return DayReport(day, {**rows, TASKS.name: states.height})


def _write_answer_tables(lake: Lake, day: date, rules: Rules, states: pl.DataFrame) -> dict[str, int]:
    rows = dict.fromkeys((table.name for table in ANSWER_TABLES), 0)
    with ExitStack() as stack:
        writers = {table.name: stack.enter_context(lake.replacing(table, day)) for table in ANSWER_TABLES}
        for answers in _answer_batches(lake, day, states):
            flattened = flatten(answers, rules.timezone)
            for table in ANSWER_TABLES:
                frame = checked(table, getattr(flattened, table.name))
                writers[table.name](frame)
                rows[table.name] += frame.height
    return rows


def checked(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, if it keeps every rule that its table declares; else an error that names the rules, not the rows."""
    return table.schema.validate(frame)


def _answer_batches(lake: Lake, day: date, states: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The deciding answers of a day, as `flatten` takes them, in batches bounded by rows and bytes."""
    deciding = deciding_askings(lake.read(RAW_ANSWERS, day, TRY_COLUMNS))
    tasks = states.select("task_id", "call_date", "completed_at").join(deciding, on="task_id")
    waiting: list[pl.DataFrame] = []
    for raw in lake.read_batches(RAW_ANSWERS, day, _BODY_COLUMNS):
        if (answers := _deciding_only(raw, tasks)).height:
            waiting.append(answers)
        if _is_enough(waiting):
            yield pl.concat(waiting)
            waiting = []
    if waiting:
        yield pl.concat(waiting)


def _deciding_only(raw: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    return (
        raw.filter("is_last")
        .join(tasks, on=("task_id", "asking_id"))
        .select("task_id", "call_date", "completed_at", "body", pl.col("received_at").alias("fetched_at"), "source")
    )


def _is_enough(frames: list[pl.DataFrame]) -> bool:
    rows = sum(frame.height for frame in frames)
    return rows >= BATCH_ROWS or sum(int(frame["body"].bin.size().sum()) for frame in frames) >= BATCH_BYTES


def unfinished(lake: Lake, days: Iterable[date], asked: Collection[str]) -> pl.DataFrame:
    """Those of the asked ids that failed, or still wait after an error: task_id, state and last_error."""
    states = [str(State.FAILED), str(State.PENDING)]
    columns = ("task_id", "state", "last_error")
    nothing = pl.DataFrame(schema={name: TASKS.frame_schema[name] for name in columns})
    tasks = pl.concat([nothing, *(lake.read(TASKS, day, columns) for day in days)])
    return tasks.filter(pl.col("state").is_in(states), pl.col("task_id").is_in(list(asked)))
