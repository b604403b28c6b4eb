"""When people may be called, over week ends and changes of the clocks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.calling_hours import calling_hours, parse_days, parse_hours


@pytest.mark.parametrize(
    ("days", "expected"),
    [("mon-sat", {0, 1, 2, 3, 4, 5}), ("sat-mon", {5, 6, 0}), (" Mon, wed-thu ", {0, 2, 3}), ("sun", {6})],
)
def test_days_are_names_and_spans(days: str, expected: set[int]) -> None:
    assert parse_days(days) == expected


@pytest.mark.parametrize("days", ["", "monday", "mon-", "-mon", "mon-fri-sun", "1-5", "mon,"])
def test_what_is_no_day_is_refused(days: str) -> None:
    with pytest.raises(ValueError, match="days of the week"):
        parse_days(days)


@pytest.mark.parametrize("hours", ["", "9-20", "20:00-09:00", "09:00-09:00", "09:00-24:01", "09:60-10:00", "a"])
def test_what_are_no_hours_of_a_day_is_refused(hours: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        parse_hours(hours)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-04 11:30", "2026-03-04 11:30"),
        ("2026-03-04 08:59", "2026-03-04 09:00"),
        ("2026-03-04 19:59", "2026-03-04 19:59"),
        ("2026-03-04 20:00", "2026-03-05 09:00"),
        ("2026-03-07 20:00", "2026-03-09 09:00"),
        ("2026-03-08 12:00", "2026-03-09 09:00"),
        # The clocks change in the night before each.
        ("2026-03-28 21:00", "2026-03-30 09:00"),
        ("2026-10-24 21:00", "2026-10-26 09:00"),
    ],
)
def test_a_call_waits_for_the_next_open_moment(moment: str, expected: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    found = calling_hours("09:00-20:00", "mon-sat").next_open(datetime.fromisoformat(moment).replace(tzinfo=zone), zone)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=zone).astimezone(UTC)


def test_a_whole_day_of_one_weekday_is_open_up_to_midnight() -> None:
    hours = calling_hours("00:00-24:00", "wed")
    late = datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)
    assert hours.next_open(late, ZoneInfo("UTC")) == late
    assert hours.next_open(datetime(2026, 3, 5, tzinfo=UTC), ZoneInfo("UTC")) == datetime(2026, 3, 11, tzinfo=UTC)


def test_no_moment_is_open_past_the_end_of_the_calendar() -> None:
    end = datetime(9999, 12, 31, 23, tzinfo=UTC)
    assert calling_hours("09:00-20:00", "mon-sat").next_open(end, ZoneInfo("UTC")) is None
