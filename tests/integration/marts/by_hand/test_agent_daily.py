"""`agent_daily`: each clause of its definition in one small campaign."""

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
MARTS = ("agent_daily",)


def days_on(number: int) -> date:
    return DAY + timedelta(days=number)


def test_trailing_days_pass_over_days_without_calls(make_call: MakeCall, build: Build, read: Read) -> None:
    answered = {0: False, 1: True, 6: True, 7: False, 13: True, 14: False, 40: True}
    calls = [
        make_call(task_id=f"{n}", call_date=days_on(n), outcome="answered" if reached else "busy")
        for n, reached in answered.items()
    ]
    rows = read(build(calls), "FROM marts.agent_daily")
    told = {
        (row["call_date"] - DAY).days: (
            *(row["calls_7d"], row["answered_calls_7d"], row["calls_prior_7d"], row["answered_calls_prior_7d"]),
            row["answer_rate_change_7d"],
        )
        for row in rows
    }
    assert told == {
        0: (1, 0, 0, 0, None),
        1: (2, 1, 0, 0, None),
        6: (3, 2, 0, 0, None),
        7: (3, 2, 1, 0, pytest.approx(2 / 3)),
        13: (2, 1, 3, 2, pytest.approx(1 / 2 - 2 / 3)),
        14: (2, 1, 3, 2, pytest.approx(1 / 2 - 2 / 3)),
        40: (1, 1, 0, 0, None),
    }
