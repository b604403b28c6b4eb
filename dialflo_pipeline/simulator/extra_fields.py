"""Fields beyond the documented ones: those seen in the service's own client, and undocumented ones."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from dialflo_pipeline.simulator.agents import Agent
from dialflo_pipeline.simulator.leads import Call, Lead, Task
from dialflo_pipeline.simulator.phrases import TURNS

_REASONS_BY_STATUS = {
    "BUSY": ("USER_BUSY",),
    "LINE_BUSY": ("USER_BUSY", "USER_REJECTED"),
    "NO_ANSWER": ("TIMEOUT", "USER_UNAVAILABLE"),
    "NOT_ANSWERED": ("TIMEOUT", "USER_UNAVAILABLE", "USER_REJECTED"),
    "FAILED": ("FAILED", "NETWORK_ERROR"),
}
_HANGUPS = (("Normal Hangup", "Callee"), ("Normal Hangup", "Agent"), ("Network Drop", "Carrier"))


def recording_url(rng: Random) -> str:
    """A recording link of an answered call; the host never resolves."""
    return f"https://media.example.invalid/recordings/{rng.getrandbits(64):016x}.mp3"


def service_fields(rng: Random, task: Task, call: Call) -> dict[str, Any]:
    """Ids, times, direction and end of a call, as the service's own client and webhook show them."""
    agent_id = task.lead.agent.agent_id
    cause, source = rng.choice(_HANGUPS) if call.mood else (None, None)
    fields: dict[str, Any] = {
        "call_id": str(UUID(int=rng.getrandbits(128), version=4)),
        "agent_id": str(agent_id) if rng.random() < 0.1 else agent_id,
        "call_direction": "inbound" if task.inbound else "outbound",
        "billed_duration": -(-int(call.talk_seconds) // 30) * 30,
        "outcome_reason": rng.choice(_REASONS_BY_STATUS.get(call.status, (None,))),
        "hangup_cause_name": cause,
        "hangup_source": source,
        **_times(task.lead.agent, call),
    }
    # Any of them may be missing, mostly in unanswered calls.
    kept = 0.97 if call.mood else 0.85
    return {key: value for key, value in fields.items() if rng.random() < kept or key == "call_direction"}


def undocumented_fields(rng: Random, lead: Lead, call: Call) -> dict[str, Any]:
    """Fields that no document mentions: a transcript, a timeline, scores and others."""
    turns = TURNS[lead.language][: rng.randrange(2, len(TURNS[lead.language]) + 1)]
    fields: dict[str, Any] = {
        "transcript": [
            {"role": ("agent", "user")[place % 2], "text": text, "at": place * 3.5} for place, text in enumerate(turns)
        ],
        "call_quality": _quality(rng),
        "timeline": [{"event": "ring", "at": 0}, {"event": "talk", "at": call.ring_seconds}],
        "call_triggered": True,
        "cost": {"amount": f"{call.talk_seconds / 60 * 1.2:.3f}", "currency": "INR", "tax": None},
        "retry_of": None,
    }
    return {key: value for key, value in fields.items() if rng.random() < 0.6}


def _quality(rng: Random) -> dict[str, Any]:
    return {
        name: {"value": rng.randrange(11), "reason": "", "confidence_score": rng.choice((0.8, 90, None))}
        for name in ("user_engagement", "user_satisfaction")
    }


def _times(agent: Agent, call: Call) -> dict[str, str | None]:
    answered_at = call.started_at + timedelta(seconds=call.ring_seconds) if call.mood else None
    times = {"initiation_time": call.started_at, "answer_time": answered_at, "end_time": call.ended_at}
    return {name: _format_time(agent, time) for name, time in times.items()}


def _format_time(agent: Agent, time: datetime | None) -> str | None:
    if time is None:
        return None
    style = agent.style.times
    if not style.endswith("%z"):
        return time.strftime(style)
    text = time.astimezone(ZoneInfo(agent.zone)).strftime(style)
    return f"{text[:-2]}:{text[-2:]}"
