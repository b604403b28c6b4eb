"""Marts of what followed a call, of metadata and of freshness, as their headers define them, in plain Python.

Shares no code with the package. Calls come with their words read: see `CallFacts`.
"""

import math
import statistics
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
BLANKS = " \t\n\r\v\f"
Z = 1.959963984540054
CAPITALS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Said:
    """What a text means in a call at a local time without zone, and whether it is a whole day; None: nothing."""

    moment: Callable[[datetime], datetime | None]
    is_whole_day: bool = False


@dataclass(frozen=True)
class CallFacts:
    """A call, with what its words mean and when it was."""

    row: Row
    outcome: str
    interest: str | None
    action: str | None
    stop_word: str | None
    at: datetime

    @property
    def is_inbound(self) -> bool:
        return (self.row["call_direction"] or "").translate(CAPITALS) == "INBOUND"

    @property
    def is_dialled(self) -> bool:
        return not self.is_inbound and self.outcome not in ("cancelled", "in_progress")

    @property
    def is_answered(self) -> bool:
        return self.outcome == "answered"

    @property
    def is_contact_call(self) -> bool:
        return self.is_dialled or (self.is_inbound and self.is_answered)

    @property
    def order(self) -> tuple[datetime, str, int]:
        return self.at, self.row["task_id"], self.row["call_index"]

    @property
    def pair(self) -> tuple[str | None, str | None]:
        return self.row["contact_number"], self.row["agent_name"]


def facts(calls: Iterable[Row], zone: str, words: Mapping[tuple[str, str], tuple[str, bool]]) -> list[CallFacts]:
    return [_facts(call, ZoneInfo(zone), words) for call in calls]


def _facts(call: Row, zone: ZoneInfo, words: Mapping[tuple[str, str], tuple[str, bool]]) -> CallFacts:
    texts = {"action": call["next_action"], "interest": call["interest_status"], "status": call["call_status"]}
    plain = {kind: (text or "").strip(BLANKS).translate(CAPITALS) for kind, text in texts.items()}
    found = {kind: words.get((kind, text)) for kind, text in plain.items()}
    stops = [texts[kind] for kind, word in found.items() if word and word[1]]
    meaning = {kind: word[0] if word else "unknown" if plain[kind] else None for kind, word in found.items()}
    midnight = datetime.combine(call["call_date"], time(), zone).astimezone(UTC)
    return CallFacts(
        call,
        found["status"][0] if found["status"] else call["outcome"],
        meaning["interest"],
        meaning["action"],
        stops[0] if stops else None,
        call["occurred_at"] or midnight,
    )


def redial_outcomes(calls: Sequence[CallFacts]) -> list[Row]:
    groups: dict[tuple[Any, ...], list[tuple[CallFacts, list[CallFacts]]]] = defaultdict(list)
    for call, later in _with_later(calls):
        if call.action == "redial":
            groups[call.row["call_date"], call.row["agent_name"]].append((call, later))
    last_day = max((call.row["call_date"] for call in calls), default=None)
    return [_redial_row(day, agent, requests, last_day) for (day, agent), requests in groups.items()]


def _redial_row(day: date, agent: str | None, requests: list[Any], last_day: Any) -> Row:
    def count(span: timedelta, condition: Callable[[CallFacts], bool]) -> int:
        return sum(any(condition(c) and c.at - call.at <= span for c in later) for call, later in requests)

    waits = [
        min(c.at for c in later if c.is_dialled) - call.at
        for call, later in requests
        if any(c.is_dialled for c in later)
    ]
    redialled_24h, redialled_7d = count(DAY, lambda c: c.is_dialled), count(7 * DAY, lambda c: c.is_dialled)
    answered = count(7 * DAY, lambda c: c.is_dialled and c.is_answered)
    interested = count(7 * DAY, lambda c: c.is_dialled and c.is_answered and c.interest == "yes")
    hours = [wait / timedelta(hours=1) for wait in waits]
    return {
        "call_date": day,
        "agent_name": agent,
        "redial_calls": len(requests),
        "redialled_24h_calls": redialled_24h,
        **rate("redialled_24h_rate", redialled_24h, len(requests)),
        "redialled_7d_calls": redialled_7d,
        **rate("redialled_7d_rate", redialled_7d, len(requests)),
        "answered_7d_calls": answered,
        **rate("answered_7d_rate", answered, redialled_7d),
        "interested_7d_calls": interested,
        **rate("interested_7d_rate", interested, redialled_7d),
        "redialled_calls": len(waits),
        "never_called_calls": len(requests) - len(waits),
        "called_back_calls": sum(bool(later) and not any(c.is_dialled for c in later) for _, later in requests),
        "median_hours_to_redial": statistics.median(hours) if hours else None,
        "days_observed": (last_day - day).days,
    }


