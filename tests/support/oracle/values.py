"""How the oracle reads single values: times, numbers, statuses, phone numbers. Pure."""

import math
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers

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
    "machine": "VOICEMAIL MACHINE ANSWERING_MACHINE MACHINE_ANSWERED",
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


def e164(number: str | None, region: str | None = None) -> str | None:
    """The steps of the design, one after the other."""
    text = unicodedata.normalize("NFKC", number or "")
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Pd") and c != "\u2212")
    text = "".join(c for c in text if not (c.isspace() and not "\x1c" <= c <= "\x1f"))
    for scheme in ("tel:", "whatsapp:"):
        if text[: len(scheme)].lower() == scheme:
            text = text[len(scheme) :]
            break
    country, zero, rest = text.partition("(0)")
    if zero:
        if not re.fullmatch(r"[(\[]*(\+|00)[(\[]*\d{1,3}[)\]]*", country, re.ASCII) or "(0)" in rest:
            return None
        text = country + rest
    text = "".join(c for c in text if c not in "()[]/")
    whole, point, decimals = text.partition(".")
    if point and re.fullmatch(r"[+]?[0-9]+", whole) and re.fullmatch("0+", decimals):
        text = whole
    text = text.replace(".", "")
    if region and text and text[0] != "+" and text[:2] != "00":
        return _of_region(text, region)
    digits = text.removeprefix("+") if text.startswith("+") else text.removeprefix("00")
    return "+" + digits if re.fullmatch("[1-9][0-9]{7,14}", digits) else None


def _of_region(text: str, region: str) -> str | None:
    for prefix in ("+", ""):
        try:
            number = phonenumbers.parse(prefix + text, None if prefix else region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"
    return None


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
        moment = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit from None
    if moment < datetime(1990, 1, 1, tzinfo=UTC) or moment > datetime(2100, 1, 1, tzinfo=UTC):
        raise Unfit
    return moment


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


def is_nothing(value: Any) -> bool:
    """Null, blank, empty, or made of nothing else."""
    if isinstance(value, dict | list):
        return all(map(is_nothing, value.values() if isinstance(value, dict) else value))
    return value is None or (isinstance(value, str) and is_blank(value))


def _offset(text: str) -> timezone:
    """Raise `Unfit` for an offset that no clock has."""
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise Unfit
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
