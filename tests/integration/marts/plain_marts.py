"""The marts as their headers define them, in plain Python, call by call. Shares no code with the package."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
BLANKS = " \t\n\r\v\f"
Z = 1.959963984540054
CAPITALS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
SENT_TEXTS = ("call_status", "outcome_reason", "hangup_cause", "hangup_source")
WORD_COLUMNS = {"status": "call_status", "interest": "interest_status", "action": "next_action"}


@dataclass(frozen=True)
class Campaign:
    """All calls, the rows of their context, and what the marts are reckoned with."""

    calls: Sequence[Row]
    context: Sequence[Row]
    zone: str
    words: Mapping[tuple[str, str], tuple[str, bool]]
    """Kind and word in capitals to meaning and whether to stop."""
    engaged_seconds: float
    campaign_key: str | None


def marts(campaign: Campaign) -> dict[str, tuple[tuple[str, ...], list[Row]]]:
    """Each mart's name with its grain and its rows."""
    values = {
        (row["task_id"], row["call_index"]): row["value"]
        for row in campaign.context
        if row["key"] == campaign.campaign_key and row["is_filled"]
    }
    calls = [
        _read(call, campaign) | {"campaign": values.get((call["task_id"], call["call_index"]), "(none)")}
        for call in campaign.calls
    ]
    return {
        "agent_daily": (("call_date", "agent_name"), agent_daily(calls)),
        "call_outcomes": (
            ("call_date", "agent_name", "direction", "outcome", *SENT_TEXTS),
            call_outcomes(calls),
        ),
        "next_actions": (("call_date", "agent_name", "next_action"), next_actions(calls)),
        "contacts": (("contact_number",), contacts(calls)),
        "attempts_to_answer": (("agent_name", "attempt_number"), attempts_to_answer(calls)),
        "best_time_to_call": (("agent_name", "weekday", "hour"), best_time_to_call(calls, ZoneInfo(campaign.zone))),
        "caller_id_health": (("from_number_e164", "call_date"), caller_id_health(calls)),
        "conversion_funnel": (("call_date", "agent_name", "campaign"), conversion_funnel(calls)),
        "unmapped_values": (("kind", "value"), unmapped_values(calls)),
    }


def _read(call: Row, campaign: Campaign) -> Row:
    """A call with what its words mean, when it was, and what counts as what."""
    found = {
        kind: campaign.words.get((kind, (call[name] or "").strip(BLANKS).translate(CAPITALS)))
        for kind, name in WORD_COLUMNS.items()
    }
    outcome = found["status"][0] if found["status"] else call["outcome"]
    inbound = (call["call_direction"] or "").translate(CAPITALS) == "INBOUND"
    midnight = datetime.combine(call["call_date"], time(), ZoneInfo(campaign.zone)).astimezone(UTC)
    stops = [call[WORD_COLUMNS[kind]] for kind in ("action", "interest", "status") if (word := found[kind]) and word[1]]
    seconds = call["call_duration_seconds"]
    return call | {
        "outcome": outcome,
        "answered": outcome == "answered",
        "inbound": inbound,
        "dialled": not inbound and outcome not in ("cancelled", "in_progress"),
        "at": call["occurred_at"] or midnight,
        "interest": None if _blank(call["interest_status"]) else (found["interest"] or ("unknown",))[0],
        "action": None if _blank(call["next_action"]) else (found["action"] or ("unknown",))[0],
        "stop_word": stops[0] if stops else None,
        "unmapped": {
            kind
            for kind, name in WORD_COLUMNS.items()
            if found[kind] is None and not _blank(call[name]) and (kind != "status" or call["outcome"] == "unknown")
        },
        "engaged": outcome == "answered" and seconds is not None and seconds >= campaign.engaged_seconds,
    }


def agent_daily(calls: list[Row]) -> list[Row]:
    days = {key: _agent_day(group) for key, group in _grouped(calls, "call_date", "agent_name").items()}
    rows = []
    for (day, agent), own in days.items():
        week, before = (_window(days, agent, day, first, last) for first, last in ((-6, 0), (-13, -7)))
        answer_7d, answer_prior = (_rate("x", w["answered_calls"], w["calls"])["x"] for w in (week, before))
        conversion_7d, conversion_prior = (
            _rate("x", w["converted_calls"], w["answered_calls"])["x"] for w in (week, before)
        )
        rows.append(
            {
                "call_date": day,
                "agent_name": agent,
                **own,
                **_rate("answer_rate", own["answered_calls"], own["calls"]),
                **_rate("contact_rate", own["reached_contacts"], own["contacts"]),
                **_rate("interested_rate", own["interested_calls"], own["answered_calls"]),
                **_rate("conversion_rate", own["converted_calls"], own["answered_calls"]),
                **{f"{name}_7d": week[name] for name in SUMMED},
                **_rate("answer_rate_7d", week["answered_calls"], week["calls"]),
                **_rate("conversion_rate_7d", week["converted_calls"], week["answered_calls"]),
                **{f"{name}_prior_7d": before[name] for name in ("calls", "answered_calls", "converted_calls")},
                **_rate("answer_rate_prior_7d", before["answered_calls"], before["calls"]),
                **_rate("conversion_rate_prior_7d", before["converted_calls"], before["answered_calls"]),
                "calls_change_7d": week["calls"] - before["calls"],
                "answer_rate_change_7d": _minus(answer_7d, answer_prior),
                "conversion_rate_change_7d": _minus(conversion_7d, conversion_prior),
            }
        )
    return rows


