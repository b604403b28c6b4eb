"""What each clause of the marts' definitions means, one small campaign each."""

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
BACKLOG = "FROM marts.redial_backlog"


@pytest.fixture(scope="session")
def missed(make_call: MakeCall) -> MakeCall:
    """A call nobody answered, at noon unless told otherwise."""

    def call(task_id: str, **values: Any) -> Row:
        return make_call(**{"task_id": task_id, "outcome": "no_answer", "occurred_at": NOON, **values})

    return call


def test_no_calls_give_no_rows(build: Build, read: Read) -> None:
    path = build([])
    for mart in ("answer_rate", "interest_distribution", "redial_backlog", "redial_backlog_daily"):
        assert read(path, f"FROM marts.{mart}") == []


def test_the_answer_rate_counts_dialled_calls_only(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [
        make_call(task_id="a", call_duration_seconds=10.0),
        make_call(task_id="b", call_duration_seconds=40.0, call_direction="outbound"),
        make_call(task_id="c", outcome="unknown", call_duration_seconds=500.0),
        make_call(task_id="d", outcome="failed"),
        make_call(task_id="e", outcome="cancelled"),
        make_call(task_id="f", outcome="in_progress"),
        make_call(task_id="g", call_direction="InBound"),
        make_call(task_id="h", agent_name="only inbound", call_direction="inbound"),
    ]
    (row,) = read(build(calls), "FROM marts.answer_rate")
    assert (row["calls"], row["answered_calls"], row["answer_rate"]) == (4, 2, 0.5)
    assert (row["avg_answered_seconds"], row["median_answered_seconds"]) == (25.0, 25.0)
    assert row["answer_rate_low"] == pytest.approx(0.1500, abs=5e-5)
    assert row["answer_rate_high"] == pytest.approx(0.8500, abs=5e-5)


def test_a_rate_of_none_or_all_has_its_bound_exactly_there(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [
        make_call(task_id=f"{agent}{n}", agent_name=agent, outcome=outcome)
        for agent, outcome in (("all", "answered"), ("none", "busy"))
        for n in range(7)
    ]
    all_, none = read(build(calls), "FROM marts.answer_rate ORDER BY agent_name")
    assert (none["answer_rate_low"], all_["answer_rate_high"]) == (0.0, 1.0)
    assert none["avg_answered_seconds"] is None
    assert none["median_answered_seconds"] is None


def test_the_mean_of_the_longest_calls_is_finite(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [make_call(task_id=task_id, call_duration_seconds=1.6e308) for task_id in "abc"]
    (row,) = read(build(calls), "FROM marts.answer_rate")
    assert row["avg_answered_seconds"] == pytest.approx(1.6e308)
    assert row["median_answered_seconds"] == pytest.approx(1.6e308)


def test_calls_without_an_agent_are_a_group_of_their_own(missed: MakeCall, build: Build, read: Read) -> None:
    path = build([missed("a", agent_name=None), missed("b", agent_name=None), missed("c", agent_name="")])
    counts = "SELECT agent_name, calls FROM marts.answer_rate ORDER BY calls"
    assert read(path, counts) == [{"agent_name": "", "calls": 1}, {"agent_name": None, "calls": 2}]
    attempts = "SELECT agent_name, attempts FROM marts.redial_backlog ORDER BY attempts"
    assert read(path, attempts) == [{"agent_name": "", "attempts": 1}, {"agent_name": None, "attempts": 2}]
    backlog = "SELECT agent_name, backlog FROM marts.redial_backlog_daily ORDER BY agent_name"
    assert read(path, backlog) == [{"agent_name": "", "backlog": 1}, {"agent_name": None, "backlog": 1}]


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


@pytest.mark.parametrize(
    ("values", "is_waiting"),
    [
        ({"outcome": "no_answer"}, True),
        ({"outcome": "busy", "next_action": " \t\n\r\v\f"}, True),
        ({"outcome": "busy", "next_action": "\u00a0"}, False),
        ({"outcome": "busy", "next_action": "SEND_FORM"}, False),
        ({"outcome": "failed"}, False),
        ({"outcome": "answered"}, False),
        ({"outcome": "answered", "next_action": "\v ReDiAl\f\n"}, True),
        ({"outcome": "failed", "next_action": "REDIAL"}, True),
        ({"outcome": "answered", "next_action": "red\u0131al"}, False),
        ({"outcome": "answered", "next_action": "\u00a0REDIAL"}, False),
        ({"outcome": "answered", "next_action": "REDIAL\nlater"}, False),
        ({"outcome": "cancelled", "next_action": "REDIAL"}, False),
        ({"outcome": "in_progress", "next_action": "REDIAL"}, False),
        ({"outcome": "answered", "next_action": "REDIAL", "call_direction": "inbound"}, True),
        ({"outcome": "no_answer", "call_direction": "INBOUND"}, False),
        ({"outcome": "no_answer", "call_direction": "\u0130NBOUND"}, True),
        ({"outcome": "no_answer", "call_direction": " inbound"}, True),
        ({"outcome": "no_answer", "contact_number": None}, False),
    ],
)
def test_a_contact_waits_for_a_redial_when(
    values: Row, is_waiting: bool, make_call: MakeCall, build: Build, read: Read
) -> None:
    path = build([make_call(**values)])
    assert bool(read(path, BACKLOG)) is is_waiting
    assert read(path, "SELECT backlog FROM marts.redial_backlog_daily") == [{"backlog": int(is_waiting)}]


def test_an_entry_tells_of_the_unbroken_run_up_to_the_latest_call(missed: MakeCall, build: Build, read: Read) -> None:
    caller = {"from_number_e164": "+4411111111"}
    calls = [
        missed("1", occurred_at=NOON - timedelta(days=5), next_action="REDIAL"),
        missed("2", occurred_at=NOON - timedelta(days=4), outcome="answered"),
        missed("3", occurred_at=NOON - timedelta(days=3), outcome="answered", next_action="redial", **caller),
        missed("skipped", occurred_at=NOON - timedelta(days=2), outcome="cancelled"),
        missed("4", occurred_at=NOON - timedelta(days=1), outcome="busy", next_action_reason="older"),
        missed("5", call_date=DAY + timedelta(days=3), occurred_at=NOON, next_action_reason="newest"),
    ]
    (row,) = read(build(calls), "SELECT * EXCLUDE (age_days, state) FROM marts.redial_backlog")
    assert row == {
        "contact_number": "+919876543210",
        "agent_name": "Asha",
        "attempts": 3,
        "since": NOON - timedelta(days=3),
        "reason": "requested",
        "last_task_id": "5",
        "last_call_date": DAY + timedelta(days=3),
        "last_outcome": "no_answer",
        "next_action_reason": "newest",
        "due_at": NOON + timedelta(minutes=30),
        "stop_reason": None,
        "last_called_at": NOON,
        "last_from_number": "+4411111111",
    }


def test_what_the_latest_call_does_not_say_is_not_taken_from_an_older_one(
    missed: MakeCall, build: Build, read: Read
) -> None:
    calls = [missed("1", next_action_reason="older"), missed("2", occurred_at=NOON + timedelta(hours=1))]
    assert read(build(calls), "SELECT next_action_reason, reason FROM marts.redial_backlog") == [
        {"next_action_reason": None, "reason": "unanswered"}
    ]


def test_a_tie_in_time_goes_by_task_id_in_plain_order_then_by_place(missed: MakeCall, build: Build, read: Read) -> None:
    calls = [
        missed("a", call_index=1, outcome="busy"),
        missed("a", call_index=0, outcome="answered"),
        missed("Z", call_index=11, outcome="answered"),
        missed("a", call_index=10, outcome="busy", next_action_reason="last"),
    ]
    (row,) = read(build(calls), BACKLOG)
    assert (row["last_task_id"], row["attempts"], row["next_action_reason"]) == ("a", 2, "last")


def test_agents_do_not_share_a_contact(missed: MakeCall, build: Build, read: Read) -> None:
    calls = [missed("1"), missed("2", agent_name="Ravi", outcome="answered", occurred_at=NOON + timedelta(days=1))]
    assert [row["agent_name"] for row in read(build(calls), BACKLOG)] == ["Asha"]


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("UTC", date(2024, 5, 1), datetime(2024, 5, 1, tzinfo=UTC)),
        ("Asia/Kolkata", date(2024, 5, 1), datetime(2024, 4, 30, 18, 30, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        ("Asia/Beirut", date(2022, 3, 27), datetime(2022, 3, 26, 22, tzinfo=UTC)),
        ("America/Havana", date(2023, 11, 5), datetime(2023, 11, 5, 4, tzinfo=UTC)),
        ("Europe/Berlin", date(2024, 4, 1), datetime(2024, 3, 31, 22, tzinfo=UTC)),
    ],
)
def test_a_call_without_a_time_took_place_when_its_day_began(
    zone: str, day: date, start: datetime, missed: MakeCall, build: Build, read: Read
) -> None:
    path = build([missed("a", call_date=day, occurred_at=None)], timezone=zone)
    assert read(path, "SELECT since, due_at FROM marts.redial_backlog") == [
        {"since": start, "due_at": start + timedelta(minutes=30)}
    ]


def test_the_first_and_last_days_of_the_calendar_are_days_too(missed: MakeCall, build: Build, read: Read) -> None:
    calls = [missed("a", call_date=date(1, 1, 1), occurred_at=None), missed("b", call_date=date(1, 1, 3))]
    path = build(calls, timezone="Asia/Kolkata")
    assert read(path, "SELECT count(*) AS days FROM marts.redial_backlog_daily") == [{"days": 3}]
    assert read(path, "SELECT attempts FROM marts.redial_backlog") == [{"attempts": 2}]
    late = build([missed("a", call_date=date(9999, 12, 31), occurred_at=None)], timezone="America/New_York")
    assert read(late, "SELECT age_days, state FROM marts.redial_backlog") == [{"age_days": 0, "state": "waiting"}]


def test_age_and_state_are_reckoned_when_the_view_is_read(missed: MakeCall, build: Build, read: Read) -> None:
    now = datetime.now(UTC)
    numbers = {"old": timedelta(hours=-49), "new": timedelta(minutes=-5), "ahead": timedelta(days=2)}
    calls = [missed(name, contact_number=name, occurred_at=now + age) for name, age in numbers.items()]
    calls += [missed(f"x{n}", contact_number="tired", occurred_at=now - timedelta(hours=n)) for n in range(3)]
    rows = read(build(calls), "SELECT contact_number, age_days, state FROM marts.redial_backlog")
    assert {row["contact_number"]: (row["age_days"], row["state"]) for row in rows} == {
        "old": (2, "due"),
        "new": (0, "waiting"),
        "ahead": (0, "waiting"),
        "tired": (0, "exhausted"),
    }


def test_the_daily_backlog_fills_quiet_days_up_to_the_last_day_of_all(
    missed: MakeCall, build: Build, read: Read
) -> None:
    def on(offset: int, task_id: str, **values: Any) -> Row:
        change = timedelta(days=offset)
        return missed(task_id, call_date=DAY + change, occurred_at=NOON + change, **values)

    calls = [
        on(0, "quiet", contact_number=None, outcome="answered"),
        on(1, "a", contact_number="1"),
        on(1, "b", contact_number="2"),
        on(3, "c", contact_number="1", outcome="answered"),
        on(3, "d", contact_number="3"),
        on(5, "e", agent_name="Ravi", outcome="in_progress"),
    ]
    rows = read(build(calls), "FROM marts.redial_backlog_daily ORDER BY agent_name, call_date")
    found = [(row["agent_name"], (row["call_date"] - DAY).days, *list(row.values())[2:]) for row in rows]
    assert found == [
        ("Asha", 0, 0, 0, 0),
        ("Asha", 1, 2, 0, 2),
        ("Asha", 2, 0, 0, 2),
        ("Asha", 3, 1, 1, 2),
        ("Asha", 4, 0, 0, 2),
        ("Asha", 5, 0, 0, 2),
        ("Ravi", 5, 0, 0, 0),
    ]


def test_the_daily_backlog_goes_by_time_where_days_say_otherwise(missed: MakeCall, build: Build, read: Read) -> None:
    calls = [
        missed("a", call_date=DAY, occurred_at=NOON + timedelta(days=9)),
        missed("b", call_date=DAY + timedelta(days=1), occurred_at=NOON, outcome="answered"),
    ]
    rows = read(build(calls), "SELECT opened, cleared, backlog FROM marts.redial_backlog_daily ORDER BY call_date")
    assert [tuple(row.values()) for row in rows] == [(1, 0, 1), (0, 0, 1)]


def test_the_last_day_of_the_daily_backlog_agrees_with_the_backlog(missed: MakeCall, build: Build, read: Read) -> None:
    path = build(
        [missed(str(n), contact_number=str(n % 4), outcome=["busy", "answered"][n % 3 == 0]) for n in range(9)]
    )
    counted = read(path, "SELECT count(*) AS backlog FROM marts.redial_backlog")
    assert read(path, "SELECT backlog FROM marts.redial_backlog_daily") == counted
