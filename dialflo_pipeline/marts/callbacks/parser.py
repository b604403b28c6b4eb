"""When somebody asked to be called, from what they said: pure, and knows neither tables nor calls.

A text is read once, with dateparser, against a few fixed moments: what its result has in common with these says how
it depends on the moment at which it was said (`Kind`). From then on the time meant in any call follows by plain
arithmetic, which is a hundred times cheaper, and is the same whenever it is reckoned.
"""

import re
from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialflo_pipeline.marts.callbacks.bare_hours import is_two_numbers, without_bare_hour

LANGUAGES = ("en",)
LONGEST_TEXT = 100
"""Longer texts are not read: a time to call is told in few words, and reading takes longer the longer a text is."""

READER = 4
"""To be raised when the same text would be read differently."""

WEDNESDAY = datetime(2001, 1, 10)  # noqa: DTZ001 - local times, until `request` gives them their zone; both months have 31 days
MONDAY = datetime(2005, 10, 17)  # noqa: DTZ001 - the same
FEBRUARIES = (datetime(2004, 2, 4), datetime(2097, 2, 4))  # noqa: DTZ001 - the same
"""Months and years have other lengths from here: before a leap day, and before a leap day that is left out."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901 - by whichever clock

_ORDINAL = re.compile(r"\d(st|nd|rd|th)\b", re.IGNORECASE)
_OFFSET = re.compile(r"\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)\s*$", re.IGNORECASE)
_PERIODS = {"time": False, "day": True, "part_of_day": True, "week": True}
_HALF_HOURS = frozenset(
    f"{before}{half}" for before in ("", "in ", "after ") for half in ("half an hour", "half hour", "a half hour")
)
"""What dateparser does not know, though people often say it."""


class Kind(StrEnum):
    """How the time that a text means depends on the call in which it was said."""

    FIXED = "fixed"
    AFTER = "after"
    DAYS = "days"
    WEEKDAY = "weekday"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True)
class Reading:
    """A text as understood: `local` is what it means at the start of `WEDNESDAY`."""

    kind: Kind
    local: datetime
    is_whole_day: bool
    offset_seconds: int | None = None
    """The offset from UTC that the text itself names; None: it means local time."""


@dataclass(frozen=True)
class Request:
    """What was asked for in one call, in UTC; the request is kept by a call from `starts_at` to `ends_at`."""

    requested_at: datetime
    is_whole_day: bool
    starts_at: datetime
    ends_at: datetime


def read_text(text: str) -> Reading | None:
    """What a text means; None if it is not understood."""
    if len(text) > LONGEST_TEXT or not text.strip() or is_two_numbers(text):
        return None
    first = _parsed(text, WEDNESDAY)
    if first is None:
        return None
    local, period, offset = first
    is_whole_day = _PERIODS[period]
    later, other = _parsed(text, WEDNESDAY + HOUR), _parsed(text, MONDAY)
    if later is None or other is None:
        return None
    kind = _kind(text, local, later[0], other[0], is_whole_day=is_whole_day)
    is_week_to_come = kind is Kind.DAYS and local - WEDNESDAY >= 7 * DAY
    if kind is None or (period == "week" and not is_week_to_come):
        return None
    return Reading(kind, local, is_whole_day, offset if kind is Kind.FIXED and _OFFSET.search(text) else None)


def request(reading: Reading, called_at: datetime, zone: ZoneInfo, tolerance: timedelta) -> Request | None:
    """What the text means in a call at this moment; None where that is no date of the calendar."""
    try:
        return _request(reading, called_at, zone, tolerance)
    except (OverflowError, ValueError):
        return None


def calendar_ends(zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last moment of the years 1 to 9999 by both clocks, the zone's and that of UTC."""
    at_first, at_last = (end.replace(tzinfo=zone).utcoffset() or timedelta() for end in (_FIRST, _LAST))
    nothing = timedelta()
    return _FIRST.replace(tzinfo=UTC) - min(nothing, at_first), _LAST.replace(tzinfo=UTC) - max(nothing, at_last)


