"""What people say about when to be called, read once and reckoned for any call."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.marts.callbacks.parser import LONGEST_TEXT, Kind, Request, read_text, request

KOLKATA = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")


def asked(text: str, said_at: str, zone: ZoneInfo = KOLKATA) -> Request | None:
    reading = read_text(text)
    assert reading is not None
    return request(reading, datetime.fromisoformat(said_at).replace(tzinfo=zone), zone, timedelta(minutes=30))


@pytest.mark.parametrize(
    ("text", "kind", "is_whole_day"),
    [
        ("20th March 10 AM", Kind.YEARLY, False),
        ("29 Feb", Kind.YEARLY, True),
        ("31st", Kind.MONTHLY, True),
        ("Monday 5 pm", Kind.WEEKDAY, False),
        ("tomorrow at 5pm", Kind.DAYS, False),
        ("tomorrow morning", Kind.DAYS, True),
        ("10 AM", Kind.DAYS, False),
        ("in 2 hours", Kind.AFTER, False),
        ("in half an hour", Kind.AFTER, False),
        ("2 weeks", Kind.DAYS, True),
        ("2026-03-20 10:00", Kind.FIXED, False),
    ],
)
def test_a_text_is_read_by_what_it_depends_on(text: str, kind: Kind, is_whole_day: bool) -> None:
    reading = read_text(text)
    assert reading is not None
    assert (reading.kind, reading.is_whole_day) == (kind, is_whole_day)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "later",
        "No",
        "yesterday",
        "2 hours ago",
        "this week",
        "last week",
        "in 0 weeks",
        "half an hour ago",
        "one and a half hour",
        "next month",
        "evening",
        "after 5",
        "March",
        "5",
        "at 4",
        "कल सुबह",
        "10 AM" + " " * LONGEST_TEXT,
    ],
)
def test_what_says_no_time_to_come_is_not_understood(text: str) -> None:
    assert read_text(text) is None


@pytest.mark.parametrize(
    ("text", "said_at", "expected"),
    [
        ("20th March 10 AM", "2026-03-20 09:59", "2026-03-20 10:00"),
        ("20th March 10 AM", "2026-03-20 10:01", "2027-03-20 10:00"),
        ("20th March", "2026-03-20 23:00", "2026-03-20 00:00"),
        ("29 Feb 5pm", "2025-03-01 09:00", "2028-02-29 17:00"),
        ("31st at 9 am", "2026-03-31 09:30", "2026-05-31 09:00"),
        ("Monday 5 pm", "2026-03-02 09:00", "2026-03-09 17:00"),
        ("Sunday 5 pm", "2026-03-02 09:00", "2026-03-08 17:00"),
        ("tomorrow at 5pm", "2026-12-31 23:59", "2027-01-01 17:00"),
        ("10 AM", "2026-03-04 10:00", "2026-03-05 10:00"),
        ("10 AM", "2026-03-04 09:59", "2026-03-04 10:00"),
        ("in 2 hours", "2026-03-04 23:00", "2026-03-05 01:00"),
        ("half an hour", "2026-03-04 23:40", "2026-03-05 00:10"),
        (" After\u00a0Half  Hour", "2026-03-04 09:00", "2026-03-04 09:30"),
        ("in a half hour", "2026-03-04 09:00", "2026-03-04 09:30"),
        ("in a week", "2026-03-04 23:00", "2026-03-11 00:00"),
        ("next week", "2026-03-04 09:00", "2026-03-11 00:00"),
        ("after 2 weeks", "2026-03-04 09:00", "2026-03-18 00:00"),
        ("20/3 10am", "2026-03-04 10:00", "2026-03-20 10:00"),
        ("05/06/2026 4 PM", "2026-03-04 10:00", "2026-06-05 16:00"),
        ("10:00 IST", "2026-03-04 09:00", "2026-03-04 10:00"),
    ],
)
def test_the_time_meant_is_seen_from_the_call_in_its_zone(text: str, said_at: str, expected: str) -> None:
    found = asked(text, said_at)
    assert found is not None
    assert found.requested_at == datetime.fromisoformat(expected).replace(tzinfo=KOLKATA)


def test_a_full_date_with_an_offset_is_a_moment() -> None:
    found = asked("2026-03-20T10:00:00Z", "2026-03-04 10:00")
    assert found is not None
    assert found.requested_at == datetime(2026, 3, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "offset",
    ["Z", "z", " Z ", "\tZ", "\u00a0Z", "Z\u2003", "+0000", "-00:00", ":00Z", ":00.000Z", "\u0665:\u0660\u0660Z"],
)
def test_blanks_and_digits_of_any_kind_may_stand_about_an_offset(offset: str) -> None:
    text = "2026-03-20 10:00" + offset if ":\u0660" not in offset else f"2026-03-20 \u0661{offset}"
    reading = read_text(text)
    assert reading is not None
    assert reading.offset_seconds == 0


@pytest.mark.parametrize("offset", ["+2500", "+0560", "+14:30", "-1300", "+0515", "+05:30Z"])
def test_an_offset_of_no_zone_makes_the_text_none_that_is_understood(offset: str) -> None:
    assert read_text(f"2026-03-20 10:00{offset}") is None


@pytest.mark.parametrize(
    "offset",
    [
        *(f"{hours:+03}:00" for hours in range(-12, 15)),
        *("-09:30", "-04:30", "-03:30", "-02:30", "+03:30", "+04:30", "+05:30", "+05:45", "+06:30"),
        *("+08:45", "+09:30", "+10:30", "+11:30", "+12:45"),
    ],
)
def test_the_offsets_that_the_header_names_are_known(offset: str) -> None:
    readings = read_text(f"2026-03-20 10:00{offset}"), read_text(f"2026-03-20T10:00:00 {offset.replace(':', '')}")
    seconds = datetime.fromisoformat(f"2026-03-20T10:00{offset}").utcoffset()
    assert seconds is not None
    assert [reading and reading.offset_seconds for reading in readings] == [seconds.total_seconds()] * 2


def test_a_time_of_day_is_kept_within_the_tolerance_and_a_day_by_its_length() -> None:
    at, day = asked("tomorrow at 5pm", "2026-03-28 12:00", BERLIN), asked("tomorrow", "2026-03-28 12:00", BERLIN)
    assert at is not None
    assert day is not None
    assert at.ends_at - at.starts_at == timedelta(hours=1)
    # The clocks go forward on that day.
    assert day.ends_at - day.starts_at == timedelta(hours=23) - timedelta(microseconds=1)


@pytest.mark.parametrize(("said_at", "hour"), [("2026-03-28 12:00", 1), ("2026-10-24 12:00", 0)])
def test_a_time_that_is_not_there_or_there_twice_is_still_one_moment(said_at: str, hour: int) -> None:
    found = asked("tomorrow at 2:30 am", said_at, BERLIN)
    assert found is not None
    assert (found.requested_at.hour, found.requested_at.minute) == (hour, 30)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("9999-12-31", "UTC"),
        ("9999-12-31", "Asia/Kolkata"),
        ("9999-12-31 23:29", "Asia/Kolkata"),
        ("9999-12-31 23:29Z", "America/New_York"),
        ("0001-01-01", "UTC"),
        ("0001-01-01", "America/New_York"),
    ],
)
def test_the_first_and_last_days_of_the_calendar_are_understood(text: str, zone: str) -> None:
    assert asked(text, "2026-03-04 10:00", ZoneInfo(zone)) is not None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("9999-12-31", "America/New_York"),  # its end, by the clock of UTC
        ("9999-12-31 23:31", "UTC"),  # the tolerance
        ("9999-12-31 23:29Z", "Asia/Kolkata"),  # by the zone's clock
        ("0001-01-01", "Asia/Kolkata"),
        ("0001-01-01 00:40Z", "America/New_York"),
    ],
)
def test_past_the_calendar_by_either_clock_nothing_is_asked_for(text: str, zone: str) -> None:
    assert asked(text, "2026-03-04 10:00", ZoneInfo(zone)) is None


def test_a_day_after_the_last_one_is_none() -> None:
    assert asked("tomorrow at 5pm", "9999-12-31 12:00") is None


def test_a_call_past_the_calendar_by_either_clock_asks_for_nothing() -> None:
    reading, late = read_text("2026-03-20"), datetime(9999, 12, 31, 20, tzinfo=UTC)
    assert reading is not None
    assert request(reading, late, ZoneInfo("UTC"), timedelta()) is not None
    assert request(reading, late, KOLKATA, timedelta()) is None


_READ = """
from dialflo_pipeline.marts.callbacks.parser import read_text
texts = ["tomorrow at 5pm", "in 2 hours", "2026-03-20 10:00", "2026-03-20 10:00+02:00", "10 AM"]
print([read_text(text) for text in texts])
"""


@pytest.mark.parametrize("zone", ["America/New_York", "IST-5:30", "Nowhere/Land", ":"])
def test_the_time_zone_of_the_machine_is_of_no_influence(zone: str) -> None:
    read = [_output_of_python(_READ, os.environ | {"TZ": each}) for each in ("UTC", zone)]
    assert read[0] == read[1]
    assert read[0].count("Reading(") == 5


def _output_of_python(code: str, env: dict[str, str]) -> str:
    return subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout
