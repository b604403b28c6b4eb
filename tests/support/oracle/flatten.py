"""What one answer becomes: rows of calls, key/value pairs and rejects. Pure, standard library only."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.oracle.strict_json import parse
from tests.support.oracle.values import (
    Unfit,
    capitals,
    confidence_of,
    duration_of,
    e164,
    is_blank,
    is_filled,
    is_nothing,
    kind_of,
    number_of,
    outcome_of,
    text_of,
    time_of,
)

Row = dict[str, Any]
CALL_MARKS = ("agent_name", "call_status", "call_outcome", "call_insights", "call_duration", "to_number")
COLUMNS: dict[str, tuple[Callable[..., Any], str]] = {
    "call_id": (text_of, "call_id"),
    "agent_id": (text_of, "agent_id"),
    "agent_name": (text_of, "agent_name"),
    "call_direction": (text_of, "call_direction"),
    "from_number": (text_of, "from_number"),
    "to_number": (text_of, "to_number"),
    "initiated_at": (time_of, "initiation_time"),
    "answered_at": (time_of, "answer_time"),
    "ended_at": (time_of, "end_time"),
    "call_duration_seconds": (duration_of, "call_duration"),
    "billed_duration_seconds": (duration_of, "billed_duration"),
    "interest_status": (text_of, "call_insights.user_interest.status"),
    "interest_reasoning": (text_of, "call_insights.user_interest.reasoning"),
    "interest_confidence": (confidence_of, "call_insights.user_interest.confidence_score"),
    "engagement_score": (number_of, "call_quality.user_engagement.value"),
    "satisfaction_score": (number_of, "call_quality.user_satisfaction.value"),
    "outcome_reason": (text_of, "outcome_reason"),
    "hangup_cause": (text_of, "hangup_cause_name"),
    "hangup_source": (text_of, "hangup_source"),
    "call_recording_url": (text_of, "call_recording_url"),
}
"""How each column of a single value is read, and from where. The status and the next action have rules of their own."""

PLACES = {column: tuple(place.split(".")) for column, (_, place) in COLUMNS.items()}
ACTION = ("call_insights", "next_action")
PARENTS = {path[:size] for path in PLACES.values() for size in range(1, len(path))} | {ACTION}


@dataclass
class Flat:
    """The rows of one answer."""

    calls: list[Row] = field(default_factory=list)
    call_metadata: list[Row] = field(default_factory=list)
    call_context: list[Row] = field(default_factory=list)
    rejects: list[Row] = field(default_factory=list)


def elements_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def is_call(element: Any) -> bool:
    return isinstance(element, dict) and any(element.get(mark) is not None for mark in CALL_MARKS)


def is_usable(value: Any) -> bool:
    return any(is_call(element) for element in elements_of(value))


def is_complete(value: Any) -> bool:
    """No call is in progress, none answered without insights."""
    for call in filter(is_call, elements_of(value)):
        outcome = _Call(call, 0).outcome()
        if outcome == "in_progress" or (outcome in ("answered", "unknown") and not has_insights(call)):
            return False
    return True


def has_insights(call: Row) -> bool:
    insights = call.get("call_insights")
    return isinstance(insights, dict) and not is_nothing(insights)


def flatten(body: bytes, task: Row, zone: ZoneInfo, region: str | None = None) -> Flat:
    """The rows of an answer that is JSON; `task` has task_id, call_date, completed_at."""
    flat, value = Flat(), parse(body)
    key = {"task_id": task["task_id"], "call_date": task["call_date"]}
    for index, element in enumerate(elements_of(value)):
        here = key | {"call_index": index}
        if is_call(element):
            _add_call(flat, element, here, task["completed_at"], zone, region)
        elif isinstance(value, list):
            flat.rejects.append(here | {"path": "", "value": element})
    if not flat.calls:
        flat.rejects.append(key | {"call_index": None, "path": "", "value": value})
    return flat


def _add_call(
    flat: Flat, element: Row, here: Row, completed_at: datetime | None, zone: ZoneInfo, region: str | None
) -> None:
    call = _Call(element, here["call_index"])
    row = call.row(completed_at, zone, region)
    flat.calls.append(here | row | {"extra": call.extra()})
    for table, pairs in ((flat.call_metadata, call.metadata), (flat.call_context, call.context)):
        table += [
            here
            | {"agent_name": row["agent_name"], "key": key, "value": value}
            | {"value_type": kind_of(value), "is_filled": is_filled(value)}
            for key, value in pairs.items()
        ]
    flat.rejects += [here | {"path": path, "value": value} for path, value in call.rejected]


class _Call:
    """One call object, taken apart: what a column has taken is no longer in `rest`."""

    def __init__(self, element: Row, index: int) -> None:
        self.rest = copy.deepcopy(element)
        self.rejected: list[tuple[str, Any]] = []

    def outcome(self) -> str:
        return outcome_of(self._status())

    def row(self, completed_at: datetime | None, zone: ZoneInfo, region: str | None) -> Row:
        row = {column: self._value(column, zone) for column in COLUMNS}
        row |= self._next_action() | {"call_status": self._status()}
        row["outcome"] = outcome_of(row["call_status"])
        row["is_answered"] = row["outcome"] == "answered"
        row |= {f"{side}_e164": e164(row[side], region) for side in ("from_number", "to_number")}
        row["contact_number"] = _contact(row)
        known = (row["initiated_at"], row["answered_at"], row["ended_at"], completed_at)
        row["occurred_at"] = next((moment for moment in known if moment), None)
        self.metadata = self._take_object("call_insights", "metadata")
        self.context = self._take_object("call_context")
        return row

    def extra(self) -> Row | None:
        for path in sorted(PARENTS, key=len, reverse=True):
            holder = self._holder(path)
            if holder is not None and holder.get(path[-1], 0) in (None, {}):
                del holder[path[-1]]
        return self.rest or None

    def _value(self, column: str, zone: ZoneInfo) -> Any:
        read, _ = COLUMNS[column]
        return self._take((lambda value: time_of(value, zone)) if read is time_of else read, *PLACES[column])

    def _status(self) -> str | None:
        if self.rest.get("call_status") is None:
            self.rest.pop("call_status", None)
            return self._text("call_outcome")
        return self._text("call_status")

    def _text(self, *path: str) -> str | None:
        text: str | None = self._take(text_of, *path)
        return text

    def _next_action(self) -> Row:
        action = (self._holder(("call_insights", "next_action")) or {}).get("next_action")
        if isinstance(action, dict):
            value = self._take(text_of, "call_insights", "next_action", "value")
            return {
                "next_action": value,
                "next_action_reason": self._take(text_of, "call_insights", "next_action", "reason"),
            }
        return {"next_action": self._take(text_of, "call_insights", "next_action"), "next_action_reason": None}

    def _holder(self, path: tuple[str, ...]) -> Row | None:
        """The object in which the last key of the path stands; a parent that is no object is rejected."""
        here: Row = self.rest
        for place, key in enumerate(path[:-1]):
            child = here.get(key)
            if child is None:
                return None
            if not isinstance(child, dict):
                self.rejected.append((".".join(path[: place + 1]), here.pop(key)))
                return None
            here = child
        return here

    def _take(self, read: Callable[[Any], Any], *path: str) -> Any:
        holder = self._holder(path)
        value = holder.pop(path[-1], None) if holder is not None else None
        if value is None:
            return None
        try:
            return read(value)
        except Unfit:
            self.rejected.append((".".join(path), value))
            return None

    def _take_object(self, *path: str) -> Row:
        holder = self._holder(path)
        value = holder.pop(path[-1], None) if holder is not None else None
        if value is None or isinstance(value, dict):
            return value or {}
        self.rejected.append((".".join(path), value))
        return {}


def _contact(row: Row) -> str | None:
    inbound = capitals(row["call_direction"] or "") == "INBOUND"
    side = "from_number" if inbound else "to_number"
    as_sent = None if is_blank(row[side]) else row[side]
    return row[f"{side}_e164"] or as_sent