SUMMED = ("calls", "answered_calls", "talk_minutes", "interested_calls", "converted_calls", "redial_calls")


def _agent_day(group: list[Row]) -> Row:
    dialled = [call for call in group if call["dialled"]]
    answered = [call for call in dialled if call["answered"]]
    seconds = [call["call_duration_seconds"] for call in answered if call["call_duration_seconds"] is not None]
    return {
        "calls": len(dialled),
        "answered_calls": len(answered),
        "contacts": len({call["contact_number"] for call in dialled} - {None}),
        "reached_contacts": len({call["contact_number"] for call in answered} - {None}),
        "inbound_calls": sum(call["inbound"] for call in group),
        "answered_inbound_calls": sum(call["inbound"] and call["answered"] for call in group),
        "talk_minutes": math.fsum(seconds) / 60,
        "avg_talk_seconds": statistics.fmean(seconds) if seconds else None,
        "median_talk_seconds": float(statistics.median(seconds)) if seconds else None,
        "interested_calls": sum(call["interest"] == "yes" for call in answered),
        "converted_calls": sum(call["action"] == "convert" for call in answered),
        "redial_calls": sum(
            call["action"] == "redial" or (call["action"] is None and call["outcome"] in ("no_answer", "busy"))
            for call in dialled
        ),
    }


def _window(days: Mapping[Any, Row], agent: str | None, day: date, first: int, last: int) -> Row:
    found = [days[key] for n in range(first, last + 1) if (key := (day + timedelta(days=n), agent)) in days]
    return {name: sum(row[name] for row in found) for name in SUMMED}


def call_outcomes(calls: list[Row]) -> list[Row]:
    named = [
        call
        | {name: "(none)" if _blank(call[name]) else call[name] for name in SENT_TEXTS}
        | {"direction": "inbound" if call["inbound"] else "outbound"}
        for call in calls
    ]
    return _shares(named, "call_date", "agent_name", "direction", "outcome", *SENT_TEXTS)


def next_actions(calls: list[Row]) -> list[Row]:
    named = [
        call
        | {
            "next_action": "(none)" if _blank(call["next_action"]) else call["next_action"],
            "meaning": call["action"] or "none",
        }
        for call in calls
    ]
    rows = _shares(named, "call_date", "agent_name", "next_action")
    groups = _grouped(named, "call_date", "agent_name", "next_action")
    for row in rows:
        group = groups[row["call_date"], row["agent_name"], row["next_action"]]
        row["meaning"] = group[0]["meaning"] if len({call["meaning"] for call in group}) == 1 else "none"
        row["answered_calls"] = sum(call["answered"] for call in group)
    return rows


def _shares(calls: list[Row], *names: str) -> list[Row]:
    totals = _grouped(calls, "call_date", "agent_name")
    return [
        {
            **dict(zip(names, key, strict=True)),
            "calls": len(group),
            "agent_calls": len(totals[key[0], key[1]]),
            **_rate("share", len(group), len(totals[key[0], key[1]])),
        }
        for key, group in _grouped(calls, *names).items()
    ]


def contacts(calls: list[Row]) -> list[Row]:
    counting = [
        call
        for call in calls
        if call["contact_number"] is not None and (call["dialled"] or (call["inbound"] and call["answered"]))
    ]
    rows = []
    for (number,), group in _grouped(counting, "contact_number").items():
        history = sorted(group, key=_order)
        last = history[-1]
        interests = [call for call in history if call["interest"]] or [{"interest_status": None, "interest": None}]
        actions = [call for call in history if call["action"]] or [{"next_action": None, "action": None}]
        names = {call["agent_name"] for call in history}
        said = {call["interest"] for call in history}
        rows.append(
            {
                "contact_number": number,
                "calls": len(history),
                "attempts": sum(call["dialled"] for call in history),
                "answered_attempts": sum(call["dialled"] and call["answered"] for call in history),
                "inbound_calls": sum(call["inbound"] for call in history),
                "is_reached": any(call["answered"] for call in history),
                "first_called_at": history[0]["at"],
                "last_called_at": last["at"],
                "last_answered_at": max((call["at"] for call in history if call["answered"]), default=None),
                "last_call_date": last["call_date"],
                "last_task_id": last["task_id"],
                "last_outcome": last["outcome"],
                "last_agent_name": last["agent_name"],
                "agents": len(names),
                "agent_names": sorted(names - {None}),
                "latest_interest": interests[-1]["interest_status"],
                "latest_interested": interests[-1]["interest"],
                "best_interested": next((word for word in ("yes", "unknown", "no") if word in said), None),
                "latest_next_action": actions[-1]["next_action"],
                "latest_action_meaning": actions[-1]["action"],
                "stop_word": next((call["stop_word"] for call in reversed(history) if call["stop_word"]), None),
            }
        )
    return rows


