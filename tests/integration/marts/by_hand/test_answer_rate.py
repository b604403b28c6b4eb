"""`answer_rate`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("answer_rate",)


def test_the_answer_rate_counts_dialled_calls_only(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [
        make_call(task_id="a", call_duration_seconds=10.0),
        make_call(task_id="b", call_duration_seconds=40.0, call_direction="outbound"),
        make_call(task_id="c", outcome="unknown", call_duration_seconds=500.0),
        make_call(task_id="d", outcome="failed"),
        make_call(task_id="e", outcome="cancelled"),
        make_call(task_id="f", outcome="in_progress"),
        make_call(task_id="g", call_direction="InBound"),
        make_call(task_id="h", agent_name="only inbound", call_direction="inbound"),
    ]
    (row,) = read(build(calls), "FROM marts.answer_rate")
    assert (row["calls"], row["answered_calls"], row["answer_rate"]) == (4, 2, 0.5)
    assert (row["avg_answered_seconds"], row["median_answered_seconds"]) == (25.0, 25.0)
    assert row["answer_rate_low"] == pytest.approx(0.1500, abs=5e-5)
    assert row["answer_rate_high"] == pytest.approx(0.8500, abs=5e-5)


def test_a_rate_of_none_or_all_has_its_bound_exactly_there(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [
        make_call(task_id=f"{agent}{n}", agent_name=agent, outcome=outcome)
        for agent, outcome in (("all", "answered"), ("none", "busy"))
        for n in range(7)
    ]
    all_, none = read(build(calls), "FROM marts.answer_rate ORDER BY agent_name")
    assert (none["answer_rate_low"], all_["answer_rate_high"]) == (0.0, 1.0)
    assert none["avg_answered_seconds"] is None
    assert none["median_answered_seconds"] is None


def test_the_mean_of_the_longest_calls_is_finite(make_call: MakeCall, build: Build, read: Read) -> None:
    calls = [make_call(task_id=task_id, call_duration_seconds=1.6e308) for task_id in "abc"]
    (row,) = read(build(calls), "FROM marts.answer_rate")
    assert row["avg_answered_seconds"] == pytest.approx(1.6e308)
    assert row["median_answered_seconds"] == pytest.approx(1.6e308)
