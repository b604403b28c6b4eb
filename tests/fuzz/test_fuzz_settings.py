"""Settings of every make: each text is taken as its rule says, or refused in one line that names the setting alone."""

import math
import os
import re
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import available_timezones

import pytest

from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.settings import ENV_PREFIX, Settings, load_settings
from tests.fuzz.conftest import Fuzz

AT_ONCE: Final = 250
DEPENDENT: Final = {"tasks_dsn", "tasks_query", "notify_smtp", "notify_from", "notify_to"}
"""Right or wrong only together; `tests/unit/test_settings.py` tries them."""

NAMES: Final = tuple(name for name in Settings.model_fields if name not in DEPENDENT)
WHOLE: Final[dict[str, tuple[float, float]]] = {
    "max_concurrency": (1, 1024),
    "tries": (1, 100),
    "redial_max_attempts": (1, 1_000_000),
}
NUMBERS: Final = {
    "rate_limit": (0.001, math.inf),
    "timeout_seconds": (0.001, 3600.0),
    "settle_hours": (0.0, 24 * 3660.0),
    "redial_min_gap_minutes": (0.0, 60 * 24 * 3660.0),
    "redial_max_age_days": (5e-324, 3660.0),
    "tasks_overlap_minutes": (0.0, 60 * 24 * 3660.0),
    "callback_tolerance_minutes": (0.0, 60 * 24 * 366.0),
    "engaged_seconds": (0.0, math.inf),
}
TEXTS: Final = (
    *("", " ", "0", "1", "5", "-1", "1.5", "1e3", "1e999", "-0", "nan", "inf", "Infinity", "1_000", "0x10", "٣", "true", "None"),
    *("100", "101", "1024", "1025", "3600", "3600.5", "87840", "1000000", "1000001", "5270400", "9" * 400, "1e-400", "+7", " 7 "),
    *("UTC", "utc", "Asia/Kolkata", "Nowhere/At_All", "../../etc/passwd", "/etc/localtime", "Etc/GMT+5", "localtime"),
    *("https://api.dialflo.ai", "http://127.0.0.1:8000/", "http://[::1]:1", "http://[::1", "ftp://h", "https://", "http://h:0"),
    *("http://u:p@h", "http://h?x", "http://h#x", "http://h:99999", "HTTP://H", "http://ｈ", "http://\u2100", "//h", "http://%zz"),
    *("tok-1234567890", "two words", "line\nend", "line\rend", "tab\t", "é", "\x7f", "a" * 5_000, "'", '"', "\\", "$HOME", "${X}"),
    *("2026-01-31", "2026-1-31", "20260131", "09:00-20:00", "9-20", "mon-fri", "a,b", "card"),
    *("data", "~/d", "~nobody-here/d", "a/../b", "x" * 300, "a?b", "#", "=", "\u202e", "\U0001f600"),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(ENV_PREFIX)]:
        monkeypatch.delenv(name)
    return tmp_path


