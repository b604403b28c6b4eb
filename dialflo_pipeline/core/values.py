"""Reads single values of an answer: times, numbers, confidences, outcomes, and what a call object is.

Each reader takes one value and returns None where it is blank or absent. A reader that refuses a text raises
`ValueError` with a short reason that never holds the text itself. Phone numbers have a module of their own.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, TypeGuard
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.schema import Outcome
from dialflo_pipeline.core.strict_json import Json, Number

EARLIEST_TIME: Final = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_TIME: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Times outside are mistakes, and some programs cannot show them in every time zone."""

ASCII_BLANKS: Final = " \t\n\r\v\f"
"""White space that is ignored around a value, and that alone makes a text blank; no other white space counts."""

CALL_MARKS: Final = ("agent_name", "call_status", "call_outcome", "call_insights", "call_duration", "to_number")
"""A JSON object with any of these not null is a call object."""

OUTCOMES: Final[Mapping[str, Outcome]] = {
    "ANSWERED": Outcome.ANSWERED,
    **dict.fromkeys(("NO_ANSWER", "NOT_ANSWERED", "NOANSWER", "UNANSWERED", "MISSED"), Outcome.NO_ANSWER),
    **dict.fromkeys(("VOICEMAIL", "MACHINE", "ANSWERING_MACHINE", "MACHINE_ANSWERED"), Outcome.MACHINE),
    **dict.fromkeys(("BUSY", "LINE_BUSY", "USER_BUSY"), Outcome.BUSY),
    **dict.fromkeys(("FAILED", "ERROR", "NETWORK_ERROR"), Outcome.FAILED),
    **dict.fromkeys(("CANCELLED", "CANCELED"), Outcome.CANCELLED),
    **dict.fromkeys(("QUEUED", "INITIATED", "RINGING", "IN_PROGRESS", "PAUSED"), Outcome.IN_PROGRESS),
}
"""Statuses in their plain form (see `outcome_of`); any other is unknown."""

NUMBER_PATTERN: Final = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"

_NUMBER = re.compile(NUMBER_PATTERN)
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?:(Z)|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)
_NOT_PLAIN = re.compile(r"[^A-Z0-9]+")
_ASCII_CAPITALS = {ord(small): ord(small.upper()) for small in "abcdefghijklmnopqrstuvwxyz"}

NO_SCALAR: Final = "an object or an array where a single value is due"
NO_TIME: Final = "not a time: YYYY-MM-DD HH:MM[:SS], then nothing, Z or an offset"
TIME_OUT_OF_RANGE: Final = "a time outside 1990-01-01 to 2100-01-01 (UTC)"
NO_NUMBER: Final = "not a number"
NOT_FINITE: Final = "too large for a DOUBLE"
BELOW_ZERO: Final = "a duration below 0"
NO_CONFIDENCE: Final = "a confidence outside 0 to 100"


def capitals(text: str) -> str:
    """The text with its ASCII letters, and no others, in capitals."""
    return text.translate(_ASCII_CAPITALS)


def is_blank(text: str) -> bool:
    """Whether the text holds nothing but ASCII white space."""
    return not text.strip(ASCII_BLANKS)


def scalar_text(value: Json) -> str | None:
    """A JSON scalar as text: strings as they are, numbers and booleans as in JSON, null as None.

    An object or an array is a `ValueError`.
    """
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case Number():
            return value.text
    raise ValueError(NO_SCALAR)


def parse_number(text: str) -> float | None:
    """A number as JSON writes it, also with a plus sign or without digits on one side of the point; finite."""
    text = text.strip(ASCII_BLANKS)
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(NO_NUMBER)
    number = float(text)
    if math.isinf(number):
        raise ValueError(NOT_FINITE)
    return number


def parse_duration(text: str) -> float | None:
    """A number of seconds, not below 0."""
    seconds = parse_number(text)
    if seconds is not None and seconds < 0:
        raise ValueError(BELOW_ZERO)
    return seconds


def parse_confidence(text: str) -> float | None:
    """A share from 0 to 1; what is above 1 and up to 100 is taken as a percentage."""
    number = parse_number(text)
    if number is None or 0 <= number <= 1:
        return number
    if not 1 < number <= 100:
        raise ValueError(NO_CONFIDENCE)
    return number / 100


def parse_time(text: str, zone: ZoneInfo) -> datetime | None:
    """`YYYY-MM-DD HH:MM[:SS[.digits]]` (or with `T`), then nothing, `Z`, `±HH`, `±HHMM` or `±HH:MM`, as aware UTC.

    The time is from 1990-01-01 to 2100-01-01. Digits after the sixth are dropped. Without an offset the time is read in
    `zone`: one that does not exist there with the offset before the change, one that exists twice as the first.
    """
    text = text.strip(ASCII_BLANKS)
    if not text:
        return None
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(NO_TIME)
    year, month, day, hour, minute, second, fraction, utc, sign, offset_hour, offset_minute = match.groups()
    micros = (fraction or "")[:6].ljust(6, "0")
    where = UTC if utc else _offset(sign, int(offset_hour), int(offset_minute or 0)) if sign else zone
    try:
        # fold=0, the default, is exactly the rule for times that do not exist or exist twice.
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), int(micros), tzinfo=where
        )
        time = local.astimezone(UTC)
    except ValueError:
        raise ValueError(NO_TIME) from None
    except OverflowError:
        raise ValueError(TIME_OUT_OF_RANGE) from None
    return check_time(time)


def check_time(time: datetime) -> datetime:
    """The same aware time; a `ValueError` if it is outside the range."""
    if not EARLIEST_TIME <= time <= LATEST_TIME:
        raise ValueError(TIME_OUT_OF_RANGE)
    return time


def _offset(sign: str, hours: int, minutes: int) -> tzinfo:
    if hours > 23 or minutes > 59:
        raise ValueError(NO_TIME)
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if sign == "-" else size)


def outcome_of(status: str | None) -> Outcome:
    """What a call's status says became of the call, whatever its case and punctuation."""
    plain = _NOT_PLAIN.sub("_", capitals(status or "")).strip("_")
    return OUTCOMES.get(plain, Outcome.UNKNOWN)


def is_call_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether this is a JSON object that says something of a call."""
    return isinstance(value, dict) and any(value.get(mark) is not None for mark in CALL_MARKS)


def call_objects(answer: Json) -> list[dict[str, Json]]:
    """The call objects of a whole answer: of the array at its top, or the one object that it is."""
    elements = answer if isinstance(answer, list) else [answer]
    return [element for element in elements if is_call_object(element)]


def status_of(call: dict[str, Json]) -> str | None:
    """The status as sent: call_status, where null or absent call_outcome; None if that is no single value."""
    status = call.get("call_status")
    status = call.get("call_outcome") if status is None else status
    return None if isinstance(status, dict | list) else scalar_text(status)


def has_insights(call: dict[str, Json]) -> bool:
    """Whether the call's insights have arrived: an object with a leaf that is not null, blank or empty."""
    insights = call.get("call_insights")
    return isinstance(insights, dict) and _has_filled_leaf(insights)


def _has_filled_leaf(value: dict[str, Json]) -> bool:
    # A stack of our own: an answer may have more levels than Python allows calls within calls.
    waiting: list[Json] = [value]
    while waiting:
        match waiting.pop():
            case dict(members):
                waiting += members.values()
            case list(elements):
                waiting += elements
            case None:
                pass
            case str(text):
                if not is_blank(text):
                    return True
            case _:
                return True
    return False
