"""The four marts of generated campaigns, compared with what the definitions say in plain Python, call by call."""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Row = dict[str, Any]
Group = tuple[Any, ...]

BLANK = " \t\n\r\v\f"
Z = 1.959963984540054
# Each with a day whose midnight is missing (Sao Paulo, Beirut), there twice (Havana), or missing with its day (Apia).
ZONES_AND_DAYS = [
    ("UTC", date(2024, 2, 28)),
    ("Asia/Kolkata", date(2024, 2, 28)),
    ("America/Sao_Paulo", date(2018, 11, 3)),
    ("Asia/Beirut", date(2022, 3, 26)),
    ("America/Havana", date(2023, 11, 4)),
    ("Pacific/Apia", date(2011, 12, 29)),
]
ACTIONS = [
    None,
    "",
    BLANK,
    "REDIAL",
    " redial\n",
    "\vReDial\f",
    "red\u0131al",
    "\u00a0REDIAL",
    "REDIAL later",
    "Wrong_Number",
    "SEND_FORM",
]
DIRECTIONS = [None, "outbound", "inbound", "INBOUND", "\u0130NBOUND", "inbound "]
OUTCOMES = ["answered", "no_answer", "busy", "failed", "cancelled", "in_progress", "unknown"]
STOPS = ("Wrong_Number", "do not call\n")
STATUSES = ["do not call\n", None, "", " \v", "\u00a0", "(none)", "Interested", "interested", "Unclear"]


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[str, list[Row]]:
    """A zone and calls: few contacts, agents and times, so that ties and long runs are common."""
    zone, first_day = draw(st.sampled_from(ZONES_AND_DAYS))
    midnight = datetime.combine(first_day, time(), UTC)
    call = st.fixed_dictionaries(
        {
            "agent_name": st.sampled_from(["Asha", "ravi", "", None]),
            "contact_number": st.sampled_from(["+911234567890", "12", None]),
            "outcome": st.sampled_from([*OUTCOMES, "answered", "no_answer", "no_answer"]),
            "call_direction": st.sampled_from(DIRECTIONS),
            "next_action": st.sampled_from(ACTIONS),
            "next_action_reason": st.sampled_from([None, "asked", "later"]),
            "occurred_at": st.none() | st.integers(-2, 10).map(lambda n: midnight + timedelta(hours=n * 12)),
            "call_duration_seconds": st.none() | st.floats(0, 4000),
            "from_number_e164": st.sampled_from(["+4411", "+4422", None]),
            "interest_status": st.sampled_from(STATUSES),
            "interest_confidence": st.none() | st.floats(0, 1),
        }
    )
    ids = draw(st.lists(st.text("aBZ_9-", min_size=1, max_size=3), unique=True, max_size=12))
    calls = []
    for task_id in ids:
        day = first_day + timedelta(days=draw(st.integers(0, 4)))
        for index, values in enumerate(draw(st.lists(call, min_size=1, max_size=4))):
            calls.append({"task_id": task_id, "call_index": index, "call_date": day, **values})
    return zone, calls


@settings(max_examples=15, phases=(Phase.generate,), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    campaign=campaigns(),
    max_attempts=st.integers(1, 4),
    gap=st.sampled_from([0, 30, 0.0001, 1e6, 5e6]),
    max_age=st.sampled_from([None, 0.5, 3660]),
)
def test_every_mart_equals_its_definition(
    campaign: tuple[str, list[Row]],
    max_attempts: int,
    gap: float,
    max_age: float | None,
    make_call: Callable[..., Row],
    build: Callable[..., Path],
    read: Callable[..., list[Row]],
    same_rows: Callable[..., None],
) -> None:
    zone, values = campaign
    calls = [make_call(**call) for call in values]
    path = build(calls, zone, max_attempts, gap, redial_max_age_days=max_age)
    same_rows(read(path, "FROM marts.answer_rate"), list(answer_rate(calls)))
    same_rows(read(path, "FROM marts.interest_distribution"), list(interest_distribution(calls)))
    same_rows(read(path, "FROM marts.redial_backlog_daily"), list(redial_backlog_daily(calls, zone)))
    found = read(path, "SELECT *, now() AS read_at FROM marts.redial_backlog")
    now = found[0]["read_at"] if found else datetime.now(UTC)
    expected = redial_backlog(calls, zone, max_attempts, gap, max_age, now)
    same_rows(found, [row | {"read_at": now} for row in expected])


def answer_rate(calls: list[Row]) -> Iterator[Row]:
    for (day, agent), group in grouped(filter(is_dialled, calls), "call_date", "agent_name"):
        answered = [call for call in group if call["outcome"] == "answered"]
        seconds = known(answered, "call_duration_seconds")
        yield {
            "call_date": day,
            "agent_name": agent,
            "calls": len(group),
            "answered_calls": len(answered),
            **rate("answer_rate", len(answered), len(group)),
            "avg_answered_seconds": statistics.fmean(seconds) if seconds else None,
            "median_answered_seconds": float(statistics.median(seconds)) if seconds else None,
        }


def interest_distribution(calls: list[Row]) -> Iterator[Row]:
    answered = [call for call in calls if call["outcome"] == "answered"]
    for (day, agent), group in grouped(answered, "call_date", "agent_name"):
        labelled = [call | {"label": "(none)" if is_blank(s := call["interest_status"]) else s} for call in group]
        for (status,), same in grouped(labelled, "label"):
            confidences = known(same, "interest_confidence")
            yield {
                "call_date": day,
                "agent_name": agent,
                "interest_status": status,
                "calls": len(same),
                "answered_calls": len(group),
                **rate("share", len(same), len(group)),
                "avg_confidence": statistics.fmean(confidences) if confidences else None,
            }


