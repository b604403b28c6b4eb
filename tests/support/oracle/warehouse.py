"""From task rows, the answers served and the settings: every row that the warehouse must hold."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.oracle import flatten
from tests.support.oracle.call_facts import Facts
from tests.support.oracle.marts import mart_rows
from tests.support.oracle.settings import Rules
from tests.support.oracle.strict_json import NotJson, parse
from tests.support.oracle.values import day_of, time_of

__all__ = ["Exchange", "Expected", "Rules", "TaskFetch", "TaskRow", "expected_warehouse"]
Row = dict[str, Any]
RETRYABLE = (407, 408, 425, 429)
NO_CONTENT = (204, 205)


@dataclass(frozen=True)
class Exchange:
    """One request and what came back; status None when no whole answer did. The body is decoded."""

    sent_at: datetime
    status: int | None
    body: bytes = b""

    @property
    def result(self) -> str:
        if self.status is None or self.status in RETRYABLE or 500 <= self.status < 600:
            return "trouble"
        if self.status in NO_CONTENT:
            return "empty"
        if 200 < self.status < 300 and self.status != 203:
            return "trouble"
        if self.status == 404:
            return "not_found"
        if self.status not in (200, 203):
            return "refused"
        try:
            return "usable" if flatten.is_usable(parse(self.body)) else "empty"
        except NotJson:
            return "garbage"


TaskFetch = list[Exchange]
"""The tries of one asking, in order; the last decides."""


@dataclass(frozen=True)
class TaskRow:
    """One usable row of a task file: what its columns say."""

    task_id: str
    completed_at: str | None = None
    call_date: str | None = None
    attributes: Row = field(default_factory=dict)


@dataclass
class Expected:
    """Rows by table; marts are made from them."""

    tasks: list[Row]
    flat: flatten.Flat
    rules: Rules

    def mart(self, name: str, tables: dict[str, list[Row]], now: datetime) -> list[Row]:
        """A mart as read at `now`, from the rows of schema `main`, which are compared themselves."""
        return mart_rows(name, Facts(tables, self.rules, now))


def expected_warehouse(
    rows: list[TaskRow], askings: dict[str, list[TaskFetch]], registered_at: dict[str, datetime], rules: Rules
) -> Expected:
    """What must stand in the warehouse once `rows` were registered and these askings were made."""
    flat, tasks = flatten.Flat(), []
    for row in {row.task_id: row for row in reversed(rows)}.values():
        task = _task(row, registered_at[row.task_id], rules.zone)
        of_task = askings.get(row.task_id, [])
        deadline = (task["completed_at"] or task["registered_at"]) + timedelta(hours=rules.settle_hours)
        tasks.append(task | _state(of_task, deadline) | {"deadline": deadline})
        _add(flat, of_task, task, rules.zone)
    return Expected(tasks, flat, rules)


def _task(row: TaskRow, registered_at: datetime, zone: ZoneInfo) -> Row:
    completed_at = time_of(row.completed_at, zone)
    day: date = (completed_at or registered_at).astimezone(zone).date()
    if completed_at is None and row.call_date and row.call_date.strip():
        day = day_of(row.call_date)
    return {
        "task_id": row.task_id,
        "call_date": day,
        "completed_at": completed_at,
        "registered_at": registered_at,
        "attributes": row.attributes or None,
    }


def _state(askings: list[TaskFetch], deadline: datetime) -> Row:
    lasts = [asking[-1] for asking in askings]
    return {
        "state": _state_name(lasts, deadline),
        "attempts": sum(len(asking) for asking in askings),
        "last_status": lasts[-1].status if lasts else None,
        "has_error": _has_error(lasts[-1].result if lasts else "usable"),
    }


def _has_error(result: str) -> bool | None:
    """None where there may be an explanation, and need be none."""
    return None if result in ("empty", "not_found") else result != "usable"


def _state_name(lasts: list[Exchange], deadline: datetime) -> str:
    if not lasts:
        return "pending"
    usable = [exchange for exchange in lasts if exchange.result == "usable"]
    if usable:
        is_final = any(exchange.sent_at >= deadline and exchange.result != "trouble" for exchange in lasts)
        return "settled" if is_final or flatten.is_complete(parse(usable[-1].body)) else "unsettled"
    last = lasts[-1]
    is_late = last.sent_at >= deadline
    match last.result:
        case "not_found" | "refused":
            return {"not_found": "not_found", "refused": "failed"}[last.result]
        case "empty":
            return "failed" if is_late else "unsettled"
        case "garbage" if is_late:
            return "failed"
    return "pending"


def _add(flat: flatten.Flat, askings: list[TaskFetch], task: Row, zone: ZoneInfo) -> None:
    """The rows of the latest usable answer; with none, of the latest asking if it ended in an empty one."""
    lasts = [asking[-1] for asking in askings]
    usable = [exchange for exchange in lasts if exchange.result == "usable"]
    decides = usable[-1:] or [each for each in lasts[-1:] if each.result == "empty" and each.status not in NO_CONTENT]
    for exchange in decides:
        rows = flatten.flatten(exchange.body, task, zone)
        for call in rows.calls:
            call |= {"fetched_after": exchange.sent_at, "source": "api"}
        flat.calls += rows.calls
        flat.call_metadata += rows.call_metadata
        flat.call_context += rows.call_context
        flat.rejects += rows.rejects
