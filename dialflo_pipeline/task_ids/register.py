"""Registering: which ids are new, on which day each belongs, and their one place in the lake.

The first registration of an id wins, over all days, files and calls. What was written stays: to register the same rows
again after a kill adds just those that are missing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from dialflo_pipeline.lake import Lake
from dialflo_pipeline.locks import registration_lock
from dialflo_pipeline.registered import registered_tasks
from dialflo_pipeline.tables import TASK_IDS
from dialflo_pipeline.task_ids.rows import TaskRow

FRAME_ROWS: Final = 50_000
PART_ROWS: Final = 1_000_000
PART_BYTES: Final = 256 * 1024 * 1024
KNOWN_ROWS: Final = 1_000_000

_KEY: Final = "task_id"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Registration:
    """How many rows gave a new id, how many an id already registered (or given before), and the days of the new."""

    registered: int = 0
    already_known: int = 0
    days: frozenset[date] = frozenset()

    @property
    def rows(self) -> int:
        """How many rows were given."""
        return self.registered + self.already_known

    def __add__(self, other: "Registration") -> "Registration":
        return Registration(
            self.registered + other.registered, self.already_known + other.already_known, self.days | other.days
        )


def register(
    lake: Lake, rows: Iterable[TaskRow], now: datetime, zone: ZoneInfo, *, work_dir: Path, again: bool = False
) -> Registration:
    """Add the ids that the lake does not hold yet, one new file a day; `now` (aware) is their time of registration.

    An id that was forgotten counts as known, so that no file or query brings it back; `again` registers it anew. A row
    without a day belongs to that of `now` in `zone`. Very many rows are added in parts, so that memory holds one part
    at a time. The lock in `work_dir` is held only while a part is added, never while rows are read.
    """
    done = Registration()
    for part in _parts(rows, now, zone):
        with registration_lock(work_dir):
            done += _add(lake, part, again=again)
    return done


def _add(lake: Lake, part: pl.DataFrame, *, again: bool) -> Registration:
    distinct = part.unique(_KEY, keep="first", maintain_order=True)
    new = TASK_IDS.schema.validate(_without_known(lake, distinct, again=again))
    days = sorted(new.get_column("call_date").unique())
    for day in days:
        lake.append(TASK_IDS, new.filter(pl.col("call_date") == day), day)
    return Registration(new.height, part.height - new.height, frozenset(days))


def _without_known(lake: Lake, rows: pl.DataFrame, *, again: bool) -> pl.DataFrame:
    for known in _known_ids(lake, again=again):
        rows = rows.join(known, on=_KEY, how="anti", maintain_order="left")
    return rows


def _known_ids(lake: Lake, *, again: bool) -> Iterator[pl.DataFrame]:
    """The ids in the lake, many at a time: a join for each of thousands of small files would take minutes."""
    return _gathered((ids for day in lake.days(TASK_IDS) for ids in _ids_of(lake, day, again=again)), KNOWN_ROWS)


def _ids_of(lake: Lake, day: date, *, again: bool) -> Iterable[pl.DataFrame]:
    if again:
        return [registered_tasks(lake, [day]).select(_KEY)]
    return lake.read_batches(TASK_IDS, day, [_KEY])


def _parts(rows: Iterable[TaskRow], now: datetime, zone: ZoneInfo) -> Iterator[pl.DataFrame]:
    return _gathered(_frames(iter(rows), now, now.astimezone(zone).date()), PART_ROWS)


def _frames(rows: Iterator[TaskRow], now: datetime, today: date) -> Iterator[pl.DataFrame]:
    while some := list(islice(rows, FRAME_ROWS)):
        yield _frame(some, now, today)


def _gathered(frames: Iterable[pl.DataFrame], row_limit: int) -> Iterator[pl.DataFrame]:
    """The same rows in fewer frames, each given as soon as it has reached the limit of rows or of bytes."""
    gathered: list[pl.DataFrame] = []
    row_count = byte_count = 0
    for frame in frames:
        gathered.append(frame)
        row_count += frame.height
        byte_count += int(frame.estimated_size())
        if row_count >= row_limit or byte_count >= PART_BYTES:
            yield pl.concat(gathered)
            gathered, row_count, byte_count = [], 0, 0
    if gathered:
        yield pl.concat(gathered)


def _frame(rows: list[TaskRow], now: datetime, today: date) -> pl.DataFrame:
    # As numbers: polars takes ten times as long to build a column from aware datetimes.
    completed = [None if row.completed_at is None else (row.completed_at - _EPOCH) // _MICROSECOND for row in rows]
    columns = {
        "task_id": pl.Series([row.task_id for row in rows], dtype=pl.String),
        "call_date": pl.Series([row.day or today for row in rows], dtype=pl.Date),
        "completed_at": pl.Series(completed, dtype=pl.Int64),
        "attributes": pl.Series([row.attributes for row in rows], dtype=pl.String),
    }
    frame = pl.DataFrame(columns).with_columns(registered_at=pl.lit((now - _EPOCH) // _MICROSECOND))
    return frame.select(TASK_IDS.frame_schema.names()).cast(TASK_IDS.frame_schema)
