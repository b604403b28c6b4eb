"""`metadata_coverage`: how often each key is asked and filled, and whether that changes."""

from datetime import date, timedelta
from typing import Any

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, count, grouped, rate

ENOUGH = 30
KEY = ("agent_name", "key")


def expected_rows(facts: Facts) -> list[Row]:
    rows = []
    for (agent,), of_agent in grouped(facts.tables["call_metadata"], "agent_name").items():
        last = max(row["call_date"] for row in of_agent)
        keys = {key: asked for (key,), asked in grouped(of_agent, "key").items()}
        busiest = [max(len(_within(asked, last, *span)) for asked in keys.values()) for span in ((0, 6), (7, 34))]
        rows += [{"agent_name": agent, "key": key} | _row(asked, last, busiest) for key, asked in keys.items()]
    return rows


def _row(asked: list[Row], last: date, busiest: list[int]) -> Row:
    filled = [row for row in asked if row["is_filled"]]
    filled_days = [row["call_date"] for row in filled]
    row: dict[str, Any] = _counts("", asked) | {
        "distinct_values": len({row["value"] for row in filled}),
        "first_seen_on": min(row["call_date"] for row in asked),
        "last_seen_on": max(row["call_date"] for row in asked),
        "first_filled_on": min(filled_days, default=None),
        "last_filled_on": max(filled_days, default=None),
    }
    row |= _counts("recent_", _within(asked, last, 0, 6)) | _counts("baseline_", _within(asked, last, 7, 34))
    row["drift"] = _drift(row, busiest)
    return row | {"is_drifting": row["drift"] in ("vanished", "appeared", "fell", "rose")}


def _drift(row: Row, busiest: list[int]) -> str:
    recent, baseline = row["recent_asked_calls"], row["baseline_asked_calls"]
    if baseline >= ENOUGH and recent == 0 and busiest[0] >= ENOUGH:
        return "vanished"
    if recent >= ENOUGH and baseline == 0 and busiest[1] >= ENOUGH:
        return "appeared"
    if min(recent, baseline) < ENOUGH:
        return "too_few"
    if row["recent_filled_share_high"] < row["baseline_filled_share_low"]:
        return "fell"
    return "rose" if row["recent_filled_share_low"] > row["baseline_filled_share_high"] else "steady"


def _counts(prefix: str, asked: list[Row]) -> Row:
    filled = count(asked, lambda row: row["is_filled"])
    counts = {f"{prefix}asked_calls": len(asked), f"{prefix}filled_calls": filled}
    return counts | rate(f"{prefix}filled_share", filled, len(asked))


def _within(asked: list[Row], last: date, nearest: int, farthest: int) -> list[Row]:
    first, until = last - timedelta(days=farthest), last - timedelta(days=nearest)
    return [row for row in asked if first <= row["call_date"] <= until]
