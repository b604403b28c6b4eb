"""What holds for several marts, one small campaign each."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.oracle.marts import MODULES

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
OF_ANY_CALL = (
    *("agent_daily", "attempts_to_answer", "best_time_to_call", "call_outcomes", "caller_id_health", "contacts"),
    *("conversion_funnel", "next_actions", "unmapped_values"),
)
"""Marts in which a single call gives a row."""


def test_no_calls_give_no_rows_and_no_views(build: Build, read: Read) -> None:
    path = build([])
    assert [row for mart in MODULES for row in read(path, f"FROM marts.{mart}")] == []
    assert read(path, "FROM duckdb_views() WHERE view_name LIKE 'agent_metadata%'") == []


def test_calls_without_an_agent_are_a_group_of_their_own(missed: MakeCall, build: Build, read: Read) -> None:
    path = build([missed("a", agent_name=None), missed("b", agent_name=None), missed("c", agent_name="")])
    counts = "SELECT agent_name, calls FROM marts.answer_rate ORDER BY calls"
    assert read(path, counts) == [{"agent_name": "", "calls": 1}, {"agent_name": None, "calls": 2}]
    attempts = "SELECT agent_name, attempts FROM marts.redial_backlog ORDER BY attempts"
    assert read(path, attempts) == [{"agent_name": "", "attempts": 1}, {"agent_name": None, "attempts": 2}]
    backlog = "SELECT agent_name, backlog FROM marts.redial_backlog_daily ORDER BY agent_name"
    assert read(path, backlog) == [{"agent_name": "", "backlog": 1}, {"agent_name": None, "backlog": 1}]


def test_one_call_alone_fills_every_mart(make_call: MakeCall, build: Build, read: Read) -> None:
    path = build([make_call(call_status="ANSWERED", next_action="new", occurred_at=NOON, call_duration_seconds=90.0)])
    for mart in OF_ANY_CALL:
        (row,) = read(path, f"FROM marts.{mart}")
        assert all(0 <= value <= 1 for name, value in row.items() if name.endswith(("_rate", "share")) and value)
    assert read(path, "SELECT answer_rate, rho, weight, shrunk_rate FROM marts.best_time_to_call") == [
        {"answer_rate": 1.0, "rho": 0.0, "weight": 0.0, "shrunk_rate": 1.0}
    ]
    assert read(path, "SELECT answer_rate_change_7d FROM marts.agent_daily") == [{"answer_rate_change_7d": None}]


def test_calls_that_do_not_count_as_dialled_leave_rates_empty(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [
        make_call(task_id="a", call_direction="inbound"),
        make_call(task_id="b", outcome="cancelled"),
        make_call(task_id="c", outcome="in_progress"),
    ]
    path = build(calls)
    (row,) = read(path, "FROM marts.agent_daily")
    assert (row["calls"], row["inbound_calls"], row["answered_inbound_calls"], row["contacts"]) == (0, 1, 1, 0)
    assert {row[name] for name in row if "rate" in name} == {None}
    assert row["talk_minutes"] == 0
    assert read(path, "SELECT sum(calls)::INT AS n FROM marts.call_outcomes") == [{"n": 3}]
    for mart in ("attempts_to_answer", "best_time_to_call", "caller_id_health", "conversion_funnel"):
        assert read(path, f"FROM marts.{mart}") == []
    assert read(path, "SELECT calls, attempts, inbound_calls, is_reached FROM marts.contacts") == [
        {"calls": 1, "attempts": 0, "inbound_calls": 1, "is_reached": True}
    ]


def test_calls_over_midnight_count_for_the_day_of_their_task(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [make_call(occurred_at=datetime(2024, 5, 1, 23, 59, tzinfo=UTC), ended_at=NOON + timedelta(hours=13))]
    path = build(calls, "Asia/Kolkata")
    assert read(path, "SELECT call_date FROM marts.agent_daily") == [{"call_date": DAY}]
    assert read(path, "SELECT weekday, hour FROM marts.best_time_to_call") == [{"weekday": 4, "hour": 5}]


def days_on(number: int) -> date:
    return DAY + timedelta(days=number)


def test_order_of_arrival_does_not_matter(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [
        make_call(
            task_id=f"{n:03}",
            call_date=days_on(n % 9),
            agent_name=f"{n % 3}",
            contact_number=f"+91{n % 17}",
            occurred_at=NOON + timedelta(hours=n % 5),
            outcome=("answered", "busy", "failed")[n % 3],
            call_duration_seconds=n / 7,
            interest_status=("Hot", "new", None)[n % 3],
        )
        for n in range(150)
    ]
    first, second = build(calls), build(reversed(calls))
    for mart in MODULES:
        assert read(first, f"FROM marts.{mart}") == read(second, f"FROM marts.{mart}")
