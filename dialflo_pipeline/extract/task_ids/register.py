"""Registering: which ids are new, the day of each, and writing them to the lake.

The first registration of an id wins, over all days, files and calls. Rows are never changed: registering the same rows
again after a kill adds only those that are missing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.extract.task_ids.row_validation import TaskRow
from dialflo_pipeline.lake.registrations import registered_tasks
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.lake.task_identity import identity
from dialflo_pipeline.storage.locks import registration_lock

FRAME_ROWS: Final = 50_000
PART_ROWS: Final = 1_000_000
PART_BYTES: Final = 256 * 1024 * 1024
KNOWN_ROWS: Final = 1_000_000

_KEY: Final = "task_id"
_IDENTITY: Final = "identity"
_SOURCE: Final = "source"
_UNDATED: Final = "is_undated"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Registration:
    """How many rows gave a new id, how many a known one, and the days of the new ids."""

    registered: int = 0
    already_known: int = 0
    days: frozenset[date] = frozenset()
    undated: int = 0
    """New ids with neither completed_at nor call_date, which count for the day of registration."""

    @property
    def rows(self) -> int:
        """How many rows were given."""
        return self.registered + self.already_known

    @property
    def undated_note(self) -> str | None:
        """Says that ids without a day of their own count for the day of registration; None without such ids."""
        if not self.undated:
            return None
        if self.undated == 1:
            return "1 id has neither completed_at nor call_date and counts for today."
        return f"{self.undated:,} ids have neither completed_at nor call_date and count for today."

    def __add__(self, other: "Registration") -> "Registration":
        return Registration(
            self.registered + other.registered,
            self.already_known + other.already_known,
            self.days | other.days,
            self.undated + other.undated,
        )


def register(
    lake: Lake, rows: Iterable[TaskRow], now: datetime, zone: ZoneInfo, *, work_dir: Path, again: bool = False
) -> Registration:
    """Add the ids that the lake does not hold yet, one new file a day; `now` (aware) is their time of registration.

    A forgotten id counts as known, so that no file or query brings it back; `again` registers it again. A row without a
    day gets the day of `now` in `zone`. Rows are added in parts, so that memory holds one part at a time. The lock in
    `work_dir` is held only while a part is added, not while rows are read.
    """
    (done,) = register_each(lake, [rows], now, zone, work_dir=work_dir, again=again)
    if isinstance(done, TaskFileError):
        raise done
    return done


def register_each(
    lake: Lake,
    sources: Iterable[Iterable[TaskRow]],
    now: datetime,
    zone: ZoneInfo,
    *,
    work_dir: Path,
    again: bool = False,
) -> Iterator[Registration | TaskFileError]:
    """The same for many sources, added together, since searching the lake costs more than adding a small source.

    Yields the result of each source in order, once all its rows are in the lake. A source that raises `TaskFileError`
    adds no rows, except those of parts already full.
    """
    today = now.astimezone(zone).date()
    part, done, given = _Part(), list[Registration | TaskFileError](), 0
    for rows in sources:
        own, number = _Part(), len(done)
        done.append(Registration())
        try:
            for frame in _frames(iter(rows), now, today):
                own.add(frame.with_columns(pl.lit(number, pl.UInt32).alias(_SOURCE)))
                if part.is_full_with(own):
                    part.take(own)
                    _add(lake, part, done, work_dir, again=again)
        except TaskFileError as error:
            done[number] = error
        else:
            part.take(own)
        if not part.rows:
            yield from done[given:]
            given = len(done)
    _add(lake, part, done, work_dir, again=again)
    yield from done[given:]


@dataclass
class _Part:
    """Rows to be added together."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    rows: int = 0
    size_bytes: int = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Add these rows to the part."""
        self.frames.append(frame)
        self.rows += frame.height
        self.size_bytes += int(frame.estimated_size())

    def take(self, other: "_Part") -> None:
        """Move all rows of another part to this one."""
        self.frames += other.frames
        self.rows += other.rows
        self.size_bytes += other.size_bytes
        other.clear()

    def clear(self) -> None:
        """Remove all rows."""
        self.frames, self.rows, self.size_bytes = [], 0, 0

    def is_full_with(self, other: "_Part") -> bool:
        """Whether both together reach the size that memory should hold."""
        return self.rows + other.rows >= PART_ROWS or self.size_bytes + other.size_bytes >= PART_BYTES


def _add(lake: Lake, part: _Part, done: list[Registration | TaskFileError], work_dir: Path, *, again: bool) -> None:
    """Write the part to the lake and count the rows of each source."""
    if not part.rows:
        return
    rows = pl.concat(part.frames)
    part.clear()
    with registration_lock(work_dir):
        once = rows.with_columns(identity().alias(_IDENTITY)).unique(_IDENTITY, keep="first", maintain_order=True)
        new = _without_known(lake, once, again=again)
        checked = TASK_IDS.schema.validate(new.drop(_SOURCE, _UNDATED, _IDENTITY))
        for day in sorted(checked.get_column("call_date").unique()):
            lake.append(TASK_IDS, checked.filter(pl.col("call_date") == day), day)
    registered = {number: (count, days, undated) for number, count, days, undated in _by_source(new)}
    for number, count, _, _ in _by_source(rows):
        some, days, undated = registered.get(number, (0, [], 0))
        before = done[number]
        if isinstance(before, Registration):
            done[number] = before + Registration(some, count - some, frozenset(days), undated)


def _by_source(rows: pl.DataFrame) -> Iterator[tuple[int, int, list[date], int]]:
    counts = pl.len().alias("rows"), pl.col("call_date").unique().alias("days"), pl.col(_UNDATED).sum()
    return rows.group_by(_SOURCE, maintain_order=True).agg(*counts).iter_rows()


def _without_known(lake: Lake, rows: pl.DataFrame, *, again: bool) -> pl.DataFrame:
    for known in _known_ids(lake, again=again):
        known = known.select(identity().alias(_IDENTITY))
        rows = rows.join(known, on=_IDENTITY, how="anti", maintain_order="left")
    return rows


def _known_ids(lake: Lake, *, again: bool) -> Iterator[pl.DataFrame]:
    """The ids in the lake, many at a time: one join for each of thousands of small files would take minutes."""
    gathered, rows = list[pl.DataFrame](), 0
    for ids in (ids for day in lake.days(TASK_IDS) for ids in _ids_of(lake, day, again=again)):
        gathered.append(ids)
        rows += ids.height
        if rows >= KNOWN_ROWS:
            yield pl.concat(gathered)
            gathered, rows = [], 0
    if gathered:
        yield pl.concat(gathered)


def _ids_of(lake: Lake, day: date, *, again: bool) -> Iterable[pl.DataFrame]:
    if again:
        return [registered_tasks(lake, [day]).select(_KEY)]
    return lake.read_batches(TASK_IDS, day, [_KEY])


def _frames(rows: Iterator[TaskRow], now: datetime, today: date) -> Iterator[pl.DataFrame]:
    while some := list(islice(rows, FRAME_ROWS)):
        yield _frame(some, now, today)


def _frame(rows: list[TaskRow], now: datetime, today: date) -> pl.DataFrame:
    # As numbers: building a column from aware datetimes takes polars ten times as long.
    completed = [None if row.completed_at is None else (row.completed_at - _EPOCH) // _MICROSECOND for row in rows]
    columns = {
        "task_id": pl.Series([row.task_id for row in rows], dtype=pl.String),
        "call_date": pl.Series([row.day or today for row in rows], dtype=pl.Date),
        "completed_at": pl.Series(completed, dtype=pl.Int64),
        "attributes": pl.Series([row.attributes for row in rows], dtype=pl.String),
    }
    frame = pl.DataFrame(columns).with_columns(registered_at=pl.lit((now - _EPOCH) // _MICROSECOND))
    typed = frame.select(TASK_IDS.frame_schema.names()).cast(TASK_IDS.frame_schema)
    return typed.with_columns(pl.Series(_UNDATED, [row.day is None for row in rows], dtype=pl.Boolean))
