"""`contacts`: each clause of its definition in one small campaign."""

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
MARTS = ("contacts", "attempts_to_answer")


def test_a_renamed_agent_is_another_one_but_its_contacts_are_the_same(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [
        make_call(task_id=f"{n}", agent_id="7", agent_name=name, outcome="busy", occurred_at=NOON + timedelta(hours=n))
        for n, name in enumerate(["Zoe", "Asha", None, "Asha"])
    ]
    path = build(calls)
    assert read(path, "SELECT agents, agent_names, last_agent_name, attempts FROM marts.contacts") == [
        {"agents": 3, "agent_names": ["Asha", "Zoe"], "last_agent_name": "Asha", "attempts": 4}
    ]
    tries = read(path, "SELECT agent_name, max(attempt_number) AS n FROM marts.attempts_to_answer GROUP BY ALL")
    assert {row["agent_name"]: row["n"] for row in tries} == {"Asha": 2, "Zoe": 1, None: 1}


def test_of_calls_at_one_time_the_latest_is_that_of_the_greatest_task_and_place(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [
        make_call(task_id="b", call_index=0, next_action="first", interest_status="Hot"),
        make_call(task_id="b", call_index=10, outcome="busy", next_action=" \t"),
        make_call(task_id="b", call_index=9, next_action="second"),
        make_call(task_id="a", call_index=11, next_action="none of it", interest_status="Cold"),
        make_call(task_id="B", call_index=12, next_action="none of it"),
    ]
    path = build([{**call, "occurred_at": NOON} for call in calls])
    assert read(
        path, "SELECT last_outcome, latest_next_action, latest_interest, best_interested FROM marts.contacts"
    ) == [{"last_outcome": "busy", "latest_next_action": "second", "latest_interest": "Hot", "best_interested": "yes"}]
