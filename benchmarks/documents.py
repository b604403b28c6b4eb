"""Generated API answers: seeded, with the chosen length, depth and number per task.

The same arguments give the same bytes. Nothing here knows what is measured with them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

AGENTS = ("ONEST", "BOB")
POINTS = (
    *("degree", "call_time", "current_job", "current_city", "expected_salary", "notice_period", "experience"),
    *("preferred_city", "languages", "shift", "own_vehicle", "last_employer", "joining_date", "reference"),
)
"""Names of data points; each agent begins at another place, and numbered ones follow when these are used up."""
CONTEXT = ("candidate", "lead_id", "campaign", "source", "segment")
SAID = ("No", "", "20th March 10 AM", None, "Pune", "हाँ, ठीक है", 12)
STATUSES_UNANSWERED = ("NO_ANSWER", "BUSY", "FAILED")
TURNS = (
    "Good morning, am I speaking with the person who applied for the position in our warehouse?",
    "Yes, that is me. Who is calling, please?",
    "I would like to ask you a few short questions; it will take two minutes at most.",
    "ठीक है, आप पूछ सकते हैं।",
    "Could you tell me what you are doing at the moment, and when you could begin?",
)
REASONS = (
    "The person did not give a clear answer to any of the questions that were put to them in the course of the talk.",
    "The person asked what the work pays, when it begins, and whether there is a bus to the place from the city.",
)
CONTACTS = 500_000
FIRST_CALL = datetime(2025, 1, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Shape:
    """What the documents are like; the defaults give about 1 kB and 8.7 keys and values a document."""

    transcript_turns: int = 0
    """Turns of talk in an answered call, of some 100 bytes each; no column holds them, so they go to `extra`."""
    metadata_keys: int = 7
    """Data points of an answered call, or one more or fewer; not all agents ask for the same."""
    context_keys: int = 3
    """Variables a call was started with, or one fewer."""
    calls_per_task: int = 1
    unanswered_share: float = 0.1
    """Of the calls; these have neither insights nor a recording."""


USUAL = Shape()


def documents(count: int, shape: Shape = USUAL, seed: int = 0) -> Iterator[bytes]:
    """The bodies of `count` answers, each a JSON array of calls."""
    chance = random.Random(seed)  # noqa: S311 - made-up documents, no secret
    for _ in range(count):
        yield orjson.dumps([call(chance, shape) for _ in range(shape.calls_per_task)])


def call(chance: random.Random, shape: Shape = USUAL) -> dict[str, Any]:
    """One call object."""
    agent = chance.randrange(len(AGENTS))
    is_answered = chance.random() >= shape.unanswered_share
    started = FIRST_CALL + timedelta(seconds=chance.randrange(365 * 86_400))
    seconds = chance.randrange(5, 300) if is_answered else 0
    made = {
        "call_id": str(_uuid(chance)),
        "agent_id": 100 + agent,
        "agent_name": AGENTS[agent],
        "call_context": _said(chance, CONTEXT, chance.randint(max(0, shape.context_keys - 1), shape.context_keys)),
        "call_insights": _insights(chance, shape, agent) if is_answered else None,
        "call_recording_url": f"https://recordings.example/v1/{_uuid(chance)}.mp3" if is_answered else None,
        "from_number": "918035736461",
        "to_number": f"9198{chance.randrange(CONTACTS) * 17_389 % 10**8:08}",
        "call_status": "ANSWERED" if is_answered else chance.choice(STATUSES_UNANSWERED),
        "call_duration": float(seconds),
        "answer_time": started.isoformat(" ") if is_answered else None,
        "end_time": (started + timedelta(seconds=seconds)).isoformat(" "),
        "hangup_source": "callee",
        "hangup_cause_name": "Normal Hangup" if is_answered else "No Answer",
    }
    if shape.transcript_turns and is_answered:
        made["transcript"] = _transcript(chance, shape.transcript_turns)
    return made


def points(agent: int, metadata_keys: int) -> tuple[str, ...]:
    """The names of the data points that an agent asks for at most."""
    numbered = tuple(f"point_{number}" for number in range(metadata_keys))
    return (POINTS[4 * agent :] + numbered)[: metadata_keys + 1]


def _insights(chance: random.Random, shape: Shape, agent: int) -> dict[str, Any]:
    names = points(agent, shape.metadata_keys)
    count = shape.metadata_keys and chance.randint(shape.metadata_keys - 1, shape.metadata_keys + 1)
    return {
        "metadata": _said(chance, names, count),
        "user_interest": {
            "status": chance.choice(("Unclear", "Interested", "Not Interested")),
            "confidence_score": chance.choice((0.0, 0.5, 95)),
            "reasoning": chance.choice(REASONS),
        },
        "next_action": {
            "value": chance.choice(("REDIAL", "NONE")),
            "reason": f"The candidate took no part in the talk after turn {chance.randrange(40)}.",
        },
    }


def _said(chance: random.Random, names: tuple[str, ...], count: int) -> dict[str, Any]:
    return {name: chance.choice(SAID) for name in names[:count]}


def _transcript(chance: random.Random, turns: int) -> list[dict[str, Any]]:
    return [
        {"speaker": ("agent", "person")[turn % 2], "at": turn * 4.5, "text": chance.choice(TURNS)}
        for turn in range(turns)
    ]


def _uuid(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128))
