"""The nightly schedule over midnights and changes of the clock: one run a local day, over the right days."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dagster import RunRequest, build_schedule_context
from dagster._utils.schedules import schedule_execution_time_iterator  # what its daemon goes by

from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.resources import Pipeline

SPRING, AUTUMN, WINTER = date(2026, 3, 8), date(2026, 11, 1), date(2026, 1, 10)
"""The first two are the days on which clocks change in New York."""

CASES = [
    ("America/New_York", SPRING),
    ("America/New_York", AUTUMN),
    ("America/New_York", WINTER),
    ("Asia/Kolkata", SPRING),
    ("Asia/Kolkata", WINTER),
    ("UTC", AUTUMN),
]
Register = Callable[[date, list[str]], None]


@pytest.mark.parametrize(("zone_name", "day"), CASES)
def test_one_run_a_local_day_over_all_days_up_to_it(
    zone_name: str, day: date, tmp_path: Path, register: Register
) -> None:
    around = [day + timedelta(days=offset) for offset in (-1, 0, 1)]
    for each in around:
        register(each, [each.isoformat()])
    settings = Settings(data_dir=tmp_path / "data", timezone=zone_name)
    schedule = build_definitions(Pipeline(lambda: settings)).resolve_schedule_def("daily_sync")
    asked: list[Any] = [
        schedule(build_schedule_context(scheduled_execution_time=tick))
        for tick in ticks(schedule.cron_schedule, zone_name, around)
    ]
    assert all(isinstance(request, RunRequest) for request in asked)
    assert [request.partition_key for request in asked] == [each.isoformat() for each in around]
    assert len({request.run_key for request in asked}) == len(around)
    for step in ("raw_answers", "lake_tables"):
        spans = [request.run_config["ops"][step]["config"] for request in asked]
        assert [(span["first_day"], span["last_day"]) for span in spans] == [
            (around[0].isoformat(), each.isoformat()) for each in around
        ]


def ticks(cron: Any, zone_name: str, days: list[date]) -> list[datetime]:
    """When Dagster evaluates the schedule from the beginning of the first of these days to the end of the last."""
    zone = ZoneInfo(zone_name)
    begin = datetime(days[0].year, days[0].month, days[0].day, tzinfo=zone)
    end = datetime(days[-1].year, days[-1].month, days[-1].day, tzinfo=zone) + timedelta(days=1)
    following = schedule_execution_time_iterator(begin.timestamp(), cron, zone_name, ascending=True)
    return list(takewhile(lambda tick: tick < end, following))


@pytest.mark.parametrize(
    ("zone_name", "before_midnight"),
    [
        ("America/New_York", datetime(2026, 3, 8, 4, 59, tzinfo=ZoneInfo("UTC"))),
        ("America/New_York", datetime(2026, 3, 9, 3, 59, tzinfo=ZoneInfo("UTC"))),
        ("America/New_York", datetime(2026, 11, 2, 4, 59, tzinfo=ZoneInfo("UTC"))),
        ("Asia/Kolkata", datetime(2026, 3, 8, 18, 29, tzinfo=ZoneInfo("UTC"))),
        ("UTC", datetime(2026, 3, 8, 23, 59, tzinfo=ZoneInfo("UTC"))),
    ],
)
def test_a_day_is_asked_for_from_its_local_midnight_on(
    zone_name: str, before_midnight: datetime, tmp_path: Path, register: Register
) -> None:
    tomorrow = (before_midnight + timedelta(minutes=1)).astimezone(ZoneInfo(zone_name)).date()
    register(tomorrow, ["a"])
    settings = Settings(data_dir=tmp_path / "data", timezone=zone_name)
    schedule = build_definitions(Pipeline(lambda: settings)).resolve_schedule_def("daily_sync")
    asked = [
        isinstance(schedule(build_schedule_context(scheduled_execution_time=before_midnight + later)), RunRequest)
        for later in (timedelta(0), timedelta(minutes=1))
    ]
    assert asked == [False, True]
