"""The moment that a text asks for, by the eight rules in the header of `callbacks`."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from dateparser.date import DateDataParser

from tests.support.oracle.call_facts import moment_of

F, G = datetime(2004, 2, 4), datetime(2097, 2, 4)  # noqa: DTZ001 - local to no zone
W, W1, M = datetime(2001, 1, 10), datetime(2001, 1, 10, 1), datetime(2005, 10, 17)  # noqa: DTZ001 - local to no zone
DAY = timedelta(days=1)
O_CLOCK = r"(\s*o'?\s?clock)?"
NTH = r"\d\d?(st|nd|rd|th)"
BARE_HOURS = [
    re.compile(rf"(.*\b{NTH}\b(\s+[^\W\d]+)?)\s*,?\s*(at|@)\s*(?P<hour>\d\d?){O_CLOCK}", re.IGNORECASE),
    re.compile(rf"(.*\b{NTH})\s*,?\s+(?P<hour>\d\d?){O_CLOCK}", re.IGNORECASE),
    re.compile(rf"((at|@)\s*)?(?P<hour>\d\d?){O_CLOCK}\s*(,|\bon\b)\s*(?P<day>(the\s+)?{NTH}\b.*)", re.IGNORECASE),
]
PERIODS = ("time", "day", "part_of_day", "week")
HALF_HOUR = re.compile(r"\s*((in|after)\s+)?(half|half\s+an|a\s+half)\s+hour\s*", re.IGNORECASE)
SETTINGS = {
    "DATE_ORDER": "DMY",
    "PREFER_LOCALE_DATE_ORDER": False,
    "PREFER_DATES_FROM": "future",
    "RETURN_TIME_AS_PERIOD": True,
}
ORDINAL = re.compile(r"\d(st|nd|rd|th)\b", re.IGNORECASE)
OFFSET = re.compile(r"\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)\s*$", re.IGNORECASE)


@cache
def parsed(text: str, base: datetime) -> tuple[datetime, str] | None:
    """What the library makes of the text, and the period it names."""
    parser = DateDataParser(languages=["en"], settings=SETTINGS | {"RELATIVE_BASE": base})
    found = parser.get_date_data("in 30 minutes" if HALF_HOUR.fullmatch(text) else day_alone(text))
    return None if found.date_obj is None else (found.date_obj, found.period)


def day_alone(text: str) -> str:
    """The text without an hour that says neither morning nor evening, beside a day of the month."""
    for form in BARE_HOURS:
        found = form.fullmatch(text.strip())
        if found and int(found["hour"]) in range(25):
            return found.groupdict().get("day") or found[1]
    return text


def is_two_numbers(text: str) -> bool:
    return bool(re.fullmatch(r"\s*(on\s+)?(the\s+)?\d\d?\s*,?\s*(at|@)\s*\d\d?\s*", text, re.IGNORECASE))


def is_even(text: str) -> bool:
    """Whether the span is the same from wherever it is counted, as no month or year is."""
    at = [(parsed(text, base), base) for base in (W, F, G)]
    return len({one[0].replace(tzinfo=None) - base for one, base in at if one}) == 1 and all(one for one, _ in at)


def requested(text: str, called_at: datetime, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    """The moment and whether a whole day is meant; None if not understood, or no date of the calendar."""
    try:
        return _requested(text, called_at, zone)
    except OverflowError:
        return None


def _requested(text: str, called_at: datetime, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    if is_two_numbers(text):
        return None
    found = [parsed(text, base) for base in (W, W1, M)]
    if any(one is None or one[1] not in PERIODS for one in found):
        return None
    (of_w, period), (of_w1, _), (of_m, _) = (one for one in found if one is not None)
    is_whole_day = period != "time"
    w, w1, m = (moment.replace(tzinfo=None) for moment in (of_w, of_w1, of_m))
    if period == "week" and not w - W == m - M >= 7 * DAY:
        return None
    if w == m:
        return (of_w.astimezone(UTC) if OFFSET.search(text) and of_w.tzinfo else moment_of(w, zone)), is_whole_day
    if not is_whole_day and w1 - w == timedelta(hours=1):
        return None if w < W or not is_even(text) else (called_at + (w - W), False)
    local = _local(text, w, m, called_at, zone, is_whole_day=is_whole_day)
    return None if local is None else (moment_of(local, zone), is_whole_day)


def _local(
    text: str, w: datetime, m: datetime, called_at: datetime, zone: ZoneInfo, *, is_whole_day: bool
) -> datetime | None:
    """The third to the eighth rule: all go by the call's local day."""
    clock = called_at.astimezone(zone).replace(tzinfo=None)
    today = clock.date()
    if w - W == m - M:
        return _after_midnight(w - W, clock, is_whole_day=is_whole_day) if is_even(text) else None
    if w.time() != m.time():
        return None

    def is_ahead(day: date) -> bool:
        return is_whole_day or datetime.combine(day, w.time()) >= clock

    if (w.month, w.day) == (m.month, m.day):
        fits = [day for day in _days_from(today, 366 * 9) if (day.month, day.day) == (w.month, w.day) and is_ahead(day)]
    elif w.weekday() == m.weekday() and DAY <= w - W < 8 * DAY and DAY <= m - M < 8 * DAY:
        fits = [day for day in _days_from(today + DAY, 7) if day.weekday() == w.weekday()]
    elif w.day == m.day and ORDINAL.search(text):
        fits = [day for day in _days_from(today, 93) if day.day == w.day and is_ahead(day)]
    else:
        return None
    return datetime.combine(fits[0], w.time())


def _after_midnight(span: timedelta, clock: datetime, *, is_whole_day: bool) -> datetime | None:
    if span < timedelta():
        return None
    local = datetime.combine(clock.date(), time()) + span
    return local + DAY if not is_whole_day and span < DAY and local <= clock else local


def _days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=place) for place in range(count)]
