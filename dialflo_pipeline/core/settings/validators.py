"""Settings that are dates, zones, paths, rates and lists: pydantic validators."""

import re
from pathlib import Path
from zoneinfo import available_timezones

from pydantic import SecretStr

from dialflo_pipeline.core.calling_hours import parse_days, parse_hours
from dialflo_pipeline.core.phone_numbers import is_region

SLOWEST_RATE = 0.001
"""Requests per second: one in about 17 minutes."""

_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def date_text(text: object) -> object:
    """A date as YYYY-MM-DD; other values are left to pydantic. Raises `ValueError`."""
    if isinstance(text, str) and not _DATE.fullmatch(text):
        raise ValueError("is not a date (expected YYYY-MM-DD)")
    return text


def zone_name(name: str) -> str:
    """The name of an IANA time zone. Raises `ValueError`."""
    if name not in available_timezones():
        raise ValueError("is not an IANA time zone (expected a name like Asia/Kolkata or UTC)")
    return name


def region_code(text: str) -> str:
    """The code of a country or region, such as IN. Raises `ValueError`."""
    code = text.strip().upper()
    if not is_region(code):
        raise ValueError("is not a country or region (expected two letters, such as IN)")
    return code


def header_value(token: SecretStr) -> SecretStr:
    """A token that an HTTP header can carry. Raises `ValueError`."""
    text = token.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("contains a blank, a line end or another character that HTTP headers do not allow")
    return token


def usable_path(path: Path) -> Path:
    """A path that can exist, with `~` expanded. Raises `ValueError`."""
    text = str(path)
    if "\0" in text or not _is_utf8(text):
        raise ValueError("contains a character that paths do not allow")
    if "?" in text:
        raise ValueError("contains a question mark, where Dagster would cut the path off")
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("begins with the home folder of an unknown user") from None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def request_rate(rate: float) -> float:
    """Requests per second; 0 for no limit. Raises `ValueError`."""
    if 0 < rate < SLOWEST_RATE:
        raise ValueError(f"must be 0 for no limit, or at least {SLOWEST_RATE}")
    return rate


def distinct_keys(text: str) -> str:
    """Different keys, separated by commas. Raises `ValueError`."""
    keys = [key.strip() for key in text.split(",")]
    if not all(keys) or len(set(keys)) < len(keys):
        raise ValueError("must be different keys, separated by commas")
    return ",".join(keys)


def calling_hours_text(text: str) -> str:
    """Hours like 09:00-20:00. Raises `ValueError`."""
    parse_hours(text)
    return text


def calling_days_text(text: str) -> str:
    """Weekdays like mon-sat. Raises `ValueError`."""
    parse_days(text)
    return text
