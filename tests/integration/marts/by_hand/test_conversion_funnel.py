"""`conversion_funnel`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("conversion_funnel",)


def test_each_step_of_the_funnel_counts_calls_of_the_step_before(make_call: MakeCall, build: Build, read: Read) -> None:
    steps: list[Row] = [
        {"outcome": "busy", "call_duration_seconds": 60.0, "interest_status": "Hot", "next_action": "CONVERT"},
        {"call_duration_seconds": 29.9, "interest_status": "Hot", "next_action": "CONVERT"},
        {"call_duration_seconds": None, "interest_status": "Hot", "next_action": "CONVERT"},
        {"call_duration_seconds": 30.0, "interest_status": "Cold", "next_action": "CONVERT"},
        {"call_duration_seconds": 30.0, "interest_status": "Hot", "next_action": "redial"},
        {"call_duration_seconds": 30.0, "interest_status": "Hot", "next_action": " "},
        {"call_duration_seconds": 30.0, "interest_status": " hot ", "next_action": "of our own"},
        {"call_duration_seconds": 30.0, "interest_status": "HOT", "next_action": "Converted"},
    ]
    path = build([make_call(task_id=f"{n}", **values) for n, values in enumerate(steps)])
    (row,) = read(path, "FROM marts.conversion_funnel")
    assert [
        row[f"{step}_calls"] for step in ("dialled", "answered", "engaged", "interested", "action", "converted")
    ] == [*(8, 7, 5, 4, 2, 1)]
    assert (row["campaign"], row["converted_rate"], row["converted_per_dialled"]) == ("(none)", 0.5, 1 / 8)


def test_the_campaign_is_the_filled_value_of_the_chosen_key(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [make_call(task_id="t", call_index=n) for n in range(4)]
    place = {"task_id": "t", "call_date": DAY, "agent_name": "Asha", "value_type": "string"}
    context = [
        {**place, "call_index": 0, "key": "Batch", "value": " May", "is_filled": True},
        {**place, "call_index": 1, "key": "Batch", "value": " ", "is_filled": False},
        {**place, "call_index": 2, "key": "batch", "value": "June", "is_filled": True},
    ]
    for key, expected in (("Batch", {" May": 1, "(none)": 3}), (None, {"(none)": 4}), ("else", {"(none)": 4})):
        rows = read(build(calls, context=context, campaign_key=key), "FROM marts.conversion_funnel")
        assert {row["campaign"]: row["dialled_calls"] for row in rows} == expected
