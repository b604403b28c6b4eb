"""`redial_outcomes`: each clause of its definition in one small campaign."""

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
MARTS = ("redial_outcomes",)


def test_a_span_includes_its_last_moment_and_ties_go_by_task_and_place(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    def call(task_id: str, number: str, after: timedelta, **values: Any) -> Row:
        return make_call(task_id=task_id, contact_number=number, occurred_at=NOON + after, **values)

    second, none = timedelta(microseconds=1), timedelta()
    calls = [
        call("a", "just in time", none, next_action="REDIAL"),
        call("b", "just in time", timedelta(days=1)),
        call("c", "too late", none, next_action="REDIAL"),
        call("d", "too late", timedelta(days=1) + second, outcome="busy"),
        call("f", "tie before", none, next_action="REDIAL"),
        call("e", "tie before", none),
        call("g", "tie behind", none, next_action="REDIAL", call_index=9),
        call("g", "tie behind", none, call_index=10, interest_status="Interested"),
        call("h", "called us", none, next_action="REDIAL"),
        call("i", "called us", timedelta(hours=1), call_direction="inbound"),
    ]
    (row,) = read(build(calls), "FROM marts.redial_outcomes")
    found = {name: row[name] for name in row if name.endswith("_calls")}
    assert found == {
        "redial_calls": 5,
        "redialled_24h_calls": 2,
        "redialled_7d_calls": 3,
        "answered_7d_calls": 2,
        "interested_7d_calls": 1,
        "redialled_calls": 3,
        "never_called_calls": 2,
        "called_back_calls": 1,
    }
    assert row["median_hours_to_redial"] == 24