def _request(reading: Reading, called_at: datetime, zone: ZoneInfo, tolerance: timedelta) -> Request | None:
    if reading.kind is Kind.AFTER:
        moment = called_at + (reading.local - WEDNESDAY)
    elif reading.offset_seconds is not None:
        moment = (reading.local - timedelta(seconds=reading.offset_seconds)).replace(tzinfo=UTC)
    else:
        said_at = called_at.astimezone(zone).replace(tzinfo=None)
        moment = _moment(_local(reading, said_at), zone)
    if reading.is_whole_day:
        midnight = _start_of_day(moment.astimezone(zone).replace(tzinfo=None))
        starts_at, ends_at = _moment(midnight, zone), _end_of_day(midnight, zone)
    else:
        starts_at, ends_at = moment - tolerance, moment + tolerance
    first, last = calendar_ends(zone)
    is_dated = all(first <= each <= last for each in (called_at, moment, starts_at, ends_at))
    return Request(moment, reading.is_whole_day, starts_at, ends_at) if is_dated else None


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    """Of a local time that comes twice the first; one that is skipped is read with the offset before."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _end_of_day(midnight: datetime, zone: ZoneInfo) -> datetime:
    """The last microsecond before the next day begins; no day follows the last of the calendar."""
    if midnight.date() == _LAST.date():
        return _moment(_LAST, zone)
    return _moment(midnight + DAY, zone) - timedelta(microseconds=1)


def _kind(text: str, local: datetime, later: datetime, other: datetime, *, is_whole_day: bool) -> Kind | None:
    ahead, other_ahead = local - WEDNESDAY, other - MONDAY
    kind = None
    if local == other:
        kind = Kind.FIXED
    elif later - local == HOUR and not is_whole_day:
        kind = Kind.AFTER if ahead >= timedelta() and _is_same_span(text, ahead) else None
    elif ahead == other_ahead:
        kind = Kind.DAYS if ahead >= timedelta() and _is_same_span(text, ahead) else None
    elif local.time() != other.time():
        kind = None
    elif (local.month, local.day) == (other.month, other.day):
        kind = Kind.YEARLY
    elif local.weekday() == other.weekday() and DAY <= ahead < 8 * DAY and DAY <= other_ahead < 8 * DAY:
        kind = Kind.WEEKDAY
    elif local.day == other.day and _ORDINAL.search(text):
        kind = Kind.MONTHLY
    return kind


def _local(reading: Reading, said_at: datetime) -> datetime:
    local, today = reading.local, _start_of_day(said_at)
    time = local - _start_of_day(local)
    match reading.kind:
        case Kind.DAYS:
            found = today + (local - WEDNESDAY)
            return found + DAY if not reading.is_whole_day and found <= said_at and local - WEDNESDAY < DAY else found
        case Kind.WEEKDAY:
            return today + DAY * ((local.weekday() - today.weekday() - 1) % 7 + 1) + time
        case Kind.MONTHLY | Kind.YEARLY:
            earliest = today if reading.is_whole_day else said_at
            return next(day + time for day in _dates(reading, today) if day + time >= earliest)
    return local


def _dates(reading: Reading, today: datetime) -> Iterator[datetime]:
    """The days that a day of the month or of the year falls on, from this month or year on."""
    year, month, day = today.year, today.month, reading.local.day
    while True:
        if reading.kind is Kind.YEARLY:
            month = reading.local.month
        if not (month == 2 and day > 28 + isleap(year)) and not (month in (4, 6, 9, 11) and day > 30):
            yield datetime(year, month, day)  # noqa: DTZ001 - the same
        year, month = (year + 1, 1) if reading.kind is Kind.YEARLY or month == 12 else (year, month + 1)


def _is_same_span(text: str, span: timedelta) -> bool:
    """Whether it is as far ahead from everywhere; months and years are not."""
    return all((found := _parsed(text, base)) is not None and found[0] - base == span for base in FEBRUARIES)


def _start_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _parsed(text: str, said_at: datetime) -> tuple[datetime, str, int | None] | None:
    """Local time, how exact it is, and the offset that the text names."""
    is_half_hour = " ".join(text.split()).lower() in _HALF_HOURS
    found = _found("in 30 minutes" if is_half_hour else without_bare_hour(text), said_at)
    if found is None or found.date_obj is None or found.period not in _PERIODS:
        return None
    offset = found.date_obj.utcoffset()
    seconds = None if offset is None else int(offset.total_seconds())
    return found.date_obj.replace(tzinfo=None), found.period, seconds


def _found(text: str, said_at: datetime) -> Any:
    try:
        found = _parser(said_at, "UTC").get_date_data(text)
    except ZoneInfoNotFoundError:  # for seconds since 1970 it looks for the machine's zone all the same
        return None
    if found.date_obj is None or found.date_obj.tzinfo is None:
        return found
    # The text names a zone itself, which is kept in this way only.
    return _parser(said_at, "local").get_date_data(text)


@cache
def _parser(said_at: datetime, zone: str) -> Any:
    """`zone` must not be "local" for a text that names none: the machine's would be looked for, and be of influence."""
    from dateparser.date import DateDataParser  # slow to load, and most syncs meet no new text

    return DateDataParser(
        languages=list(LANGUAGES),
        settings={
            "RELATIVE_BASE": said_at,
            "TIMEZONE": zone,
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "DMY",
            "PREFER_LOCALE_DATE_ORDER": False,
            "RETURN_TIME_AS_PERIOD": True,
        },
    )
