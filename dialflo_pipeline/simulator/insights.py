"""The `call_insights` of a call, in the scales and forms the API is known to use."""

from random import Random
from typing import Any

from dialflo_pipeline.simulator.agents import Agent
from dialflo_pipeline.simulator.leads import Call, Lead
from dialflo_pipeline.simulator.phrases import REASONS, UNREACHED

_NOTHING: tuple[dict[str, Any] | None, ...] = (
    None,
    None,
    {},
    {"metadata": None, "user_interest": None, "next_action": None},
)


def insights(rng: Random, lead: Lead, call: Call) -> dict[str, Any] | None:
    """The insights; null or nearly empty for an unanswered call."""
    if call.mood is None:
        if call.action is None:
            return rng.choice(_NOTHING)
        return {"metadata": {}, "user_interest": None, "next_action": _next_action(rng, lead, call)}
    return {
        "metadata": _metadata(rng, lead.agent),
        "user_interest": _user_interest(rng, lead, call),
        "next_action": _next_action(rng, lead, call),
    }


def _metadata(rng: Random, agent: Agent) -> dict[str, Any]:
    blank = agent.style.blank
    return {key: rng.choice(values) if rng.random() < 0.7 else blank for key, values in agent.metadata.items()}


def _user_interest(rng: Random, lead: Lead, call: Call) -> dict[str, Any] | None:
    if rng.random() < 0.03:
        return rng.choice((None, {"status": "", "confidence_score": None, "reasoning": ""}))
    confidence = _confidence(rng, lead.agent)
    return {"status": call.interest, "confidence_score": confidence, "reasoning": _reason(rng, lead, call)}


def _confidence(rng: Random, agent: Agent) -> float | str:
    share = round(rng.betavariate(6, 2), 2)
    scaled = max(2, round(share * 100)) if rng.random() < agent.style.percent else share
    return str(scaled) if rng.random() < 0.04 else scaled


def _next_action(rng: Random, lead: Lead, call: Call) -> dict[str, Any] | str | None:
    if rng.random() < lead.agent.style.with_plain_action:
        return call.action
    if call.action is None and rng.random() < 0.5:
        return None
    return {"value": call.action, "reason": _reason(rng, lead, call) if call.action else None}


def _reason(rng: Random, lead: Lead, call: Call) -> str:
    if call.mood is None:
        return UNREACHED[lead.language]
    return rng.choice(REASONS[lead.language][call.mood])