def test_a_sample_of_settings_is_taken_or_refused_by_name(fuzz: Fuzz, folder: Path) -> None:
    fuzz.for_seconds(2, lambda dice: check_settings(dice, folder))


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", range(10))
def test_many_settings_are_taken_or_refused_by_name(fuzz: Fuzz, folder: Path, part: int) -> None:
    fuzz.so_often(200_000 // AT_ONCE // 10, lambda dice: check_settings(dice, folder), part)


def check_settings(dice: Random, folder: Path) -> int:
    for _ in range(AT_ONCE):
        chosen = {name: _text(dice) for name in dice.sample(NAMES, dice.choice((1, 1, 1, 2, 4)))}
        if dice.random() < 0.1:
            _check_in_a_file(dice, chosen, folder)
        else:
            check_in_the_environment(chosen, folder)
    return AT_ONCE


def check_in_the_environment(chosen: dict[str, str], folder: Path) -> None:
    """Set as variables, of which an empty one counts as unset."""
    with pytest.MonkeyPatch.context() as patch:
        for name, text in chosen.items():
            patch.setenv(f"{ENV_PREFIX}{name.upper()}", text)
        settings, refused = _load(folder)
    for name, text in chosen.items():
        if settings:
            assert not text or _is_as_ruled(name, text, getattr(settings, name)), (name, text)
        elif name not in refused:
            assert not text or name not in WHOLE | NUMBERS or _number(text) is not None, (name, text)
    assert refused <= {name for name, text in chosen.items() if text and not _must_be_taken(name, text)}


def _check_in_a_file(dice: Random, chosen: dict[str, str], folder: Path) -> None:
    """In a `.env` as it may come from an editor: whatever its lines are made of, no more than the two ways out."""
    quote = dice.choice(("", "", "'", '"'))
    lines = [f"{ENV_PREFIX}{name.upper()}={quote}{text}{quote}" for name, text in chosen.items()]
    content = dice.choice(("\n", "\r\n")).join(lines).encode("utf-8")
    (folder / ".env").write_bytes(content if dice.random() < 0.9 else content + b"\n\xff\xfe")
    try:
        _load(folder)
    finally:
        (folder / ".env").unlink()


def _load(folder: Path) -> tuple[Settings | None, set[str]]:
    """The settings, or the names of those that are told to be wrong; no message quotes what was set."""
    try:
        return load_settings(folder), set()
    except SettingsError as error:
        head, *problems = str(error).split("\n")
        if "cannot be read" in head:
            return None, set(NAMES)
        names = {re.fullmatch(rf"  {ENV_PREFIX}([A-Z_]+) \S.*", problem) for problem in problems}
        assert names, "no setting is named"
        assert None not in names, problems
        told = str(error)
        assert not any(
            word in told for word in ("tok-1234567890", "line\n", "two words", "aaaaaaaa", "xxxxxxxx", "passwd")
        )
        return None, {found[1].lower() for found in names if found}


def _is_as_ruled(name: str, text: str, value: Any) -> bool:
    """Whether a text that was taken may be taken so."""
    if name in WHOLE:
        low, high = WHOLE[name]
        return type(value) is int and low <= value <= high and _number(text) == value
    if name in NUMBERS:
        low, high = NUMBERS[name]
        is_none = name == "rate_limit" and value == 0
        return math.isfinite(value) and (low <= value <= high or is_none) and _number(text) == value
    match name:
        case "timezone":
            return text in available_timezones() and value == text
        case "base_url":
            return value.lower().startswith(("http://", "https://")) and " " not in value and value == text.rstrip("/")
        case "api_token":
            return text.isascii() and text.isprintable() and " " not in text and value.get_secret_value() == text
        case "data_dir":
            return isinstance(value, Path) and value.is_absolute()
        case "start_date":
            return isinstance(value, date) and text == value.isoformat()
        case "campaign_key" | "tasks_cursor_column":
            return bool(value == text)
        case "notify_webhook" | "notify_ui_url":
            return text.lower().startswith(("http://", "https://"))
        case "notify_webhook_form":
            return text in ("auto", "text", "card")
        case "notify_warnings":
            return isinstance(value, bool)
        case "callback_keys":
            return bool(value.split(",") == [key.strip() for key in text.split(",")])
    return name in ("calling_hours", "calling_days") and value == text


def _must_be_taken(name: str, text: str) -> bool:
    """Whether a text cannot be refused."""
    if name in WHOLE and re.fullmatch("[0-9]{1,7}", text):
        return WHOLE[name][0] <= int(text) <= WHOLE[name][1]
    if name in NUMBERS and re.fullmatch(r"[0-9]{1,7}(\.[0-9]+)?", text):
        return NUMBERS[name][0] <= float(text) <= NUMBERS[name][1]
    if name == "timezone":
        return text in available_timezones()
    return name == "data_dir" and "~" not in text and "\0" not in text and len(text) < 200 and "?" not in text


def _number(text: str) -> float | None:
    try:
        return float(text.replace("_", ""))  # pydantic takes one between any two characters
    except ValueError:
        return None


def _text(dice: Random) -> str:
    if dice.random() < 0.8:
        return dice.choice(TEXTS)
    text = "".join(dice.choices(TEXTS, k=2))
    start = dice.randrange(len(text) + 1)
    return text[:start] + chr(dice.choice((dice.randrange(1, 128), dice.randrange(1, 0xD800)))) + text[start:]
