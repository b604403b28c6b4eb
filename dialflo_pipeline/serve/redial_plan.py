"""Planning redials: whom to call next, when, and from which number. Pure; the moment is the caller's, and calls nobody.

Who waits for a redial, and who must not be called, is decided in `marts.redial_backlog`, who asked for a call in
`marts.callbacks`; this puts them in order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.calling_hours import CallingHours

CALLABLE_STATES = ("waiting", "due")
"""States of the redial backlog of those who may be called: all but stopped, exhausted and stale."""

CALLABLE_IF_ASKED = ("exhausted", "stale")
"""States of those who may be called only if they asked for a time that is not over."""

UNHEALTHY = "below_both"
"""The flag of `marts.caller_id_health` that makes another number be used."""


@dataclass(frozen=True)
class Candidate:
    """A contact of an agent that waits for a call, with the call-back it asked for last, if that is not over."""

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

    One that is not in use any more is not taken in another's place.
    """

    number: str
    flag: str
    answer_rate_low: float | None
    is_in_use: bool = True


@dataclass(frozen=True)
class PlannedCall:
    """One call to make, not before `call_at`; times are in the zone of the plan."""

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
    """The next `limit` calls, in the order in which they are to be made; a contact is called by one agent only.

    A call is planned for the first moment within the calling hours that is neither before `now`, nor before its gap is
    over, nor before the time that the contact asked for; who asked an agent for a time is called by no other. Of those
    for the same moment, whoever asked for a time comes first, then who asked for a redial, then fewer attempts, then
    who has waited longest.
    """
    numbers = {each.number: each for each in caller_ids}
    planned = [
        (call_at, candidate)
        for candidate in _as_asked(list(candidates))
        if (call_at := hours.next_open(_earliest(candidate, now), zone)) is not None
    ]
    planned.sort(key=lambda pair: _order(*pair))
    first_of_contact: dict[str, tuple[datetime, Candidate]] = {}
    for call_at, candidate in planned:
        first_of_contact.setdefault(candidate.contact_number, (call_at, candidate))
    chosen = list(first_of_contact.values())[:limit]
    return [_call(call_at, candidate, numbers, zone) for call_at, candidate in chosen]


def _as_asked(candidates: list[Candidate]) -> list[Candidate]:
    """All but those who asked another agent for a time."""
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
    """The number used last, unless there is none or it is doing badly: then the one that is answered best."""
    if last is not None and (last not in numbers or numbers[last].flag != UNHEALTHY):
        return last
    others = [each for each in numbers.values() if each.is_in_use and each.answer_rate_low is not None]
    healthy = [each for each in others if each.flag != UNHEALTHY]
    best = max(healthy, key=lambda each: (each.answer_rate_low or 0, each.number), default=None)
    return best.number if best else last
