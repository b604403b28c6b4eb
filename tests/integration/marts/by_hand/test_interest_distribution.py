"""`interest_distribution`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("interest_distribution",)


def test_interest_is_told_as_sent_and_shares_add_up_to_one(make_call: MakeCall, build: Build, read: Read) -> None:
    statuses = [None, "", "\t\v\f \r\n", "(none)", " Interested", "Interested", "\u00a0"]
    calls = [make_call(task_id=f"t{n}", interest_status=status) for n, status in enumerate(statuses)]
    calls.append(make_call(task_id="in", call_direction="inbound", interest_status="Interested"))
    calls.append(make_call(task_id="no", outcome="busy", interest_status="Interested"))
    rows = read(build(calls), "FROM marts.interest_distribution")
    assert {row["interest_status"]: row["calls"] for row in rows} == {
        "(none)": 4,
        " Interested": 1,
        "Interested": 2,
        "\u00a0": 1,
    }
    assert {row["answered_calls"] for row in rows} == {8}
    assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_confidence_is_averaged_over_the_calls_that_state_one(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [make_call(task_id=f"t{n}", interest_confidence=value) for n, value in enumerate([0.2, None, 0.6])]
    calls.append(make_call(task_id="x", interest_status="Unclear"))
    rows = read(build(calls), "FROM marts.interest_distribution ORDER BY interest_status")
    assert [row["avg_confidence"] for row in rows] == [pytest.approx(0.4), None]
