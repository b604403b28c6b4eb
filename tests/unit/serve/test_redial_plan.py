"""Whom the plan calls next, when and from which number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.calling_hours import calling_hours
from dialflo_pipeline.serve.redial_plan import CallerId, Candidate, PlannedCall, plan

ZONE = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 3, 4, 12, tzinfo=ZONE)
HOURS = calling_hours("09:00-20:00", "mon-sat")
WAITING = Candidate(
    "+911", "Asha", 1, NOW - timedelta(days=2), NOW - timedelta(hours=1), "unanswered", "t", "busy", "+44"
)


def planned(*candidates: Candidate, caller_ids: tuple[CallerId, ...] = (), limit: int = 10) -> list[PlannedCall]:
    return plan(candidates, caller_ids, HOURS, ZONE, NOW.astimezone(UTC), limit)


def test_who_is_due_is_called_now_with_the_next_attempt_in_local_time() -> None:
    (call,) = planned(WAITING)
    assert (call.call_at, call.attempt, call.from_number, call.reason) == (NOW, 2, "+44", "unanswered")
    assert call.call_at.utcoffset() == timedelta(hours=5.5)


@pytest.mark.parametrize(
    ("due_in_hours", "asked_in_hours", "expected"),
    [(2, None, 2), (-1, 3, 3), (5, 3, 5), (-1, -3, 0), (9, None, 21), (-1, 24 * 4, 24 * 5 - 3)],
)
def test_a_call_waits_for_its_gap_the_time_asked_for_and_the_hours(
    due_in_hours: int, asked_in_hours: int | None, expected: int
) -> None:
    asked = None if asked_in_hours is None else NOW + timedelta(hours=asked_in_hours)
    (call,) = planned(replace(WAITING, due_at=NOW + timedelta(hours=due_in_hours), requested_at=asked))
    assert call.call_at == NOW + timedelta(hours=expected)
    assert call.reason == ("unanswered" if asked is None else "callback")


def test_calls_of_one_moment_go_by_what_was_asked_attempts_and_age() -> None:
    candidates = [
        replace(WAITING, contact_number="younger", since=NOW - timedelta(days=1)),
        replace(WAITING, contact_number="older"),
        replace(WAITING, contact_number="tried more", attempts=2),
        replace(WAITING, contact_number="asked for a redial", attempts=2, reason="requested"),
        replace(WAITING, contact_number="asked for a time", attempts=2, requested_at=NOW - timedelta(minutes=5)),
        replace(WAITING, contact_number="not yet", requested_at=NOW + timedelta(minutes=5)),
    ]
    order = ["asked for a time", "asked for a redial", "older", "younger", "tried more", "not yet"]
    assert [call.contact_number for call in planned(*candidates)] == order
    assert [call.contact_number for call in planned(*candidates[::-1], limit=2)] == order[:2]


def test_a_contact_of_two_agents_is_called_by_the_one_who_is_first() -> None:
    later = replace(WAITING, agent_name=None, due_at=NOW + timedelta(hours=1))
    assert [call.agent_name for call in planned(later, WAITING)] == ["Asha"]


def test_who_asked_an_agent_for_a_time_is_called_by_no_other_before() -> None:
    asked = replace(WAITING, agent_name="Ravi", requested_at=NOW + timedelta(hours=2))
    (call,) = planned(WAITING, asked)
    assert (call.agent_name, call.call_at) == ("Ravi", NOW + timedelta(hours=2))


@pytest.mark.parametrize(
    ("last", "expected"),
    [("+44", "+46"), ("+45", "+45"), ("+49", "+49"), (None, "+46")],
)
def test_a_number_that_does_badly_is_left_for_the_one_that_is_answered_best(last: str | None, expected: str) -> None:
    caller_ids = (
        CallerId("+44", "below_both", 0.9),
        CallerId("+45", "below_peers", 0.1),
        CallerId("+46", "ok", 0.3),
        CallerId("+47", "too_few_calls", None),
        CallerId("+48", "ok", 0.8, is_in_use=False),
    )
    (call,) = planned(replace(WAITING, last_from_number=last), caller_ids=caller_ids)
    assert call.from_number == expected


def test_without_a_better_number_the_last_one_stays() -> None:
    (call,) = planned(WAITING, caller_ids=(CallerId("+44", "below_both", 0.1),))
    assert call.from_number == "+44"