def attempts_to_answer(calls: list[Row]) -> list[Row]:
    dialled = [call for call in calls if call["dialled"] and call["contact_number"] is not None]
    rows = []
    for (agent,), own in _grouped(dialled, "agent_name").items():
        tries = [
            [call["answered"] for call in sorted(group, key=_order)]
            for group in _grouped(own, "contact_number").values()
        ]
        needed = [seen.index(True) + 1 if True in seen else len(seen) for seen in tries]
        total_calls = total_reached = 0
        for number in range(1, max(needed) + 1):
            still = [seen for seen in tries if len(seen) >= number and True not in seen[: number - 1]]
            reached = sum(seen[number - 1] for seen in still)
            total_calls, total_reached = total_calls + len(still), total_reached + reached
            rows.append(
                {
                    "agent_name": agent,
                    "attempt_number": number,
                    "contacts": len(tries),
                    "tried_contacts": len(still),
                    "reached_contacts": reached,
                    **_rate("reach_rate", reached, len(still)),
                    "given_up_contacts": sum(len(seen) == number and not seen[-1] for seen in still),
                    "cumulative_reached_contacts": total_reached,
                    **_rate("cumulative_reach", total_reached, len(tries)),
                    "cumulative_calls": total_calls,
                    "calls_per_reach": len(still) / reached if reached else None,
                    "cumulative_calls_per_reach": total_calls / total_reached if total_reached else None,
                }
            )
    return rows


def best_time_to_call(calls: list[Row], zone: ZoneInfo) -> list[Row]:
    timed = [
        call | {"weekday": (local := call["occurred_at"].astimezone(zone)).isoweekday(), "hour": local.hour}
        for call in calls
        if call["dialled"] and call["occurred_at"] is not None
    ]
    rows = []
    for (agent,), own in _grouped(timed, "agent_name").items():
        cells = {key: (len(g), sum(c["answered"] for c in g)) for key, g in _grouped(own, "weekday", "hour").items()}
        many, total, answered = len(cells), len(own), sum(call["answered"] for call in own)
        mean, rho = answered / total, 0.0
        divisor = total * total - sum(n * n for n, _ in cells.values()) - total * (many - 1)
        if 0 < answered < total and divisor:
            spread = math.fsum(n * (x / n - mean) ** 2 for n, x in cells.values())
            rho = min(1.0, max(0.0, (spread / (mean * (1 - mean)) - (many - 1)) / (divisor / total)))
        for (weekday, hour), (n, x) in cells.items():
            weight = n * rho / (n * rho + 1 - rho)
            rows.append(
                {
                    "agent_name": agent,
                    "weekday": weekday,
                    "hour": hour,
                    "calls": n,
                    "answered_calls": x,
                    **_rate("answer_rate", x, n),
                    "is_too_small": n < 30,
                    "agent_calls": total,
                    "agent_answered_calls": answered,
                    **_rate("agent_answer_rate", answered, total),
                    "agent_cells": many,
                    "rho": rho,
                    "weight": weight,
                    "shrunk_rate": mean + weight * (x / n - mean),
                }
            )
    return rows


