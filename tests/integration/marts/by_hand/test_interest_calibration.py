"""`interest_calibration`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("interest_calibration",)


def test_a_confidence_comes_true_when_a_later_answered_call_shows_interest(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    def call(task_id: str, number: str, days: float, **values: Any) -> Row:
        return make_call(task_id=task_id, contact_number=number, occurred_at=NOON + timedelta(days=days), **values)

    calls = [
        call("a", "converted", 0, interest_confidence=0.95, interest_status="Interested"),
        call("b", "converted", 30, next_action="CONVERT"),
        call("c", "too late", 0, interest_confidence=1.0, interest_status="Interested"),
        call("d", "too late", 30.01, interest_status="Interested"),
        call("e", "refused", 0, interest_confidence=0.9, interest_status="Not Interested"),
        call("f", "refused", 1, interest_status="Not Interested"),
        call("g", "not reached", 0, interest_confidence=0.0),
        call("h", "not reached", 1, outcome="busy", interest_status="Interested"),
    ]
    columns = "confidence_decile, calls, followed_calls, happened_calls, happened_rate, yes_calls, yes_happened_calls"
    rows = read(build(calls), f"SELECT {columns} FROM marts.interest_calibration ORDER BY ALL")
    assert [tuple(row.values()) for row in rows] == [(1, 1, 0, 0, None, 0, 0), (10, 3, 2, 1, 0.5, 2, 1)]
