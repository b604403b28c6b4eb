"""`redial_backlog`: each clause of its definition in one small campaign."""

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
MARTS = ("redial_backlog", "redial_backlog_daily")
BACKLOG = "FROM marts.redial_backlog"


@pytest.mark.parametrize(
    ("values", "is_waiting"),
    [
        ({"outcome": "no_answer"}, True),
        ({"outcome": "busy", "next_action": " \t\n\r\v\f"}, True),
        ({"outcome": "busy", "next_action": "\u00a0"}, False),
        ({"outcome": "busy", "next_action": "SEND_FORM"}, False),
        ({"outcome": "failed"}, True),
        ({"outcome": "machine"}, True),
        ({"outcome": "machine", "next_action": "SEND_FORM"}, False),
        ({"outcome": "unknown"}, False),
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
        "unanswered_attempts": 2,
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


def test_of_several_states_the_first_that_fits_holds(make_call: MakeCall, build: Build, read: Read) -> None:
    now = datetime.now(UTC)

    def missed(number: str, hours: float, **values: Any) -> Row:
        at = now - timedelta(hours=hours)
        task = f"{number} {hours} {len(values)}"
        return make_call(task_id=task, contact_number=number, outcome="no_answer", occurred_at=at, **values)

    calls = [
        *(missed("tired and stopped", hours) for hours in (100, 99, 98)),
        missed("tired and stopped", 1, agent_name="Ravi", interest_status=" do not call"),
        *(missed("tired and old", hours) for hours in (100, 99, 98)),
        missed("old", 49),
        missed("not yet old", 47),
        missed("old and waiting", 49),
        missed("old and waiting", 0.1),
        missed("waiting", 0.1),
    ]
    calls[3] |= {"outcome": "cancelled", "is_answered": False}
    path = build(calls, redial_max_age_days=2)
    rows = read(path, "SELECT contact_number, state, stop_reason FROM marts.redial_backlog WHERE agent_name = 'Asha'")
    assert {row["contact_number"]: (row["state"], row["stop_reason"]) for row in rows} == {
        "tired and stopped": ("stopped", " do not call"),
        "tired and old": ("exhausted", None),
        "old": ("stale", None),
        "not yet old": ("due", None),
        "old and waiting": ("stale", None),
        "waiting": ("waiting", None),
    }


def test_who_picks_up_each_time_and_asks_to_be_called_is_not_exhausted(
    missed: MakeCall, build: Build, read: Read
) -> None:
    asks: Row = {"outcome": "answered", "is_answered": True, "next_action": "REDIAL"}
    calls = [
        missed(f"{hour}", contact_number="asks", occurred_at=NOON + timedelta(hours=hour), **asks) for hour in (0, 1)
    ]
    calls.append(
        missed("2", contact_number="asks", occurred_at=NOON + timedelta(hours=2), call_direction="inbound", **asks)
    )
    outcomes = {"machines": ("machine", "failed", "busy"), "mixed": ("machine", "answered", "failed")}
    for number, some in outcomes.items():
        calls += [
            missed(f"{number}{hour}", contact_number=number, outcome=outcome, occurred_at=NOON + timedelta(hours=hour))
            | ({"next_action": "REDIAL", "is_answered": True} if outcome == "answered" else {})
            for hour, outcome in enumerate(some)
        ]
    rows = read(build(calls), "SELECT contact_number, attempts, unanswered_attempts, state FROM marts.redial_backlog")
    found = {row.pop("contact_number"): tuple(row.values()) for row in rows}
    assert found == {"asks": (3, 0, "due"), "machines": (3, 3, "exhausted"), "mixed": (3, 1, "due")}


def test_a_failed_dial_after_a_missed_one_keeps_the_contact_waiting(missed: MakeCall, build: Build, read: Read) -> None:
    calls = [missed("1"), missed("2", call_date=DAY + timedelta(days=1), outcome="failed", occurred_at=None)]
    daily = read(build(calls), "SELECT opened, cleared, backlog FROM marts.redial_backlog_daily ORDER BY call_date")
    assert daily == [
        {"opened": 1, "cleared": 0, "backlog": 1},
        {"opened": 0, "cleared": 0, "backlog": 1},
    ]
