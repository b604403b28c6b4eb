"""The four marts as the judge reckons them from rows of `calls`. Pure, standard library only."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.e2e.judge_values import BLANKS, capitals, is_blank

Row = dict[str, Any]
Z = 1.959963984540054
STOP_ACTIONS = {
    *("DO_NOT_CALL", "DO NOT CALL", "DNC", "WRONG_NUMBER", "WRONG NUMBER", "INVALID_NUMBER", "INVALID NUMBER"),
    *("UNSUBSCRIBE", "STOP"),
}
STOP_INTERESTS = {
    *("DO NOT CALL", "DO_NOT_CALL", "WRONG NUMBER", "WRONG_NUMBER", "INVALID NUMBER", "INVALID_NUMBER"),
}


def wilson(good: int, total: int) -> tuple[float, float]:
    share = good / total
    middle = share + Z * Z / (2 * total)
    reach = Z * math.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    below = 1 + Z * Z / total
    return max(0.0, (middle - reach) / below), min(1.0, (middle + reach) / below)


def answer_rate(calls: list[Row]) -> list[Row]:
    rows = []
    for (day, agent), group in _grouped(filter(is_dialled, calls), "call_date", "agent_name").items():
        answered = [call for call in group if call["is_answered"]]
        seconds = [call["call_duration_seconds"] for call in answered if call["call_duration_seconds"] is not None]
        low, high = wilson(len(answered), len(group))
        rows.append(
            {
                "call_date": day,
                "agent_name": agent,
                "calls": len(group),
                "answered_calls": len(answered),
                "answer_rate": len(answered) / len(group),
                "answer_rate_low": low,
                "answer_rate_high": high,
                "avg_answered_seconds": math.fsum(seconds) / len(seconds) if seconds else None,
                "median_answered_seconds": statistics.median(seconds) if seconds else None,
            }
        )
    return rows


def interest_distribution(calls: list[Row]) -> list[Row]:
    answered = [
        call | {"interest": "(none)" if is_blank(call["interest_status"]) else call["interest_status"]}
        for call in calls
        if call["is_answered"]
    ]
    of_agent_day = _grouped(answered, "call_date", "agent_name")
    rows = []
    for (day, agent, interest), group in _grouped(answered, "call_date", "agent_name", "interest").items():
        total = len(of_agent_day[day, agent])
        low, high = wilson(len(group), total)
        known = [call["interest_confidence"] for call in group if call["interest_confidence"] is not None]
        rows.append(
            {
                "call_date": day,
                "agent_name": agent,
                "interest_status": interest,
                "calls": len(group),
                "answered_calls": total,
                "share": len(group) / total,
                "share_low": low,
                "share_high": high,
                "avg_confidence": math.fsum(known) / len(known) if known else None,
            }
        )
    return rows


def redial_backlog(
    calls: list[Row], zone: ZoneInfo, max_attempts: int, min_gap_minutes: float, now: datetime
) -> list[Row]:
    rows = []
    for (contact, agent), group in _contacts(calls, zone).items():
        run: list[Row] = []
        for call in reversed(group):
            if not needs_redial(call):
                break
            run.insert(0, call)
        if run:
            row = _backlog_row(contact, agent, run, zone, max_attempts, min_gap_minutes, now)
            rows.append(row | _stopped(calls, contact, zone, row["state"]))
    return rows


def redial_backlog_daily(calls: list[Row], zone: ZoneInfo) -> list[Row]:
    if not calls:
        return []
    last_day = max(call["call_date"] for call in calls)
    contacts = _contacts(calls, zone)
    rows = []
    for (agent,), of_agent in _grouped(calls, "agent_name").items():
        before: set[str] = set()
        day = min(call["call_date"] for call in of_agent)
        while day <= last_day:
            now = {
                contact for (contact, name), group in contacts.items() if name == agent and _needs_redial_by(group, day)
            }
            rows.append(
                {
                    "call_date": day,
                    "agent_name": agent,
                    "opened": len(now - before),
                    "cleared": len(before - now),
                    "backlog": len(now),
                }
            )
            before, day = now, day + timedelta(days=1)
    return rows


def is_dialled(call: Row) -> bool:
    return not _is_inbound(call) and call["outcome"] not in ("in_progress", "cancelled")


def needs_redial(call: Row) -> bool:
    if is_blank(call["next_action"]):
        return call["outcome"] in ("no_answer", "busy")
    return _says_redial(call)


def _says_redial(call: Row) -> bool:
    return capitals((call["next_action"] or "").strip(BLANKS)) == "REDIAL"


def _is_inbound(call: Row) -> bool:
    return capitals(call["call_direction"] or "") == "INBOUND"


def _time(call: Row, zone: ZoneInfo) -> datetime:
    moment: datetime | None = call["occurred_at"]
    return moment or datetime.combine(call["call_date"], time(), zone).astimezone(UTC)


def _contacts(calls: list[Row], zone: ZoneInfo) -> dict[tuple[Any, ...], list[Row]]:
    """Contact calls by number and agent, in order."""
    contact_calls = [
        call
        for call in calls
        if call["contact_number"] is not None and (is_dialled(call) or (_is_inbound(call) and call["is_answered"]))
    ]
    ordered = sorted(contact_calls, key=lambda call: (_time(call, zone), call["task_id"], call["call_index"]))
    return _grouped(ordered, "contact_number", "agent_name")


def _needs_redial_by(group: list[Row], day: date) -> bool:
    until = [call for call in group if call["call_date"] <= day]
    return bool(until) and needs_redial(until[-1])


def _backlog_row(
    contact: str, agent: str | None, run: list[Row], zone: ZoneInfo, max_attempts: int, gap: float, now: datetime
) -> Row:
    last, since = run[-1], _time(run[0], zone)
    due_at = _time(last, zone) + timedelta(minutes=gap)
    state = "exhausted" if len(run) >= max_attempts else "waiting" if now < due_at else "due"
    return {
        "contact_number": contact,
        "agent_name": agent,
        "attempts": len(run),
        "since": since,
        "reason": "requested" if any(_says_redial(call) for call in run) else "unanswered",
        "last_task_id": last["task_id"],
        "last_call_date": last["call_date"],
        "last_outcome": last["outcome"],
        "next_action_reason": last["next_action_reason"],
        "due_at": due_at,
        "age_days": (now - since) // timedelta(days=1),
        "state": state,
        "last_called_at": _time(last, zone),
        "last_from_number": next(
            (call["from_number_e164"] for call in reversed(run) if call["from_number_e164"] and not _is_inbound(call)),
            None,
        ),
    }


def _stopped(calls: list[Row], contact: str, zone: ZoneInfo, state: str) -> Row:
    """What any call of the contact with a word that means stop makes of the state."""
    own = [call for call in calls if call["contact_number"] == contact]
    ordered = sorted(own, key=lambda call: (_time(call, zone), call["task_id"], call["call_index"]))
    words = [word for call in ordered for word in [_stop_word(call)] if word is not None]
    return {"state": "stopped", "stop_reason": words[-1]} if words else {"state": state, "stop_reason": None}


def _stop_word(call: Row) -> str | None:
    said = [call["next_action"], call["interest_status"]]
    known = (STOP_ACTIONS, STOP_INTERESTS)
    found = (word for word, words in zip(said, known, strict=True) if capitals((word or "").strip(BLANKS)) in words)
    return next(found, None)


def _grouped(rows: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return groups
