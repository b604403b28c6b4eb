"""Times asked for are reckoned for many calls at once, and are what they would be call by call."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dialflo_pipeline.marts.callbacks.parser import read_text, request

Row = dict[str, Any]
MARTS = ("callbacks",)
MICROSECOND = timedelta(microseconds=1)
TEXTS = (
    "10 AM",
    "tomorrow at 5pm",
    "tomorrow morning",
    "tomorrow",
    "Monday 5 pm",
    "31st",
    "20th March 10 AM",
    "29 Feb",
    "in 2 hours",
    "half an hour",
    "next week",
    "2026-03-20 10:00",
    "2026-03-20 10:00:00+02:00",
    "2:30 AM",
    "midnight",
    "later",
)
NAMED = (time(10), time(17), time(2, 30), time(0))
ZONES = ("UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
DAYS = (
    *(date(2024, 3, 30), date(2024, 3, 31), date(2024, 10, 26), date(2024, 10, 27), date(2024, 11, 3)),
    *(date(2024, 2, 29), date(2024, 12, 31), date(2024, 4, 7), date(1, 1, 1), date(9999, 12, 31)),
)


@st.composite
def moments(draw: st.DrawFn) -> tuple[datetime, str]:
    """When somebody said something: often at, or a hair beside, a time of day that a text names."""
    day, named = draw(st.sampled_from(DAYS)), draw(st.sampled_from(NAMED))
    beside = draw(st.sampled_from([-MICROSECOND, timedelta(), MICROSECOND, timedelta(hours=1)]))
    try:
        zone = ZoneInfo(draw(st.sampled_from(ZONES)))
        moment = datetime.combine(day, named, zone).replace(fold=draw(st.integers(0, 1))).astimezone(UTC) + beside
    except OverflowError:
        moment = datetime.combine(day, time(12), UTC)
    return moment, draw(st.sampled_from(TEXTS))


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(said=st.lists(moments(), min_size=1, max_size=60), zone=st.sampled_from(ZONES))
def test_each_call_gets_the_time_that_its_text_means_in_it(
    make_call: Callable[..., Row],
    build: Callable[..., Path],
    read: Callable[..., list[Row]],
    said: list[tuple[datetime, str]],
    zone: str,
) -> None:
    calls = [
        make_call(task_id=f"{place}", occurred_at=moment, call_date=date(2024, 5, 1))
        for place, (moment, _) in enumerate(said)
    ]
    metadata = [
        {
            **{name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")},
            "key": "call_time",
            "value": text,
            "value_type": "string",
            "is_filled": True,
        }
        for call, (_, text) in zip(calls, said, strict=True)
    ]
    path = build(calls, zone, metadata=metadata)
    times = "epoch_us(requested_at) AS requested, epoch_us(starts_at) AS starts, epoch_us(ends_at) AS ends"
    query = f"SELECT is_whole_day, {times} FROM pipeline.callbacks ORDER BY task_id::INTEGER"
    assert [tuple(row.values()) for row in read(path, query)] == [_expected(*each, ZoneInfo(zone)) for each in said]


def _expected(said_at: datetime, text: str, zone: ZoneInfo) -> tuple[Any, ...]:
    reading = read_text(text)
    found = reading and request(reading, said_at, zone, timedelta(minutes=30))
    if not found:
        return None, None, None, None
    times = (found.requested_at, found.starts_at, found.ends_at)
    return found.is_whole_day, *((at - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND for at in times)


@pytest.mark.parametrize("zone", ZONES)
def test_a_call_without_a_time_counts_from_the_start_of_its_day(
    zone: str, make_call: Callable[..., Row], build: Callable[..., Path], read: Callable[..., list[Row]]
) -> None:
    call = make_call(occurred_at=None, call_date=date(2024, 5, 1))
    metadata = {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")} | {
        "key": "call_time",
        "value": "10 AM",
        "value_type": "string",
        "is_filled": True,
    }
    (row,) = read(build([call], zone, metadata=[metadata]), "SELECT epoch_us(requested_at) AS us FROM marts.callbacks")
    ten = datetime.combine(date(2024, 5, 1), time(10), ZoneInfo(zone))
    assert row["us"] == (ten - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND
