"""Registers task ids from a query on the customer's own database, from where the last reading ended.

Rows are registered before the place is saved, and known ids are skipped. So reading rows again does nothing, and a kill
or a lost or old place costs only that.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from dialflo_pipeline.core.errors import TaskSourceDown, TaskSourceError
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.extract.task_ids.database import cursor
from dialflo_pipeline.extract.task_ids.database.cursor import Seen
from dialflo_pipeline.extract.task_ids.files.columns import KnownColumns
from dialflo_pipeline.extract.task_ids.files.parquet_reader import json_value
from dialflo_pipeline.extract.task_ids.files.reader import TaskFile
from dialflo_pipeline.extract.task_ids.register import Registration, register
from dialflo_pipeline.extract.task_ids.row_validation import (
    CALL_DATE,
    COMPLETED_AT,
    ID_COLUMNS,
    Record,
    Refusals,
    Refused,
)
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.storage.locks import registration_lock

NAME: Final = "DIALFLO_TASKS_QUERY"
LATE_ROWS_EVERY: Final = timedelta(minutes=10)
"""How often the sensor has rows read again that may have been committed late."""

_UNREADABLE: Final = "a value of the row cannot be read"
_TYPED: Final = frozenset((*ID_COLUMNS, COMPLETED_AT, CALL_DATE))
_PLAIN: Final = frozenset((str, int, bool, type(None)))


@dataclass(frozen=True)
class TaskSource:
    """A database, the query to ask it, and how late a row may come and still be found."""

    dsn: SecretStr
    query: str
    cursor_column: str | None
    overlap: timedelta

    @property
    def fingerprint(self) -> str:
        """What a place holds for: this database and this query, whatever the password."""
        from dialflo_pipeline.extract.task_ids.database.connection import identity

        parts = [identity(self.dsn), self.query, self.cursor_column or ""]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class SourceReport:
    """What one reading gave; `problem` says why it did not come to its end."""

    registration: Registration = field(default_factory=Registration)
    refused: Refusals = field(default_factory=lambda: Refusals(NAME))
    problem: str | None = None


def source_of(settings: Settings) -> TaskSource | None:
    """The database that the settings name, if they name one."""
    if settings.tasks_dsn is None or settings.tasks_query is None:
        return None
    overlap = timedelta(minutes=settings.tasks_overlap_minutes)
    return TaskSource(settings.tasks_dsn, settings.tasks_query, settings.tasks_cursor_column, overlap)


def read_source(source: TaskSource, data_dir: DataDir, now: datetime, zone: ZoneInfo) -> SourceReport:
    """Register the rows of the query from the last place on, and move the place; `now` (aware) is when this began.

    A failure of the database is in the report and stops nothing else. For the holder of the run lock.
    """
    refused = Refusals(NAME)
    try:
        return _read(source, data_dir, now, zone, refused)
    except (TaskSourceError, TaskSourceDown) as error:
        return SourceReport(refused=refused, problem=str(error))


def has_news(source: TaskSource, data_dir: DataDir, now: datetime, late_every: timedelta) -> bool:
    """Whether the newest rows hold anything that was not read.

    Older rows, which may have been committed late, are not checked; as long as there may be any, the answer is yes once
    in `late_every`. Raises `TaskSourceError` or `TaskSourceDown`.
    """
    place = cursor.load_place(data_dir.work, source.fingerprint, data_dir.lake)
    seen = place.seen if place else Seen()
    if _is_beyond(source, seen):
        return True
    return place is not None and not place.is_settled and now - place.read_at >= late_every


def examine(source: TaskSource, data_dir: DataDir) -> str:
    """Describe the database and the query, without any row. Raises as `has_news` does."""
    from dialflo_pipeline.extract.task_ids.database.query import open_database

    place = cursor.load_place(data_dir.work, source.fingerprint, data_dir.lake)
    newest = place.seen.newest if place else None
    with open_database(source.dsn, source.query, source.cursor_column) as database, database.rows(newest) as rows:
        next(iter(rows), None)
    read = f"last read {place.read_at:%Y-%m-%d %H:%M} UTC" if place else "not read yet"
    return f"{database.backend} takes the query; columns {', '.join(rows.columns)}; cursor {rows.cursor_column}; {read}"


def _is_beyond(source: TaskSource, seen: Seen) -> bool:
    from dialflo_pipeline.extract.task_ids.database.query import open_database

    with open_database(source.dsn, source.query, source.cursor_column) as database, database.rows(seen.newest) as rows:
        place, equal = rows.cursor_place, 0
        for row in rows:
            equal += row[place] is not None and row[place] == seen.newest
            if equal > seen.count or (cursor.is_cursor(row[place]) and cursor.is_later(row[place], seen.newest)):
                return True
    return False


def _read(source: TaskSource, data_dir: DataDir, now: datetime, zone: ZoneInfo, refused: Refusals) -> SourceReport:
    from dialflo_pipeline.extract.task_ids.database.query import open_database

    lake, work = data_dir.registration_lake, data_dir.work
    before = cursor.load_place(work, source.fingerprint, lake)
    start = before.start if before else None
    with open_database(source.dsn, source.query, source.cursor_column) as database, database.rows(start) as rows:
        reading = _Reading(rows.columns, rows.cursor_column)
        tasks = TaskFile(NAME, reading.records(iter(rows)), KnownColumns(), zone)
        tasks.refused = refused
        registration = register(lake, tasks, now, zone, work_dir=work)
    with registration_lock(work):
        cursor.keep_place(work, source.fingerprint, lake, cursor.advanced(before, reading.seen, now, source.overlap))
    return SourceReport(registration, refused)


class _Reading:
    """Makes rows of the query records, and notes the highest cursor on the way."""

    def __init__(self, columns: tuple[str, ...], cursor_column: str) -> None:
        from dialflo_pipeline.extract.task_ids.database.query import CURSOR

        self._columns, self._cursor = columns, cursor_column
        self._is_only_cursor = cursor_column == CURSOR
        self._newest: cursor.CursorValue | None = None
        self._count = 0

    @property
    def seen(self) -> Seen:
        """What has been read so far."""
        return Seen(self._newest, self._count)

    def records(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[Record | Refused]:
        """Each row with its number, from 1."""
        for number, row in enumerate(rows, 1):
            cells = dict(zip(self._columns, row, strict=True))
            self._note(cells.pop(self._cursor) if self._is_only_cursor else cells[self._cursor])
            try:
                yield Record(number, {name: _cell(name, value) for name, value in cells.items()})
            except (ValueError, TypeError, OverflowError):
                yield Refused(number, _UNREADABLE)

    def _note(self, value: Any) -> None:
        if value is not None and value == self._newest:
            self._count += 1
        elif cursor.is_cursor(value) and cursor.is_later(value, self._newest):
            self._newest, self._count = value, 1


def _cell(name: str, value: Any) -> Any:
    """A value as the judge of rows takes it: typed where it has a meaning, else as JSON has it."""
    if type(value) in _PLAIN:
        return value
    if name in _TYPED:
        # A NUMERIC column of ids gives whole numbers of this type.
        return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value
    return _json(value)


def _json(value: Any) -> Any:
    match value:
        case str() | int() | None | float() | Decimal() | date():
            return json_value(value)
        case list() | tuple():
            return [_json(element) for element in value]
        case dict():
            return {str(key): _json(element) for key, element in value.items()}
        case set() | frozenset():
            return sorted(str(element) for element in value)
        case bytearray() | memoryview():
            return json_value(bytes(value))
    known = json_value(value)
    return str(value) if known is value else known
