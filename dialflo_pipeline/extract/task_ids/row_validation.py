"""Validates one row of a task-id file and says why it is refused. Pure; knows no file and no format.

A reason is one of a few sentences and never quotes the row: a refused id may be a phone number.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
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
BAD_ID: Final = "the id must be 1 to 128 letters, digits, _ and -"
ID_NOT_TEXT: Final = "the id must be text or a whole number"
ID_IS_A_HEADER: Final = "the id is a column's name: a repeated header?"
TWO_IDS: Final = "task_id and task_uuid differ, and only task_uuid is a UUID: keep one column, or name it with --column"
BAD_COMPLETED_AT: Final = f"completed_at is {NO_TIME}"
COMPLETED_AT_OUT_OF_RANGE: Final = f"completed_at is {TIME_OUT_OF_RANGE}"
CALL_DATE_OUT_OF_RANGE: Final = "call_date is a day outside 1990-01-01 to 2100-01-01"
SLASHED: Final = "completed_at is not a time: day and month of 06/05/2025 are unclear, write 2025-06-05 10:00:00"
ONLY_A_DATE: Final = "completed_at is not a time: a date without a time belongs in call_date"
EPOCH: Final = "completed_at is not a time: a plain number, write it like 2025-06-25T10:00:00Z"
BAD_CALL_DATE: Final = "call_date is not a day like 2025-06-25"

_ID = re.compile(TASK_ID_PATTERN)
_WHOLE_NUMBER = re.compile(r"-?[0-9]+")
_IGNORED_IN_NAMES = re.compile(r"[\s_\ufeff\u200b]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SLASHED = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}\b.*", re.DOTALL)
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

    `on_refused`, if given, is called with each one as it is found.
    """

    file: str
    by_reason: Counter[str] = field(default_factory=Counter)
    first: list[Refused] = field(default_factory=list)
    keep: int = 100
    on_refused: Callable[[Refused], None] | None = None

    @property
    def count(self) -> int:
        """How many rows were refused."""
        return self.by_reason.total()

    def add(self, refused: Refused) -> None:
        """Count one more."""
        self.by_reason[refused.reason] += 1
        if len(self.first) < self.keep:
            self.first.append(refused)
        if self.on_refused:
            self.on_refused(refused)

    def summary(self) -> str:
        """How many rows were refused for which reason, and the first of them by line; a line each."""
        counts = [f"  {count:,}: {reason}" for reason, count in self.by_reason.most_common()]
        first = [f"  {self.file}, line {line}: {reason}" for line, reason in self.first[:10]]
        return "\n".join([f"{self.file}, rows refused: {self.count:,}", *counts, "The first:", *first])


class BadValue(ValueError):
    """A value for which its row is refused; the message is the reason."""


def task_row(
    record: Record, id_columns: Sequence[str], zone: ZoneInfo, *, preferred: str | None = None
) -> TaskRow | Refused:
    """Validate one row; takes the known cells out of `record`, and the others become the attributes.

    The id is in the first of `id_columns` that the row has, or in the `preferred` one. The day is that of completed_at
    in `zone`, else call_date.
    """
    line, cells = record
    present = [name for name in id_columns if name in cells]
    if not present:
        return Refused(line, f"there is no {' or '.join(id_columns)}")
    try:
        task_id = _take_id(cells, preferred if preferred in present else present[0], is_preferred=preferred is not None)
        # An id has no blanks, so this is its plain name, found quickly.
        if task_id.replace("_", "").casefold() in _plain_names(tuple(id_columns)):
            raise BadValue(ID_IS_A_HEADER)
        completed_at = read_completed_at(cells.pop(COMPLETED_AT, None), zone)
        day = read_call_date(cells.pop(CALL_DATE, None))
        if completed_at is not None:
            day = _day_of(completed_at, zone)
    except BadValue as error:
        return Refused(line, str(error))
    return TaskRow(line, task_id, day, completed_at, dumps(cells) if cells else None)


def plain_name(name: str) -> str:
    """A column's name without upper case, blanks and `_`, to compare it with others."""
    return _IGNORED_IN_NAMES.sub("", name).casefold()


@lru_cache(maxsize=16)
def _plain_names(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(plain_name, names))


def _take_id(cells: dict[str, Any], id_column: str, *, is_preferred: bool) -> str:
    """The id of a row; takes its cell out. A number beside a UUID is refused: the API needs the UUID."""
    task_id = read_id(cells.pop(id_column))
    other = cells.get(ID_COLUMNS[1])
    if id_column == ID_COLUMNS[0] and not is_preferred and isinstance(other, str | UUID):
        other = _without_braces(str(other).strip(_ID_BLANKS))
        if other != task_id and _UUID.fullmatch(other) and not _UUID.fullmatch(task_id):
            raise BadValue(TWO_IDS)
    return task_id


def _without_braces(text: str) -> str:
    is_braced = text.startswith("{") and text.endswith("}") and _UUID.fullmatch(text[1:-1])
    return text[1:-1] if is_braced else text


def read_id(value: object) -> str:
    """The id as text; blanks around it and braces around a UUID are dropped, a whole number or UUID becomes text."""
    if type(value) is str:
        text = _without_braces(value.strip(_ID_BLANKS))
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
        raise BadValue(_bad_completed_at(value, f"completed_at is {reason}")) from None
    raise BadValue(_bad_completed_at(value, BAD_COMPLETED_AT))


def _bad_completed_at(value: object, reason: str) -> str:
    """What is wrong with the value, without quoting it; `reason` where no remedy is known."""
    if isinstance(value, date):
        return reason
    text = str(value).strip(ASCII_BLANKS)
    if isinstance(value, int | float | Number) or _WHOLE_NUMBER.fullmatch(text):
        return EPOCH
    if _DAY.fullmatch(text):
        return ONLY_A_DATE
    return SLASHED if _SLASHED.fullmatch(text) else reason


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
        # fromisoformat alone would also accept 20250625 and 2025-W26-3.
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise BadValue(BAD_CALL_DATE) from None


def _day_of(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        raise BadValue(BAD_COMPLETED_AT) from None