def caller_id_health(calls: list[Row]) -> list[Row]:
    days = {
        key: (len(group), sum(call["answered"] for call in group))
        for key, group in _grouped([c for c in calls if c["dialled"]], "from_number_e164", "call_date").items()
    }
    by_day: dict[date, list[tuple[str, tuple[int, int]]]] = defaultdict(list)
    for (number, day), counts in days.items():
        if number is not None:
            by_day[day].append((number, counts))

    def own(number: str | None, day: date, first: int, last: int) -> tuple[int, int]:
        found = [days.get((number, day + timedelta(days=n)), (0, 0)) for n in range(first, last + 1)]
        return sum(n for n, _ in found), sum(x for _, x in found)

    rows = []
    for (number, day), (n, x) in days.items():
        week, month, baseline = own(number, day, -6, 0), own(number, day, -27, 0), own(number, day, -34, -7)
        others = [
            counts
            for back in range(7)
            for other, counts in by_day[day - timedelta(days=back)]
            if number is not None and other != number
        ]
        peers = sum(n for n, _ in others), sum(x for _, x in others)
        below_baseline, below_peers = (
            None if number is None else _is_below(week, baseline),
            None if number is None else _is_below(week, peers),
        )
        flags = {(True, True): "below_both", (None, None): "too_few_calls"}
        rows.append(
            {
                "from_number_e164": number,
                "call_date": day,
                "calls": n,
                "answered_calls": x,
                **_rate("answer_rate", x, n),
                "calls_7d": week[0],
                "answered_calls_7d": week[1],
                **_rate("answer_rate_7d", week[1], week[0]),
                "calls_28d": month[0],
                "answered_calls_28d": month[1],
                **_rate("answer_rate_28d", month[1], month[0]),
                "baseline_calls": baseline[0],
                "baseline_answered_calls": baseline[1],
                **_rate("baseline_answer_rate", baseline[1], baseline[0]),
                "peer_calls_7d": peers[0],
                "peer_answered_calls_7d": peers[1],
                **_rate("peer_answer_rate_7d", peers[1], peers[0]),
                "z_baseline": _z(week, baseline),
                "z_peers": _z(week, peers),
                "is_below_baseline": below_baseline,
                "is_below_peers": below_peers,
                "flag": flags.get(
                    (below_baseline, below_peers),
                    "below_baseline" if below_baseline else "below_peers" if below_peers else "ok",
                ),
            }
        )
    return rows


def _is_below(one: tuple[int, int], other: tuple[int, int]) -> bool | None:
    if min(one[0], other[0]) < 30:
        return None
    high, low = _rate("r", one[1], one[0])["r_high"], _rate("r", other[1], other[0])["r_low"]
    return bool(high < low) and 10 * one[1] * other[0] <= 8 * other[1] * one[0]


def _z(one: tuple[int, int], other: tuple[int, int]) -> float | None:
    (n1, x1), (n2, x2) = one, other
    if not n1 or not n2 or x1 + x2 in (0, n1 + n2):
        return None
    p = (x1 + x2) / (n1 + n2)
    return (x1 / n1 - x2 / n2) / math.sqrt(p * (1 - p) * (1 / n1 + 1 / n2))


def conversion_funnel(calls: list[Row]) -> list[Row]:
    rows = []
    dialled = [call for call in calls if call["dialled"]]
    for (day, agent, campaign), group in _grouped(dialled, "call_date", "agent_name", "campaign").items():
        answered = [call for call in group if call["answered"]]
        engaged = [call for call in answered if call["engaged"]]
        interested = [call for call in engaged if call["interest"] == "yes"]
        acting = [call for call in interested if call["action"] not in (None, "redial", "stop")]
        converted = [call for call in acting if call["action"] == "convert"]
        rows.append(
            {
                "call_date": day,
                "agent_name": agent,
                "campaign": campaign,
                "dialled_calls": len(group),
                "answered_calls": len(answered),
                "engaged_calls": len(engaged),
                "interested_calls": len(interested),
                "action_calls": len(acting),
                "converted_calls": len(converted),
                **_rate("answer_rate", len(answered), len(group)),
                **_rate("engaged_rate", len(engaged), len(answered)),
                **_rate("interested_rate", len(interested), len(engaged)),
                **_rate("action_rate", len(acting), len(interested)),
                **_rate("converted_rate", len(converted), len(acting)),
                **_rate("action_per_dialled", len(acting), len(group)),
                **_rate("converted_per_dialled", len(converted), len(group)),
            }
        )
    return rows


def unmapped_values(calls: list[Row]) -> list[Row]:
    words = [
        {"kind": kind, "value": call[WORD_COLUMNS[kind]], "call_date": call["call_date"]}
        for call in calls
        for kind in call["unmapped"]
    ]
    return [
        {
            "kind": kind,
            "value": value,
            "calls": len(group),
            "first_seen": min(row["call_date"] for row in group),
            "last_seen": max(row["call_date"] for row in group),
        }
        for (kind, value), group in _grouped(words, "kind", "value").items()
    ]


def _rate(name: str, part: int, whole: int) -> Row:
    """Rate and Wilson bounds: the roots p of |p - rate| = z * sqrt(p * (1 - p) / n); NULL of nothing."""
    if not whole:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    a, b, c = whole + Z**2, -(2 * part + Z**2), part**2 / whole
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    low, high = ((-b + sign * root) / (2 * a) for sign in (-1, 1))
    return {name: part / whole, f"{name}_low": max(0.0, low), f"{name}_high": min(1.0, high)}


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _order(call: Row) -> tuple[Any, ...]:
    return call["at"], call["task_id"], call["call_index"]


def _blank(text: str | None) -> bool:
    return text is None or not text.strip(BLANKS)


def _grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return groups
