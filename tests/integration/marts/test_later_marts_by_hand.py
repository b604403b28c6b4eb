"""Traps of the marts on what followed, one small campaign each."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = (
    "redial_backlog",
    "redial_outcomes",
    "interest_calibration",
    "metadata_coverage",
    "callbacks",
    "data_freshness",
)


def said(call: Row, **values: str) -> list[Row]:
    place = {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")}
    return [
        {**place, "key": key, "value": value, "value_type": "string", "is_filled": bool(value.strip())}
        for key, value in values.items()
    ]


def test_no_calls_give_no_rows_and_no_views(build: Build, read: Read) -> None:
    path = build([])
    for mart in MARTS:
        assert read(path, f"FROM marts.{mart}") == []
    assert read(path, "FROM duckdb_views() WHERE view_name LIKE 'agent_metadata%'") == []


def test_of_several_states_the_first_that_fits_holds(make_call: MakeCall, build: Build, read: Read) -> None:
    now = datetime.now(UTC)

    def missed(number: str, hours: float, **values: Any) -> Row:
        at = now - timedelta(hours=hours)
        task = f"{number} {hours} {len(values)}"
        return make_call(task_id=task, contact_number=number, outcome="no_answer", occurred_at=at, **values)

    calls = [
        *(missed("tired and stopped", hours) for hours in (100, 99, 98)),
        missed("tired and stopped", 1, agent_name="Ravi", interest_status=" do not call"),
        *(missed("tired and old", hours) for hours in (100, 99, 98)),
        missed("old", 49),
        missed("not yet old", 47),
        missed("old and waiting", 49),
        missed("old and waiting", 0.1),
        missed("waiting", 0.1),
    ]
    calls[3] |= {"outcome": "cancelled", "is_answered": False}
    path = build(calls, redial_max_age_days=2)
    rows = read(path, "SELECT contact_number, state, stop_reason FROM marts.redial_backlog WHERE agent_name = 'Asha'")
    assert {row["contact_number"]: (row["state"], row["stop_reason"]) for row in rows} == {
        "tired and stopped": ("stopped", " do not call"),
        "tired and old": ("exhausted", None),
        "old": ("stale", None),
        "not yet old": ("due", None),
        "old and waiting": ("stale", None),
        "waiting": ("waiting", None),
    }


def test_a_span_includes_its_last_moment_and_ties_go_by_task_and_place(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    def call(task_id: str, number: str, after: timedelta, **values: Any) -> Row:
        return make_call(task_id=task_id, contact_number=number, occurred_at=NOON + after, **values)

    second, none = timedelta(microseconds=1), timedelta()
    calls = [
        call("a", "just in time", none, next_action="REDIAL"),
        call("b", "just in time", timedelta(days=1)),
        call("c", "too late", none, next_action="REDIAL"),
        call("d", "too late", timedelta(days=1) + second, outcome="busy"),
        call("f", "tie before", none, next_action="REDIAL"),
        call("e", "tie before", none),
        call("g", "tie behind", none, next_action="REDIAL", call_index=9),
        call("g", "tie behind", none, call_index=10, interest_status="Interested"),
        call("h", "called us", none, next_action="REDIAL"),
        call("i", "called us", timedelta(hours=1), call_direction="inbound"),
    ]
    (row,) = read(build(calls), "FROM marts.redial_outcomes")
    found = {name: row[name] for name in row if name.endswith("_calls")}
    assert found == {
        "redial_calls": 5,
        "redialled_24h_calls": 2,
        "redialled_7d_calls": 3,
        "answered_7d_calls": 2,
        "interested_7d_calls": 1,
        "redialled_calls": 3,
        "never_called_calls": 2,
        "called_back_calls": 1,
    }
    assert row["median_hours_to_redial"] == 24


def test_the_first_filled_key_counts_and_a_call_without_a_number_is_never_kept(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [make_call(task_id=task_id, occurred_at=NOON) for task_id in "ab"]
    calls += [make_call(task_id="c", contact_number=None, occurred_at=NOON)]
    calls += [make_call(task_id=f"later {n}", contact_number=n, occurred_at=NOON + timedelta(hours=2)) for n in (None,)]
    calls += [make_call(task_id="later", occurred_at=NOON + timedelta(hours=2, minutes=30), outcome="busy")]
    metadata = [
        *said(calls[0], late=" ", soon="in 2 hours"),
        *said(calls[1], soon="in 5 hours", late="in 2 hours"),
        *said(calls[2], late="in 2 hours"),
    ]
    path = build(calls, metadata=metadata, callback_keys=("late", "soon"))
    rows = read(path, "SELECT task_id, key, state, kept_task_id FROM marts.callbacks")
    assert [tuple(row.values()) for row in rows] == [
        ("a", "soon", "kept", "later"),
        ("b", "late", "kept", "later"),
        ("c", "late", "missed", None),
    ]


def test_a_text_is_read_once_and_the_rest_is_kept(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [make_call(task_id=f"t{n}", call_date=DAY + timedelta(days=n)) for n in range(4)]
    path = build(calls, metadata=[row for call in calls for row in said(call, call_time="tomorrow at 5pm")])
    assert len(read(path, "FROM pipeline.callback_texts")) == 1
    assert [row["requested_at"].day for row in read(path, "FROM marts.callbacks")] == [2, 3, 4, 5]


def test_a_day_with_tasks_and_no_call_is_fresh_or_not_too(build: Build, read: Read) -> None:
    task = {
        "task_id": "t",
        "call_date": DAY,
        "completed_at": None,
        "registered_at": NOON,
        "state": "failed",
        "attempts": 1,
        "last_status": 400,
        "last_error": None,
        "next_try_at": None,
        "attributes": None,
    }
    (row,) = read(build([], tasks=[task]), "FROM marts.data_freshness")
    assert (row["registered_tasks"], row["failed_tasks"], row["calls"], row["is_complete"]) == (1, 1, 0, False)
