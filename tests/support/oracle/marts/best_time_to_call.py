"""`best_time_to_call`: cells of weekday and hour, shrunk towards their agent's mean."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, count, grouped, rate

ENOUGH = 30
KEY = ("agent_name", "weekday", "hour")


def expected_rows(facts: Facts) -> list[Row]:
    calls = []
    for call in facts.dialled:
        if call["occurred_at"] is not None:
            local = _local(call["occurred_at"], facts.rules.zone)
            calls.append(call | {"weekday": local.isoweekday(), "hour": local.hour})
    return [
        row
        for (agent,), of_agent in grouped(calls, "agent_name").items()
        for row in _cells(agent, grouped(of_agent, "weekday", "hour"))
    ]


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """On the first and the last day of Python's calendar the zone has no offset."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.astimezone(UTC)


def _cells(agent: str | None, cells: dict[tuple[int, int], list[Row]]) -> list[Row]:
    sizes = {cell: (len(calls), count(calls, lambda call: call["is_answered"])) for cell, calls in cells.items()}
    total, answered = (sum(part) for part in zip(*sizes.values(), strict=True))
    rho, mean = _rho(list(sizes.values())), answered / total
    rows = []
    for (weekday, hour), (n, x) in sizes.items():
        weight = n * rho / (n * rho + 1 - rho)
        row: Row = {"agent_name": agent, "weekday": weekday, "hour": hour, "calls": n, "answered_calls": x}
        row |= rate("answer_rate", x, n) | {"is_too_small": n < ENOUGH}
        row |= {"agent_calls": total, "agent_answered_calls": answered} | rate("agent_answer_rate", answered, total)
        row |= {"agent_cells": len(sizes), "rho": rho, "weight": weight}
        rows.append(row | {"shrunk_rate": mean + weight * (x / n - mean)})
    return rows


def _rho(sizes: list[tuple[int, int]]) -> float:
    total, answered = sum(n for n, _ in sizes), sum(x for _, x in sizes)
    mean, free = answered / total, len(sizes) - 1
    spread: float = sum(n * (x / n - mean) ** 2 for n, x in sizes)
    below: float = total - sum(n * n for n, _ in sizes) / total - free
    if below == 0 or answered in (0, total):
        return 0.0
    return min(1.0, max(0.0, (spread / (mean * (1 - mean)) - free) / below))
