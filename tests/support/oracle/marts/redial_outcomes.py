"""`interest_calibration` and `redial_outcomes`: what later calls of the same contact and agent came to."""

import math
from datetime import timedelta

from tests.e2e.judge_marts.facts import Facts
from tests.e2e.judge_marts.figures import Row, count, grouped, mean, median, rate

DAY, WEEK, MONTH = timedelta(hours=24), timedelta(hours=7 * 24), timedelta(hours=30 * 24)


def interest_calibration(facts: Facts) -> list[Row]:
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


def redial_outcomes(facts: Facts) -> list[Row]:
    requests = [
        call | _redialled(call, calls[place + 1 :])
        for calls in facts.of_contacts.values()
        for place, call in enumerate(calls)
        if call["action_meaning"] == "redial"
    ]
    rows = []
    for (day, agent), group in grouped(requests, "call_date", "agent_name").items():
        row = {"call_date": day, "agent_name": agent} | _redials(group)
        rows.append(row | {"days_observed": (facts.last_day - day).days})
    return rows


def _redialled(request: Row, later: list[Row]) -> Row:
    dialled = [call for call in later if call["is_dialled"]]
    week = [call for call in dialled if call["time"] - request["time"] <= WEEK]
    answered = [call for call in week if call["is_answered"]]
    return {
        "in_24h": any(call["time"] - request["time"] <= DAY for call in dialled),
        "in_7d": bool(week),
        "answered": bool(answered),
        "interested_later": any(call["interested"] == "yes" for call in answered),
        "hours": (dialled[0]["time"] - request["time"]) / timedelta(hours=1) if dialled else None,
        "called_back": not dialled and any(call["is_inbound"] for call in later),
    }


def _redials(group: list[Row]) -> Row:
    total, hours = len(group), [call["hours"] for call in group if call["hours"] is not None]
    in_24h, in_7d = (count(group, lambda call, name=name: call[name]) for name in ("in_24h", "in_7d"))  # type: ignore[misc]
    answered, interested = (sum(call[name] for call in group) for name in ("answered", "interested_later"))
    row = {"redial_calls": total, "redialled_24h_calls": in_24h, "redialled_7d_calls": in_7d}
    row |= {"answered_7d_calls": answered, "interested_7d_calls": interested}
    row |= rate("redialled_24h_rate", in_24h, total) | rate("redialled_7d_rate", in_7d, total)
    row |= rate("answered_7d_rate", answered, in_7d) | rate("interested_7d_rate", interested, in_7d)
    row |= {"redialled_calls": len(hours), "never_called_calls": total - len(hours)}
    row |= {"called_back_calls": count(group, lambda call: call["called_back"])}
    return row | {"median_hours_to_redial": median(hours)}