def redial_backlog(
    calls: list[Row], zone: str, max_attempts: int, gap: float, max_age: float | None, now: datetime
) -> Iterator[Row]:
    for (number, agent), history in contact_calls(calls, zone):
        run: list[Row] = []
        for call in history:
            run = [*run, call] if needs_redial(call) else []
        if not run:
            continue
        since, latest = time_of(run[0], zone), run[-1]
        due_at = time_of(latest, zone) + timedelta(minutes=gap)
        stop = stop_reason(calls, number, zone)
        is_stale = max_age is not None and now - since > timedelta(days=max_age)
        states = {
            "stopped": stop is not None,
            "exhausted": len(run) >= max_attempts,
            "stale": is_stale,
            "waiting": now < due_at,
            "due": True,
        }
        callers = [c["from_number_e164"] for c in run if c["from_number_e164"] and not is_inbound(c)]
        yield {
            "contact_number": number,
            "agent_name": agent,
            "attempts": len(run),
            "since": since,
            "reason": "requested" if any(says_redial(call) for call in run) else "unanswered",
            "last_task_id": latest["task_id"],
            "last_call_date": latest["call_date"],
            "last_outcome": latest["outcome"],
            "next_action_reason": latest["next_action_reason"],
            "due_at": due_at,
            "age_days": (now - since) // timedelta(hours=24),
            "state": next(state for state, holds in states.items() if holds),
            "stop_reason": stop,
            "last_called_at": time_of(latest, zone),
            "last_from_number": callers[-1] if callers else None,
        }


def stop_reason(calls: list[Row], number: str, zone: str) -> str | None:
    own = [call for call in calls if call["contact_number"] == number]
    ordered = sorted(own, key=lambda call: (time_of(call, zone), call["task_id"], call["call_index"]))
    words = [
        word
        for call in ordered
        for word in [next((w for w in (call["next_action"], call["interest_status"]) if w in STOPS), None)]
        if word is not None
    ]
    return words[-1] if words else None


def redial_backlog_daily(calls: list[Row], zone: str) -> Iterator[Row]:
    for (agent,), own in grouped(calls, "agent_name"):
        day = min(call["call_date"] for call in own)
        before: set[str] = set()
        while day <= max(call["call_date"] for call in calls):
            so_far = [call for call in own if call["call_date"] <= day]
            waiting = {number for (number, _), history in contact_calls(so_far, zone) if needs_redial(history[-1])}
            yield {
                "call_date": day,
                "agent_name": agent,
                "opened": len(waiting - before),
                "cleared": len(before - waiting),
                "backlog": len(waiting),
            }
            before, day = waiting, day + timedelta(days=1)


def contact_calls(calls: list[Row], zone: str) -> Iterator[tuple[Group, list[Row]]]:
    """Contact and agent with their calls in order."""
    with_number = (call for call in calls if call["contact_number"] is not None)
    counting = [call for call in with_number if is_dialled(call) or (is_inbound(call) and call["is_answered"])]
    for group, history in grouped(counting, "contact_number", "agent_name"):
        yield group, sorted(history, key=lambda call: (time_of(call, zone), call["task_id"], call["call_index"]))


def is_inbound(call: Row) -> bool:
    direction = call["call_direction"]
    return direction is not None and direction.isascii() and direction.lower() == "inbound"


def is_dialled(call: Row) -> bool:
    return not is_inbound(call) and call["outcome"] not in ("in_progress", "cancelled")


def is_blank(text: str | None) -> bool:
    return text is None or not text.strip(BLANK)


def says_redial(call: Row) -> bool:
    action = (call["next_action"] or "").strip(BLANK)
    return action.isascii() and action.upper() == "REDIAL"


def needs_redial(call: Row) -> bool:
    return says_redial(call) or (is_blank(call["next_action"]) and call["outcome"] in ("no_answer", "busy"))


def time_of(call: Row, zone: str) -> datetime:
    midnight = datetime.combine(call["call_date"], time(), ZoneInfo(zone))
    occurred_at: datetime | None = call["occurred_at"]
    return (occurred_at or midnight).astimezone(UTC)


def rate(name: str, part: int, whole: int) -> Row:
    """Rate and Wilson bounds: the roots of |p - rate| = z * sqrt(p * (1 - p) / n)."""
    a, b, c = whole + Z**2, -(2 * part + Z**2), part**2 / whole
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    low, high = ((-b + sign * root) / (2 * a) for sign in (-1, 1))
    return {name: part / whole, f"{name}_low": max(0.0, low), f"{name}_high": min(1.0, high)}


def grouped(calls: Iterable[Row], *names: str) -> Iterator[tuple[Group, list[Row]]]:
    groups: dict[Group, list[Row]] = defaultdict(list)
    for call in calls:
        groups[tuple(call[name] for name in names)].append(call)
    yield from groups.items()


def known(calls: list[Row], name: str) -> list[float]:
    return [call[name] for call in calls if call[name] is not None]


@pytest.mark.parametrize(("part", "low", "high"), [(0, 0.0, 0.2775), (3, 0.1078, 0.6032), (10, 0.7225, 1.0)])
def test_the_bounds_that_marts_are_compared_with_are_the_published_ones(part: int, low: float, high: float) -> None:
    bounds = rate("rate", part, 10)
    assert (bounds["rate_low"], bounds["rate_high"]) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
