"""`agent_daily`: each agent's day, its last seven days and the seven before."""

import math
from datetime import date, timedelta
from typing import Any

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, count, difference, grouped, known, mean, median, rate

SUMS = ("calls", "answered_calls", "talk_minutes", "interested_calls", "converted_calls", "redial_calls")
PRIOR_SUMS = ("calls", "answered_calls", "converted_calls")
KEY = ("call_date", "agent_name")


def expected_rows(facts: Facts) -> list[Row]:
    days = {key: _day(calls) for key, calls in grouped(facts.calls, "call_date", "agent_name").items()}
    return [
        {"call_date": day, "agent_name": agent} | row | _trailing(days, day, agent)
        for (day, agent), row in days.items()
    ]


def _day(calls: list[Row]) -> Row:
    dialled = [call for call in calls if call["is_dialled"]]
    answered = [call for call in dialled if call["is_answered"]]
    inbound = [call for call in calls if call["is_inbound"]]
    interested = count(answered, lambda call: call["interested"] == "yes")
    converted = count(answered, lambda call: call["action_meaning"] == "convert")
    row = {"calls": len(dialled), "answered_calls": len(answered)}
    row |= rate("answer_rate", len(answered), len(dialled)) | _contacts(dialled, answered) | _talk(answered)
    row |= {"inbound_calls": len(inbound), "answered_inbound_calls": count(inbound, lambda call: call["is_answered"])}
    row |= {"interested_calls": interested} | rate("interested_rate", interested, len(answered))
    row |= {"converted_calls": converted} | rate("conversion_rate", converted, len(answered))
    return row | {"redial_calls": count(dialled, lambda call: call["needs_redial"])}


def _contacts(dialled: list[Row], answered: list[Row]) -> Row:
    contacts, reached = (len(set(known(calls, "contact_number"))) for calls in (dialled, answered))
    return {"contacts": contacts, "reached_contacts": reached} | rate("contact_rate", reached, contacts)


def _talk(answered: list[Row]) -> Row:
    seconds = known(answered, "call_duration_seconds")
    return {
        "talk_minutes": math.fsum(seconds) / 60,
        "avg_talk_seconds": mean(seconds),
        "median_talk_seconds": median(seconds),
    }


def _trailing(days: dict[tuple[Any, ...], Row], day: date, agent: str | None) -> Row:
    week = _sums(days, day, agent, SUMS, "_7d")
    prior = _sums(days, day - timedelta(days=7), agent, PRIOR_SUMS, "_prior_7d")
    rates = rate("answer_rate_7d", week["answered_calls_7d"], week["calls_7d"])
    rates |= rate("conversion_rate_7d", week["converted_calls_7d"], week["answered_calls_7d"])
    rates |= rate("answer_rate_prior_7d", prior["answered_calls_prior_7d"], prior["calls_prior_7d"])
    rates |= rate("conversion_rate_prior_7d", prior["converted_calls_prior_7d"], prior["answered_calls_prior_7d"])
    changes = {"calls_change_7d": week["calls_7d"] - prior["calls_prior_7d"]}
    for name in ("answer_rate", "conversion_rate"):
        changes[f"{name}_change_7d"] = difference(rates[f"{name}_7d"], rates[f"{name}_prior_7d"])
    return week | prior | rates | changes


def _sums(
    days: dict[tuple[Any, ...], Row], last: date, agent: str | None, columns: tuple[str, ...], ending: str
) -> Row:
    rows = [days[key] for back in range(7) if (key := (last - timedelta(days=back), agent)) in days]
    return {column + ending: _sum([row[column] for row in rows]) for column in columns}


def _sum(values: list[Any]) -> Any:
    return math.fsum(values) if any(isinstance(value, float) for value in values) else sum(values)
