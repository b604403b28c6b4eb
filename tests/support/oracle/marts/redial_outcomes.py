"""`redial_outcomes`: what followed a request to be called again."""

from datetime import timedelta

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, count, grouped, median, rate

DAY, WEEK = timedelta(hours=24), timedelta(hours=7 * 24)
KEY = ("call_date", "agent_name")


def expected_rows(facts: Facts) -> list[Row]:
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
