"""The tasks of one lead: who is called, when, how each call went, and what follows. Pure.

An unanswered call, or one that asks for another, is repeated on a later day, up to a limit. The first and last day of a
campaign have no influence, so a task keeps its id and document when the campaign's range moves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from dialflo_pipeline.simulator import phones
from dialflo_pipeline.simulator.agents import AGENTS, Agent, Mood
from dialflo_pipeline.simulator.seeded_random import seeded_random, weighted_choice

REDIAL = "REDIAL"
MAX_ATTEMPTS = 4
MAX_GAP_DAYS = 3
MAX_LEAD_DAYS = (MAX_ATTEMPTS - 1) * MAX_GAP_DAYS

UNANSWERED_STATUSES = (
    ("NO_ANSWER", 33),
    ("NOT_ANSWERED", 20),
    ("BUSY", 14),
    ("LINE_BUSY", 10),
    ("FAILED", 9),
    ("CANCELLED", 5),
    ("QUEUED", 2),
    ("PAUSED", 2),
    ("IN_PROGRESS", 2),
)
"""Statuses of unanswered calls, with weights; the last three are never final."""

_REDIALLED_STATUSES = ("NO_ANSWER", "NOT_ANSWERED", "BUSY", "LINE_BUSY", "FAILED")
# Local hours in which calls start; in the agents' zones, all calls end on the same UTC day.
_HOURS = ((9, 6), (10, 14), (11, 16), (12, 10), (13, 6), (14, 9), (15, 12), (16, 15), (17, 12))
_AGENTS = tuple((agent, agent.share) for agent in AGENTS)
_GAP_DAYS = ((1, 60), (2, 25), (MAX_GAP_DAYS, 15))
_ACTIONS: dict[Mood, tuple[tuple[str | None, float], ...]] = {
    Mood.COLD: ((None, 50), ("CLOSE", 50)),
    Mood.UNCLEAR: ((REDIAL, 60), (None, 25), ("", 15)),
    Mood.LATER: ((REDIAL, 90), ("HANDOVER_TO_HUMAN", 10)),
    Mood.STOP: (("DO_NOT_CALL", 100),),
}


@dataclass(frozen=True, slots=True)
class Lead:
    """A person to call; `number` may be invalid."""

    reference: str
    agent: Agent
    number: str | None
    language: str
    context: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it happened, independent of how the API words it. Durations in seconds."""

    status: str
    started_at: datetime
    ring_seconds: int
    talk_seconds: float
    interest: str | None = None
    mood: Mood | None = None
    action: str | None = None

    @property
    def ended_at(self) -> datetime:
        """When it ended, UTC."""
        return self.started_at + timedelta(seconds=self.ring_seconds + self.talk_seconds)

    @property
    def is_called_again(self) -> bool:
        """Whether the campaign calls this lead again."""
        return self.action == REDIAL or self.status in _REDIALLED_STATUSES


@dataclass(frozen=True, slots=True)
class Task:
    """One task id and the calls made for it, oldest first; `attempt` counts the lead's tasks from 1."""

    task_id: str
    day: date
    lead: Lead
    attempt: int
    inbound: bool
    calls: tuple[Call, ...]

    @property
    def completed_at(self) -> datetime:
        """When its last call ended, whole seconds, UTC."""
        return self.calls[-1].ended_at.replace(microsecond=0)


def tasks_of_lead(seed: int, day: date, place: int) -> Iterator[Task]:
    """The tasks of the lead number `place` of those that start on `day`, in order."""
    rng = seeded_random(seed, day, place)
    lead = _lead(rng, f"L{day:%y%m%d}-{place:05d}")
    inbound = rng.random() < lead.agent.inbound_share
    for attempt in range(1, MAX_ATTEMPTS + 1):
        task = _task(rng, lead, day, attempt, inbound)
        yield task
        if not task.calls[-1].is_called_again or rng.random() < 0.15:
            return
        # Some people call back before they are called again.
        inbound = rng.random() < lead.agent.inbound_share
        day += timedelta(days=weighted_choice(rng, _GAP_DAYS))


def _lead(rng: Random, reference: str) -> Lead:
    agent = weighted_choice(rng, _AGENTS)
    number = phones.invalid_number(rng) if rng.random() < 0.015 else phones.contact(rng, agent.country)
    context = {key: rng.choice(values) for key, values in agent.context.items()}
    return Lead(reference, agent, number, rng.choice(agent.languages), context)


def _task(rng: Random, lead: Lead, day: date, attempt: int, inbound: bool) -> Task:
    task_id = str(UUID(int=rng.getrandbits(128), version=4))
    local = datetime(
        day.year,
        day.month,
        day.day,
        weighted_choice(rng, _HOURS),
        rng.randrange(60),
        rng.randrange(60),
        tzinfo=ZoneInfo(lead.agent.zone),
    )
    answer_chance = 0.95 if inbound else lead.agent.answer_chance(local.hour)
    calls = [_call(rng, lead.agent, local.astimezone(UTC), answer_chance)]
    # The service itself may retry within one task.
    while calls[-1].status in _REDIALLED_STATUSES and len(calls) < 3 and rng.random() < 0.1:
        later = calls[-1].ended_at + timedelta(minutes=rng.randrange(2, 15))
        calls.append(_call(rng, lead.agent, later, answer_chance))
    return Task(task_id, day, lead, attempt, inbound, tuple(calls))


def _call(rng: Random, agent: Agent, started_at: datetime, answer_chance: float) -> Call:
    if rng.random() >= answer_chance:
        status = weighted_choice(rng, UNANSWERED_STATUSES)
        # Most unanswered calls have no insights at all; for some the service itself asks for a redial.
        action = REDIAL if status in _REDIALLED_STATUSES and rng.random() < 0.2 else None
        return Call(status, started_at, rng.randrange(2, 45), 0.0, action=action)
    interest, mood = weighted_choice(rng, agent.interests)
    action = agent.goal if mood is Mood.WARM else weighted_choice(rng, _ACTIONS[mood])
    return Call("ANSWERED", started_at, rng.randrange(2, 30), _talk_seconds(rng, agent, mood), interest, mood, action)


def _talk_seconds(rng: Random, agent: Agent, mood: Mood) -> float:
    median = agent.talk_seconds * (1 if mood in (Mood.WARM, Mood.COLD) else 0.5)
    # Limited, so that a call in the last hour does not end on the next day.
    return min(round(median * rng.lognormvariate(0, 0.6), 1), 900.0)
