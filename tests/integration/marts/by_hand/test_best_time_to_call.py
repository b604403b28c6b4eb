"""`best_time_to_call`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.marts.input_tables import utc_offsets

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("best_time_to_call",)


def test_hours_are_those_of_the_zone_on_both_sides_of_a_change(make_call: MakeCall, build: Build, read: Read) -> None:
    change = datetime(2024, 10, 27, 1, tzinfo=UTC)  # clocks in Berlin go from 03:00 back to 02:00
    moments = [change - timedelta(hours=1, microseconds=1), change - timedelta(microseconds=1), change]
    moments += [change + timedelta(hours=1), change + timedelta(hours=23), datetime(1969, 12, 31, 23, 30, tzinfo=UTC)]
    calls = [make_call(task_id=f"{n}", occurred_at=moment) for n, moment in enumerate(moments)]
    calls.append(make_call(task_id="unknown time"))
    rows = read(build(calls, "Europe/Berlin"), "FROM marts.best_time_to_call")
    assert {(row["weekday"], row["hour"]): row["calls"] for row in rows} == {
        (7, 1): 1,
        (7, 2): 2,
        (7, 3): 1,
        (1, 1): 1,
        (4, 0): 1,
    }


def test_an_offset_that_changes_within_an_hour_of_utc_is_found_to_the_second() -> None:
    lord_howe, new_york = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/New_York")
    assert list(utc_offsets(date(2024, 4, 6), lord_howe)) == [(0, 39_600), (15 * 3600, 37_800)]
    assert list(utc_offsets(date(1883, 11, 18), new_york)) == [(0, -17_762), (17 * 3600, -18_000)]
    assert list(utc_offsets(date(1972, 1, 7), ZoneInfo("Africa/Monrovia"))) == [(0, -2_670), (2_670, 0)]
    assert list(utc_offsets(date.max, new_york)) == [(0, -18_000)]
    assert next(utc_offsets(date.min, ZoneInfo("Asia/Kolkata")))[0] == 0


def test_cells_that_differ_no_more_than_chance_are_shrunk_to_the_mean(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    def cell(hour: int, calls: int, answered: int) -> list[Row]:
        return [
            make_call(
                task_id=f"{hour} {n}",
                outcome="answered" if n < answered else "busy",
                occurred_at=NOON.replace(hour=hour),
            )
            for n in range(calls)
        ]

    alike = read(build([*cell(9, 40, 10), *cell(10, 29, 7)]), "FROM marts.best_time_to_call ORDER BY hour")
    assert [(row["rho"], row["shrunk_rate"], row["is_too_small"]) for row in alike] == [
        (0.0, pytest.approx(17 / 69), False),
        (0.0, pytest.approx(17 / 69), True),
    ]
    apart = read(build([*cell(9, 40, 30), *cell(10, 40, 12), *cell(11, 1, 1)]), "FROM marts.best_time_to_call")
    by_hour = {row["hour"]: row for row in apart}
    assert 0.5 < by_hour[9]["weight"] < 1
    assert by_hour[11]["weight"] < by_hour[9]["weight"]
    assert by_hour[11]["agent_answer_rate"] < by_hour[11]["shrunk_rate"] < 1
    # From the formula by hand: N = 81, X = 43, K = 3.
    mean = 43 / 81
    spread = 40 * (0.75 - mean) ** 2 + 40 * (0.3 - mean) ** 2 + (1 - mean) ** 2
    rho = (spread / (mean * (1 - mean)) - 2) / (81 - (1600 + 1600 + 1) / 81 - 2)
    assert by_hour[11]["rho"] == pytest.approx(min(1, rho), abs=1e-12)
