"""`attempts_to_answer`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("attempts_to_answer",)


def test_tries_end_with_the_first_that_is_answered(make_call: MakeCall, build: Build, read: Read) -> None:
    outcomes = {"+911": "b", "+912": "bba", "+913": "ab", "+914": "bb", "+915": "bab"}
    calls = [
        make_call(
            task_id=f"{number} {place}",
            contact_number=number,
            outcome={"a": "answered", "b": "busy"}[letter],
            occurred_at=NOON + timedelta(hours=place),
        )
        for number, letters in outcomes.items()
        for place, letter in enumerate(letters)
    ]
    rows = read(build(calls), "FROM marts.attempts_to_answer")
    names = ("contacts", "tried_contacts", "reached_contacts", "given_up_contacts", "cumulative_calls")
    assert [tuple(row[name] for name in names) for row in rows] == [(5, 5, 1, 1, 5), (5, 3, 1, 1, 8), (5, 1, 1, 0, 9)]
    assert [row["cumulative_reach"] for row in rows] == [pytest.approx(n / 5) for n in (1, 2, 3)]
    assert [row["calls_per_reach"] for row in rows] == [5.0, 3.0, 1.0]
