"""What a row of a task-id file may hold, and what it is refused for. Pure; knows of no file and no format.

A reason is one of a few sentences and never holds anything of the row: a refused id may well be a phone number.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.schema import TASK_ID_PATTERN
from dialflo_pipeline.core.strict_json import Number, dumps
from dialflo_pipeline.core.values import (
    ASCII_BLANKS,
    EARLIEST_TIME,
    LATEST_TIME,
    NO_TIME,
    TIME_OUT_OF_RANGE,
    check_time,
    parse_time,
)

ID_COLUMNS: Final = ("task_id", "task_uuid")
COMPLETED_AT: Final = "completed_at"
CALL_DATE: Final = "call_date"

NO_ID: Final = "the id is missing"
BAD_ID: Final = "the id is not made of 1 to 128 letters, digits, _ and - only"
ID_NOT_TEXT: Final = "the id is neither text nor a whole number"
ID_IS_A_HEADER: Final = "the id is a column's name: a repeated header?"
BAD_COMPLETED_AT: Final = f"completed_at is {NO_TIME}"
COMPLETED_AT_OUT_OF_RANGE: Final = f"completed_at is {TIME_OUT_OF_RANGE}"
CALL_DATE_OUT_OF_RANGE: Final = "call_date is a day outside 1990-01-01 to 2100-01-01"
BAD_CALL_DATE: Final = "call_date is not a day like 2025-06-25"

_ID = re.compile(TASK_ID_PATTERN)
_WHOLE_NUMBER = re.compile(r"-?[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID_BLANKS = " \t"


class Record(NamedTuple):
    """One row as its format gave it: column names to values, in file order. `line` counts from 1."""

    line: int
    cells: dict[str, Any]


class TaskRow(NamedTuple):
    """One row that can be registered; `day` is None where it has to be the day of registration."""

    line: int
    task_id: str
    day: date | None
    completed_at: datetime | None
    attributes: str | None


class Refused(NamedTuple):
    """One row that cannot be registered, and why."""

    line: int
    reason: str


@dataclass
class Refusals:
    """The refused rows of one file: all of them counted by reason, the first few kept, so that memory stays small.

    `tell`, if given, hears of every one as it is found.
    """

    file: str
    by_reason: Counter[str] = field(default_factory=Counter)
    first: list[Refused] = field(default_factory=list)
    keep: int = 100
    tell: Callable[[Refused], None] | None = None

    @property
    def count(self) -> int:
        """How many rows were refused."""
        return self.by_reason.total()

    def add(self, refused: Refused) -> None:
        """Count one more."""
        self.by_reason[refused.reason] += 1
        if len(self.first) < self.keep:
            self.first.append(refused)
        if self.tell:
            self.tell(refused)

    def summary(self) -> str:
        """How many rows were refused for which reason, and the first of them by line; a line each."""
        counts = [f"  {count:,}: {reason}" for reason, count in self.by_reason.most_common()]
        first = [f"  {self.file}, line {line}: {reason}" for line, reason in self.first[:10]]
        return "\n".join([f"{self.file}, rows refused: {self.count:,}", *counts, "The first:", *first])


class BadValue(ValueError):
    """A value for which its row is refused; the message is the reason."""


def task_row(record: Record, id_columns: Sequence[str], zone: ZoneInfo) -> TaskRow | Refused:
    """Judge one row; takes the cells it understands out of `record`, the others become the attributes.

    The id is in the first of `id_columns` that the row has. The day is that of completed_at in `zone`, else call_date.
    """
    line, cells = record
    for id_column in id_columns:
        if id_column in cells:
            break
    else:
        return Refused(line, f"there is no {' or '.join(id_columns)}")
    try:
        task_id = read_id(cells.pop(id_column))
        if task_id in id_columns:
            raise BadValue(ID_IS_A_HEADER)
        completed_at = read_completed_at(cells.pop(COMPLETED_AT, None), zone)
        day = read_call_date(cells.pop(CALL_DATE, None))
        if completed_at is not None:
            day = _day_of(completed_at, zone)
    except BadValue as error:
        return Refused(line, str(error))
    return TaskRow(line, task_id, day, completed_at, dumps(cells) if cells else None)


def read_id(value: object) -> str:
    """The id as text; blanks and tabs around it are ignored, a whole number or a UUID is taken as its text."""
    if type(value) is str:
        text = value.strip(_ID_BLANKS)
    elif value is None:
        raise BadValue(NO_ID)
    elif isinstance(value, UUID) or type(value) is int:
        text = str(value)
    elif isinstance(value, Number) and _WHOLE_NUMBER.fullmatch(value.text):
        text = value.text
    else:
        raise BadValue(ID_NOT_TEXT)
    if not _ID.fullmatch(text):
        raise BadValue(BAD_ID if text else NO_ID)
    return text


def read_completed_at(value: object, zone: ZoneInfo) -> datetime | None:
    """The time as UTC; a time without an offset, and the start of a bare date of a typed column, is one in `zone`."""
    try:
        match value:
            case None:
                return None
            case str():
                return parse_time(value, zone)
            case datetime():
                return check_time((value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC))
            case date():
                return check_time(datetime.combine(value, time(), zone).astimezone(UTC))
    except OverflowError:
        raise BadValue(COMPLETED_AT_OUT_OF_RANGE) from None
    except ValueError as reason:
        raise BadValue(f"completed_at is {reason}") from None
    raise BadValue(BAD_COMPLETED_AT)


def read_call_date(value: object) -> date | None:
    """The day; a typed timestamp counts as one where it is midnight without a zone."""
    match value:
        case None:
            return None
        case str():
            day = _parse_day(value.strip(ASCII_BLANKS))
        case datetime() if value.tzinfo is None and value.time() == time():
            day = value.date()
        case date() if not isinstance(value, datetime):
            day = value
        case _:
            raise BadValue(BAD_CALL_DATE)
    if day and not EARLIEST_TIME.date() <= day <= LATEST_TIME.date():
        raise BadValue(CALL_DATE_OUT_OF_RANGE)
    return day


def _parse_day(text: str) -> date | None:
    if not text:
        return None
    try:
        # fromisoformat alone would take 20250625 and 2025-W26-3 as well.
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise BadValue(BAD_CALL_DATE) from None


def _day_of(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        raise BadValue(BAD_COMPLETED_AT) from None