def interest_calibration(calls: Sequence[CallFacts]) -> list[Row]:
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for call, later in _with_later(calls):
        confidence = call.row["interest_confidence"]
        if call.is_answered and confidence is not None:
            near = [c for c in later if c.is_answered and c.at - call.at <= 30 * DAY]
            happened = any(c.interest == "yes" or c.action == "convert" for c in near)
            decile = min(math.floor(confidence * 10) + 1, 10)
            groups[call.row["agent_name"], decile].append((call.interest == "yes", confidence, bool(near), happened))
    return [_calibration_row(agent, decile, group) for (agent, decile), group in groups.items()]


def _calibration_row(agent: str | None, decile: int, group: list[tuple[bool, float, bool, bool]]) -> Row:
    followed, happened = (sum(bool(row[place]) for row in group) for place in (2, 3))
    yes = [row for row in group if row[0]]
    yes_followed, yes_happened = (sum(bool(row[place]) for row in yes) for place in (2, 3))
    return {
        "agent_name": agent,
        "confidence_decile": decile,
        "calls": len(group),
        "avg_confidence": statistics.fmean(row[1] for row in group),
        "followed_calls": followed,
        "happened_calls": happened,
        **rate("happened_rate", happened, followed),
        "yes_calls": len(yes),
        "yes_followed_calls": yes_followed,
        "yes_happened_calls": yes_happened,
        **rate("yes_happened_rate", yes_happened, yes_followed),
    }


def metadata_coverage(metadata: Iterable[Row]) -> list[Row]:
    keys: dict[tuple[str | None, str], list[Row]] = defaultdict(list)
    for row in metadata:
        keys[row["agent_name"], row["key"]].append(row)
    last_day: dict[str | None, date] = {}
    for (agent, _), rows in keys.items():
        last_day[agent] = max([last_day.get(agent, date.min), *(row["call_date"] for row in rows)])
    spans = {}
    for (agent, key), rows in keys.items():
        ages = [((last_day[agent] - row["call_date"]).days, row["is_filled"]) for row in rows]
        recent = [filled for age, filled in ages if age <= 6]
        spans[agent, key] = recent, [filled for age, filled in ages if 7 <= age <= 34]
    found = []
    for (agent, key), rows in keys.items():
        filled = [row for row in rows if row["is_filled"]]
        recent, baseline = spans[agent, key]
        busiest = [max(len(span[n]) for (a, _), span in spans.items() if a == agent) for n in (0, 1)]
        row = {
            "agent_name": agent,
            "key": key,
            "asked_calls": len(rows),
            "filled_calls": len(filled),
            **rate("filled_share", len(filled), len(rows)),
            "distinct_values": len({row["value"] for row in filled}),
            "first_seen_on": min(row["call_date"] for row in rows),
            "last_seen_on": max(row["call_date"] for row in rows),
            "first_filled_on": min((row["call_date"] for row in filled), default=None),
            "last_filled_on": max((row["call_date"] for row in filled), default=None),
            "recent_asked_calls": len(recent),
            "recent_filled_calls": sum(recent),
            **rate("recent_filled_share", sum(recent), len(recent)),
            "baseline_asked_calls": len(baseline),
            "baseline_filled_calls": sum(baseline),
            **rate("baseline_filled_share", sum(baseline), len(baseline)),
        }
        drift = _drift(row, busiest)
        found.append(row | {"drift": drift, "is_drifting": drift in ("vanished", "appeared", "fell", "rose")})
    return found


def _drift(row: Row, busiest: list[int]) -> str:
    recent, baseline = row["recent_asked_calls"], row["baseline_asked_calls"]
    if baseline >= 30 and recent == 0 and busiest[0] >= 30:
        return "vanished"
    if recent >= 30 and baseline == 0 and busiest[1] >= 30:
        return "appeared"
    if recent < 30 or baseline < 30:
        return "too_few"
    if row["recent_filled_share_high"] < row["baseline_filled_share_low"]:
        return "fell"
    return "rose" if row["recent_filled_share_low"] > row["baseline_filled_share_high"] else "steady"


