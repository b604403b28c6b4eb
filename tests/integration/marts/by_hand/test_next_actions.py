"""`next_actions`: each clause of its definition in one small campaign."""

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
MARTS = ("next_actions",)


def test_calls_without_an_action_mean_none_even_beside_one_that_sent_that_text(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [
        *(make_call(task_id=f"{n}", next_action=None) for n in range(3)),
        make_call(task_id="sent", next_action="(none)"),
        make_call(task_id="alone", next_action="(none)", agent_name="Ravi"),
    ]
    query = "SELECT agent_name, next_action, meaning, calls FROM marts.next_actions ORDER BY ALL"
    assert [tuple(row.values()) for row in read(build(calls), query)] == [
        ("Asha", "(none)", "none", 4),
        ("Ravi", "(none)", "unknown", 1),
    ]
