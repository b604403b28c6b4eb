"""`call_outcomes`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("call_outcomes",)


def test_calls_are_grouped_by_direction_outcome_and_reasons_as_sent(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [
        make_call(task_id="a", call_status="ANSWERED"),
        make_call(task_id="b", call_status="ANSWERED", outcome_reason=" \t"),
        make_call(task_id="c", call_status="answered"),
        make_call(task_id="d", call_status="BUSY", outcome="busy", outcome_reason="USER_BUSY", hangup_source="callee"),
        make_call(task_id="e", call_status="QUEUED", outcome="in_progress", call_direction="InBound"),
    ]
    columns = "direction, outcome, call_status, outcome_reason, hangup_cause, hangup_source, calls, agent_calls, share"
    rows = read(build(calls), f"SELECT {columns} FROM marts.call_outcomes ORDER BY outcome, call_status")
    assert [tuple(row.values()) for row in rows] == [
        ("outbound", "answered", "ANSWERED", "(none)", "(none)", "(none)", 2, 5, 0.4),
        ("outbound", "answered", "answered", "(none)", "(none)", "(none)", 1, 5, 0.2),
        ("outbound", "busy", "BUSY", "USER_BUSY", "(none)", "callee", 1, 5, 0.2),
        ("inbound", "in_progress", "QUEUED", "(none)", "(none)", "(none)", 1, 5, 0.2),
    ]
