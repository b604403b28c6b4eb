"""`interest_calibration`: whether stated interest came true in later calls."""

import math
from datetime import timedelta

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, count, grouped, mean, rate

MONTH = timedelta(hours=30 * 24)
KEY = ("agent_name", "confidence_decile")


def expected_rows(facts: Facts) -> list[Row]:
    statements = [
        call
        | {"decile": min(10, math.floor(call["interest_confidence"] * 10) + 1), "is_yes": call["interested"] == "yes"}
        | _sequel([later for later in calls[place + 1 :] if later["time"] - call["time"] <= MONTH])
        for calls in facts.of_contacts.values()
        for place, call in enumerate(calls)
        if call["is_answered"] and call["interest_confidence"] is not None
    ]
    rows = []
    for (agent, decile), group in grouped(statements, "agent_name", "decile").items():
        row = {"agent_name": agent, "confidence_decile": decile}
        row |= _happened("", group) | {"avg_confidence": mean([call["interest_confidence"] for call in group])}
        rows.append(row | _happened("yes_", [call for call in group if call["is_yes"]]))
    return rows


def _sequel(later: list[Row]) -> Row:
    answered = [call for call in later if call["is_answered"]]
    happened = [call for call in answered if call["interested"] == "yes" or call["action_meaning"] == "convert"]
    return {"is_followed": bool(answered), "has_happened": bool(happened)}


def _happened(prefix: str, calls: list[Row]) -> Row:
    followed = count(calls, lambda call: call["is_followed"])
    happened = count(calls, lambda call: call["has_happened"])
    row = {f"{prefix}calls": len(calls), f"{prefix}followed_calls": followed, f"{prefix}happened_calls": happened}
    return row | rate(f"{prefix}happened_rate", happened, followed)
