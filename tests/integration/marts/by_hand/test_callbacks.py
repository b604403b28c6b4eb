"""`callbacks`: each clause of its definition in one small campaign."""

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
MARTS = ("callbacks",)


def said(call: Row, **values: str) -> list[Row]:
    place = {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")}
    return [
        {**place, "key": key, "value": value, "value_type": "string", "is_filled": bool(value.strip())}
        for key, value in values.items()
    ]


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
