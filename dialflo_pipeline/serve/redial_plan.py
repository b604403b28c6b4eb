"""Plan redials: whom to call next, when, and from which number. Pure: the current time is an argument.

`marts.redial_backlog` decides who needs a redial and who must not be called, `marts.callbacks` who asked for a call.
This module puts them in order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.calling_hours import CallingHours

CALLABLE_STATES = ("waiting", "due")
"""Redial backlog states in which a contact may be called: all but stopped, exhausted and stale."""

CALLABLE_IF_ASKED = ("exhausted", "stale")
"""States in which a contact may be called only at a time they asked for that has not passed."""

UNHEALTHY = "below_both"
"""The flag in `marts.caller_id_health` for a number to be replaced by another."""


@dataclass(frozen=True)
class Candidate:
    """A contact of an agent that needs a call, with the latest callback time it asked for, if not over."""

    contact_number: str
    agent_name: str | None
    attempts: int
    since: datetime
    due_at: datetime
    reason: str
    last_task_id: str
    last_outcome: str
    last_from_number: str | None
    requested_at: datetime | None = None


@dataclass(frozen=True)
class CallerId:
    """A number that calls are made from: its flag, and the lower bound of its answer rate over seven days.

    A number no longer in use does not replace another.
    """

    number: str
    flag: str
    answer_rate_low: float | None
    is_in_use: bool = True


@dataclass(frozen=True)
class PlannedCall:
    """One call to make, not before `call_at`; times are in the plan's time zone."""

    call_at: datetime
    contact_number: str
    agent_name: str | None
    attempt: int
    from_number: str | None
    reason: str
    requested_at: datetime | None
    since: datetime
    last_task_id: str
    last_outcome: str


def plan(
    candidates: Iterable[Candidate],
    caller_ids: Iterable[CallerId],
    hours: CallingHours,
    zone: ZoneInfo,
    now: datetime,
    limit: int,
) -> list[PlannedCall]:
    """The next `limit` calls in order; a contact is called by one agent only.

    A call is planned for the first time within calling hours that is not before `now`, the end of its gap, or the time
    the contact asked for. A contact who asked an agent for a time is called by that agent only. For the same time,
    contacts who asked for a time come first, then who asked for a redial, then fewer attempts, then the longest wait.
    """
    numbers = {each.number: each for each in caller_ids}
    planned = [
        (call_at, candidate)
        for candidate in _without_other_agents(list(candidates))
        if (call_at := hours.next_open(_earliest(candidate, now), zone)) is not None
    ]
    planned.sort(key=lambda pair: _order(*pair))
    first_of_contact: dict[str, tuple[datetime, Candidate]] = {}
    for call_at, candidate in planned:
        first_of_contact.setdefault(candidate.contact_number, (call_at, candidate))
    chosen = list(first_of_contact.values())[:limit]
    return [_call(call_at, candidate, numbers, zone) for call_at, candidate in chosen]


def _without_other_agents(candidates: list[Candidate]) -> list[Candidate]:
    """Drop contacts who asked another agent for a time."""
    asked = {each.contact_number for each in candidates if each.requested_at is not None}
    return [each for each in candidates if each.requested_at is not None or each.contact_number not in asked]


def _earliest(candidate: Candidate, now: datetime) -> datetime:
    return max(now, candidate.due_at, candidate.requested_at or now)


def _order(call_at: datetime, candidate: Candidate) -> tuple[object, ...]:
    return (
        call_at,
        candidate.requested_at is None,
        candidate.reason != "requested",
        candidate.attempts,
        candidate.since,
        candidate.contact_number,
        candidate.agent_name or "",
    )


def _call(call_at: datetime, candidate: Candidate, numbers: dict[str, CallerId], zone: ZoneInfo) -> PlannedCall:
    requested_at = candidate.requested_at
    return PlannedCall(
        call_at=call_at.astimezone(zone),
        contact_number=candidate.contact_number,
        agent_name=candidate.agent_name,
        attempt=candidate.attempts + 1,
        from_number=_from_number(candidate.last_from_number, numbers),
        reason=candidate.reason if requested_at is None else "callback",
        requested_at=requested_at and requested_at.astimezone(zone),
        since=candidate.since.astimezone(zone),
        last_task_id=candidate.last_task_id,
        last_outcome=candidate.last_outcome,
    )


def _from_number(last: str | None, numbers: dict[str, CallerId]) -> str | None:
    """The number used last, or the one with the best answer rate if there is none or it is unhealthy."""
    if last is not None and (last not in numbers or numbers[last].flag != UNHEALTHY):
        return last
    others = [each for each in numbers.values() if each.is_in_use and each.answer_rate_low is not None]
    healthy = [each for each in others if each.flag != UNHEALTHY]
    best = max(healthy, key=lambda each: (each.answer_rate_low or 0, each.number), default=None)
    return best.number if best else last
