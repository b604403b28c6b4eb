"""`callbacks`: requests to be called, and whether a call kept them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.support.oracle.call_facts import Facts, moment_of
from tests.support.oracle.callback_times import requested
from tests.support.oracle.figures import Row

MAX_CHARACTERS = 100
MICROSECOND = timedelta(microseconds=1)
NOT_UNDERSTOOD: Row = dict.fromkeys(("requested_at", "is_whole_day", "starts_at", "ends_at"))
KEY = ("task_id", "call_index")
CHANGES_WITH_THE_CLOCK = ("state",)


def expected_rows(facts: Facts) -> list[Row]:
    asked: dict[tuple[str, int], dict[str, Row]] = {}
    for row in facts.tables["call_metadata"]:
        if row["is_filled"] and row["key"] in facts.rules.callback_keys:
            asked.setdefault((row["task_id"], row["call_index"]), {})[row["key"]] = row
    rows = []
    for call in facts.calls:
        if said := asked.get((call["task_id"], call["call_index"])):
            key = next(key for key in facts.rules.callback_keys if key in said)
            rows.append(_row(call, said[key], facts))
    return rows


def _row(call: Row, said: Row, facts: Facts) -> Row:
    times = _times(call, said, facts)
    kept = _keeping(call, times, facts)
    return (
        {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name", "contact_number")}
        | {"called_at": call["time"], "key": said["key"], "requested_text": said["value"]}
        | times
        | {"kept_task_id": kept.get("task_id"), "kept_at": kept.get("time")}
        | {"state": _state(times, kept, facts.now)}
    )


def _times(call: Row, said: Row, facts: Facts) -> Row:
    zone, is_text = facts.rules.zone, said["value_type"] in ("string", "number")
    found = None
    if is_text and len(said["value"]) <= MAX_CHARACTERS:
        found = requested(said["value"], call["time"], zone)
    if found is None:
        return NOT_UNDERSTOOD
    moment, is_whole_day = found
    try:
        starts_at, ends_at = _window(moment, facts, is_whole_day=is_whole_day)
        for each in (call["time"], moment, starts_at, ends_at):
            each.astimezone(UTC), each.astimezone(zone)
    except OverflowError:
        return NOT_UNDERSTOOD
    return {"requested_at": moment, "is_whole_day": is_whole_day, "starts_at": starts_at, "ends_at": ends_at}


def _window(moment: datetime, facts: Facts, *, is_whole_day: bool) -> tuple[datetime, datetime]:
    if not is_whole_day:
        tolerance = timedelta(minutes=facts.rules.callback_tolerance_minutes)
        return moment - tolerance, moment + tolerance
    day = moment.astimezone(facts.rules.zone).date()
    starts_at = moment_of(datetime.combine(day, time()), facts.rules.zone)
    if day == date.max:
        return starts_at, moment_of(datetime.combine(day, time.max), facts.rules.zone)
    return starts_at, moment_of(datetime.combine(day + timedelta(days=1), time()), facts.rules.zone) - MICROSECOND


def _keeping(call: Row, times: Row, facts: Facts) -> dict[str, Any]:
    if times["requested_at"] is None or call["contact_number"] is None:
        return {}
    place = _place(call)
    of_contact = facts.of_contacts.get((call["contact_number"], call["agent_name"]), [])
    later = (other for other in of_contact if _place(other) > place)
    return next((other for other in later if times["starts_at"] <= other["time"] <= times["ends_at"]), {})


def _place(call: Row) -> tuple[Any, ...]:
    return call["time"], call["task_id"], call["call_index"]


def _state(times: Row, kept: Row, now: datetime) -> str:
    if times["requested_at"] is None:
        return "not_understood"
    return "kept" if kept else "due" if now <= times["ends_at"] else "missed"
