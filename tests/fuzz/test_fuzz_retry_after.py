"""Retry-After of every make: what is written as a number or a date is read as that, anything else says nothing."""

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Final

import pytest

from dialflo_pipeline.api.retry import retry_after_seconds
from tests.fuzz.conftest import Fuzz

AT_ONCE: Final = 2_000
NOW: Final = datetime(2025, 6, 25, 10, 57, 5, tzinfo=UTC)
PIECES: Final = (
    *("0", "5", "120", "9" * 30, "-", "+", ".", "e3", "Wed", "Mon,", ", ", " ", "25", "31", "Jun", "Feb", "2025", "99", "10:57:05"),
    *("24:00:00", "23:59:60", "GMT", "UTC", "+0530", "-0000", "+9999", "EST", "Z", "٣", "\0", "\xff", "\t", ";", "inf", "nan"),
    *("1e999", "Thursday", "25-Jun-25", "0x10", "1_000", "²", "soon", "9999", "0001"),
)  # fmt: skip


def test_a_sample_of_retry_after_does_no_harm(fuzz: Fuzz) -> None:
    fuzz.for_seconds(1, check_headers)


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", range(2))
def test_many_values_of_retry_after_do_no_harm(fuzz: Fuzz, part: int) -> None:
    fuzz.so_often(200_000 // AT_ONCE // 2, check_headers, part)


def check_headers(dice: Random) -> int:
    for _ in range(AT_ONCE):
        check_header(dice)
    return AT_ONCE


def check_header(dice: Random) -> None:
    seconds = dice.choice((dice.randrange(10), dice.randrange(10**6), dice.randrange(10**9)))
    kind = dice.randrange(4)
    if kind == 0:
        assert retry_after_seconds(dice.choice(("", " ", "000")) + str(seconds), NOW) == seconds
        return
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    if kind == 1:
        assert retry_after_seconds(date, NOW) == seconds
        return
    text = _changed(dice, date) if kind == 2 else "".join(dice.choices(PIECES, k=dice.randrange(8)))
    found = retry_after_seconds(text, NOW)
    assert isinstance(found, float), text
    assert found >= 0, text
    assert not math.isnan(found), text
    if re.fullmatch(r"\s*[0-9]{1,15}\s*", text, re.ASCII):
        assert found == int(text), text
    elif not re.search("[0-9]", text):
        assert found == 0, text


def _changed(dice: Random, text: str) -> str:
    for _ in range(dice.randrange(1, 4)):
        start = dice.randrange(len(text) + 1)
        text = text[:start] + dice.choice(("", *PIECES)) + text[start + dice.randrange(4) :]
    return text
