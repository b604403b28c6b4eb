"""How the oracle reads single values: times, numbers, statuses, phone numbers. Pure, standard library only."""

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.oracle.strict_json import Number

BLANKS = " \t\n\r\v\f"
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
OUTCOMES = {
    "answered": "ANSWERED",
    "no_answer": "NO_ANSWER NOT_ANSWERED NOANSWER UNANSWERED MISSED",
    "busy": "BUSY LINE_BUSY USER_BUSY",
    "failed": "FAILED ERROR NETWORK_ERROR",
    "cancelled": "CANCELLED CANCELED",
    "in_progress": "QUEUED INITIATED RINGING IN_PROGRESS PAUSED",
}
OUTCOME_OF = {word: outcome for outcome, words in OUTCOMES.items() for word in words.split()}


class NumberText(str):
    """The text of a JSON number, which may be rewritten as long as it reads as the same number."""

    __slots__ = ()


class Unfit(Exception):
    """The value does not fit its column."""


def is_blank(text: str | None) -> bool:
    return text is None or not text.strip(BLANKS)


def capitals(text: str) -> str:
    return re.sub("[a-z]", lambda letter: letter.group().upper(), text)


def outcome_of(status: str | None) -> str:
    return OUTCOME_OF.get(re.sub("[^A-Z0-9]+", "_", capitals(status or "")).strip("_"), "unknown")


def e164(number: str | None) -> str | None:
    digits = re.sub(r"[ \-.()\[\]]", "", number or "")
    digits = digits.removeprefix("+") if digits.startswith("+") else digits.removeprefix("00")
    return "+" + digits if re.fullmatch("[1-9][0-9]{7,14}", digits) else None


def text_of(value: Any) -> str | None:
    """A scalar as text."""
    if isinstance(value, dict | list):
        raise Unfit
    if isinstance(value, bool):
        return "true" if value else "false"
    return NumberText(value.text) if isinstance(value, Number) else value


def number_of(value: Any) -> float | None:
    if value is None or (isinstance(value, str) and is_blank(value)):
        return None
    if isinstance(value, Number):
        number = float(value.text)
    elif isinstance(value, str) and NUMBER.fullmatch(value.strip(BLANKS)):
        number = float(value.strip(BLANKS))
    else:
        raise Unfit
    if not math.isfinite(number):
        raise Unfit
    return number


def duration_of(value: Any) -> float | None:
    number = number_of(value)
    if number is not None and number < 0:
        raise Unfit
    return number


def confidence_of(value: Any) -> float | None:
    number = number_of(value)
    if number is None or 0 <= number <= 1:
        return number
    if 1 < number <= 100:
        return number / 100
    raise Unfit


def time_of(value: Any, zone: ZoneInfo) -> datetime | None:
    """The moment in UTC. `fold=0` is both the offset before a gap and the first of two."""
    if value is None or (isinstance(value, str) and is_blank(value)):
        return None
    found = TIME.fullmatch(value.strip(BLANKS)) if isinstance(value, str) else None
    if not found:
        raise Unfit
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    microseconds = int((fraction or "")[:6].ljust(6, "0"))
    of_zone = _offset(offset) if offset else zone
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), microseconds, of_zone
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit from None


def day_of(text: str) -> date:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip(BLANKS)):
        raise Unfit
    try:
        return date.fromisoformat(text.strip(BLANKS))
    except ValueError:
        raise Unfit from None


def kind_of(value: Any) -> str:
    """`value_type`."""
    names = {str: "string", Number: "number", bool: "boolean", type(None): "null", dict: "object", list: "array"}
    return names[type(value)]


def is_filled(value: Any) -> bool:
    return not is_blank(value) if isinstance(value, str) else value is not None and value not in ({}, [])


def _offset(text: str) -> timezone:
    """Raise `Unfit` for an offset that no clock has."""
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise Unfit
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