def data_freshness(tasks: Iterable[Row], calls: Sequence[Row]) -> list[Row]:
    days: dict[date, list[Row]] = defaultdict(list)
    for task in tasks:
        days[task["call_date"]].append(task)
    found = []
    for day, rows in days.items():
        by_state = {
            state: sum(row["state"] == state for row in rows)
            for state in ("settled", "unsettled", "pending", "not_found", "failed")
        }
        held = [row["next_try_at"] for row in rows if row["next_try_at"]]
        answers = [call["fetched_at"] for call in calls if call["call_date"] == day]
        waiting = by_state["unsettled"] + by_state["pending"]
        found.append(
            {
                "call_date": day,
                "registered_tasks": len(rows),
                **{f"{state}_tasks": count for state, count in by_state.items()},
                "waiting_tasks": waiting,
                "held_back_tasks": len(held),
                "next_try_at": min(held, default=None),
                "calls": len(answers),
                "first_registered_at": min(row["registered_at"] for row in rows),
                "last_registered_at": max(row["registered_at"] for row in rows),
                "newest_answer_at": max(answers, default=None),
                "is_complete": waiting == 0 and by_state["failed"] == 0,
            }
        )
    return found


def callbacks(
    calls: Sequence[CallFacts],
    metadata: Iterable[Row],
    zone: ZoneInfo,
    keys: Sequence[str],
    tolerance: timedelta,
    said: Mapping[str, Said],
    now: datetime,
) -> list[Row]:
    filled = {
        (row["task_id"], row["call_index"], row["key"]): row
        for row in metadata
        if row["is_filled"] and row["key"] in keys
    }
    contacts: dict[Any, list[CallFacts]] = defaultdict(list)
    for call in sorted((call for call in calls if call.is_contact_call), key=lambda call: call.order):
        contacts[call.pair].append(call)
    found = []
    for call in calls:
        place = call.row["task_id"], call.row["call_index"]
        rows = [filled[(*place, key)] for key in keys if (*place, key) in filled]
        if rows:
            later = [c for c in contacts[call.pair] if c.order > call.order and c.row["contact_number"] is not None]
            found.append(_callback(call, rows[0], later, zone, tolerance, said, now))
    return found


def _callback(
    call: CallFacts,
    row: Row,
    later: list[CallFacts],
    zone: ZoneInfo,
    tolerance: timedelta,
    said: Mapping[str, Said],
    now: datetime,
) -> Row:
    text = said.get(row["value"]) if row["value_type"] in ("string", "number") else None
    local = None if text is None else text.moment(call.at.astimezone(zone).replace(tzinfo=None))
    about = {name: call.row[name] for name in ("task_id", "call_index", "call_date", "agent_name", "contact_number")}
    about |= {"called_at": call.at, "key": row["key"], "requested_text": row["value"]}
    if text is None or local is None:
        blank = ("requested_at", "is_whole_day", "starts_at", "ends_at", "kept_task_id", "kept_at")
        return {**about, **dict.fromkeys(blank), "state": "not_understood"}
    at = local.replace(tzinfo=zone).astimezone(UTC) if local.tzinfo is None else local
    starts, ends = at - tolerance, at + tolerance
    if text.is_whole_day:
        midnight = datetime.combine(at.astimezone(zone).date(), time())
        starts, ends = (day.replace(tzinfo=zone).astimezone(UTC) for day in (midnight, midnight + DAY))
        ends -= timedelta(microseconds=1)
    kept = next((c for c in later if starts <= c.at <= ends), None)
    return {
        **about,
        "requested_at": at,
        "is_whole_day": text.is_whole_day,
        "starts_at": starts,
        "ends_at": ends,
        "kept_task_id": kept and kept.row["task_id"],
        "kept_at": kept and kept.at,
        "state": "kept" if kept else "due" if now <= ends else "missed",
    }


def _with_later(calls: Iterable[CallFacts]) -> Iterable[tuple[CallFacts, list[CallFacts]]]:
    """Each contact call with a number, and those of the same contact and agent behind it, in order."""
    contacts: dict[Any, list[CallFacts]] = defaultdict(list)
    for call in calls:
        if call.is_contact_call and call.row["contact_number"] is not None:
            contacts[call.pair].append(call)
    for group in contacts.values():
        group.sort(key=lambda call: call.order)
        orders = [call.order for call in group]
        yield from ((call, group[bisect_right(orders, call.order) :]) for call in group)


def rate(name: str, part: int, whole: int) -> Row:
    """Rate and Wilson bounds: the roots of |p - rate| = z * sqrt(p * (1 - p) / n); None of nothing."""
    if not whole:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    a, b, c = whole + Z**2, -(2 * part + Z**2), part**2 / whole
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    low, high = ((-b + sign * root) / (2 * a) for sign in (-1, 1))
    return {name: part / whole, f"{name}_low": max(0.0, low), f"{name}_high": min(1.0, high)}
