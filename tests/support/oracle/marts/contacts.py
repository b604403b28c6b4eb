"""`contacts`: the state of each number, over all agents."""

from typing import Any

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, count, grouped

BEST = ("yes", "unknown", "no")
KEY = ("contact_number",)


def expected_rows(facts: Facts) -> list[Row]:
    groups = grouped(facts.contact_calls, "contact_number")
    return [{"contact_number": number} | _counts(calls) | _latest(calls) for (number,), calls in groups.items()]


def _counts(calls: list[Row]) -> Row:
    answered = [call for call in calls if call["is_answered"]]
    names = {call["agent_name"] for call in calls}
    return {
        "calls": len(calls),
        "attempts": count(calls, lambda call: call["is_dialled"]),
        "answered_attempts": count(answered, lambda call: call["is_dialled"]),
        "inbound_calls": count(calls, lambda call: call["is_inbound"]),
        "is_reached": bool(answered),
        "first_called_at": calls[0]["time"],
        "last_called_at": calls[-1]["time"],
        "last_answered_at": answered[-1]["time"] if answered else None,
        "agents": len(names),
        "agent_names": sorted(name for name in names if name is not None),
    }


def _latest(calls: list[Row]) -> Row:
    last = calls[-1]
    interest, action = _last_with(calls, "interested"), _last_with(calls, "action_meaning")
    meanings = {call["interested"] for call in calls}
    return {
        "last_call_date": last["call_date"],
        "last_task_id": last["task_id"],
        "last_outcome": last["outcome"],
        "last_agent_name": last["agent_name"],
        "latest_interest": interest.get("interest_status"),
        "latest_interested": interest.get("interested"),
        "best_interested": next((meaning for meaning in BEST if meaning in meanings), None),
        "latest_next_action": action.get("next_action"),
        "latest_action_meaning": action.get("action_meaning"),
        "stop_word": _last_with(calls, "stop_word").get("stop_word"),
    }


def _last_with(calls: list[Row], column: str) -> dict[str, Any]:
    return next((call for call in reversed(calls) if call[column] is not None), {})
