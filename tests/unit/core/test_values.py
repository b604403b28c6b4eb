"""Single values: what is read, what is blank, what is refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.schema import Outcome
from dialflo_pipeline.core.strict_json import Json, Number
from dialflo_pipeline.core.values import (
    call_objects,
    has_insights,
    is_blank,
    is_call_object,
    outcome_of,
    parse_confidence,
    parse_duration,
    parse_number,
    parse_time,
    scalar_text,
    status_of,
)

KOLKATA = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize("text", ["", " ", "\t\n\r\v\f "])
def test_ascii_white_space_is_blank(text: str) -> None:
    assert is_blank(text)
    assert parse_number(text) is None
    assert parse_time(text, KOLKATA) is None
    assert parse_confidence(text) is None
    assert parse_duration(text) is None


@pytest.mark.parametrize("text", ["x", "\u00a0", "\u2003", "\x00", "\u200b", "\x1c"])
def test_other_white_space_is_not_blank(text: str) -> None:
    assert not is_blank(text)
    with pytest.raises(ValueError, match="not a number"):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-06-25 10:57:05+05:30", datetime(2025, 6, 25, 5, 27, 5, tzinfo=UTC)),
        ("2025-06-25T10:57:05Z", datetime(2025, 6, 25, 10, 57, 5, tzinfo=UTC)),
        ("2025-06-25T10:57+0530", datetime(2025, 6, 25, 5, 27, tzinfo=UTC)),
        ("2025-06-25T10:57-05", datetime(2025, 6, 25, 15, 57, tzinfo=UTC)),
        ("2025-06-25 10:57-00:00", datetime(2025, 6, 25, 10, 57, tzinfo=UTC)),
        (" \t2025-06-25 10:57 \n", datetime(2025, 6, 25, 5, 27, tzinfo=UTC)),
        ("2025-06-25 10:57:05.1", datetime(2025, 6, 25, 5, 27, 5, 100_000, tzinfo=UTC)),
        ("2025-06-25 10:57:05.1234569Z", datetime(2025, 6, 25, 10, 57, 5, 123_456, tzinfo=UTC)),
        ("2025-06-25 10:57:05." + "9" * 300 + "Z", datetime(2025, 6, 25, 10, 57, 5, 999_999, tzinfo=UTC)),
        ("2024-02-29 00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("1990-01-01T00:00Z", datetime(1990, 1, 1, tzinfo=UTC)),
        ("1989-12-31T20:00-04", datetime(1990, 1, 1, tzinfo=UTC)),
        ("1990-01-01T05:30", datetime(1990, 1, 1, tzinfo=UTC)),
        ("2100-01-01T00:00Z", datetime(2100, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_becomes_aware_utc(text: str, expected: datetime) -> None:
    assert parse_time(text, KOLKATA) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2025-06-25",
        "2025-06-25 10",
        "2025-06-25 24:00",
        "2025-06-25 10:60",
        "2025-06-25 10:57:60Z",
        "2025-02-30 10:57",
        "2025-13-01 10:57",
        "2025-06-25 10:57:05.",
        "2025-06-25 10:57:05,5",
        "2025-06-25  10:57",
        "2025-06-25t10:57",
        "2025-06-25T10:57z",
        "2025-06-25T10:57 Z",
        "2025-06-25T10:57+5",
        "2025-06-25T10:57+05:3",
        "2025-06-25T10:57+24",
        "2025-06-25T10:57+05:60",
        "2025-06-25T10:57+05:30:00",
        "2025-06-25T10:57 Asia/Kolkata",
        "25-06-2025 10:57",
        "2025-6-25 10:57",
        "\u0662025-06-25 10:57",
        "2025-06-25\u00a010:57",
        "\u00a02025-06-25 10:57",
        "0000-01-01T00:00Z",
        "infinity",
        "1750847225",
    ],
)
def test_what_is_no_time_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(ValueError, match="not a time") as refusal:
        parse_time(text, UTC_ZONE)
    assert text not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("0001-01-01T00:00", KOLKATA),
        ("9999-12-31T23:59", ZoneInfo("Etc/GMT+5")),
        ("0001-01-01T00:00Z", UTC_ZONE),
        ("0001-01-01T00:00+00:01", UTC_ZONE),
        ("9999-12-31T23:59:59-00:01", UTC_ZONE),
        ("1970-01-01T00:00:00Z", UTC_ZONE),
        ("1989-12-31T23:59:59.999999Z", UTC_ZONE),
        ("1990-01-01T00:00", KOLKATA),
        ("1990-01-01T00:00+00:01", UTC_ZONE),
        ("2100-01-01T00:00:00.000001Z", UTC_ZONE),
        ("2100-01-01T00:00-00:01", UTC_ZONE),
        ("2099-12-31T20:00", ZoneInfo("Etc/GMT+5")),
    ],
)
def test_a_time_outside_the_range_is_refused_without_being_quoted(text: str, zone: ZoneInfo) -> None:
    with pytest.raises(ValueError, match="outside 1990-01-01 to 2100-01-01") as refusal:
        parse_time(text, zone)
    assert text not in str(refusal.value)


def test_a_time_that_does_not_exist_is_read_with_the_offset_before_the_change() -> None:
    assert parse_time("2025-03-30 02:30", BERLIN) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


def test_a_time_that_exists_twice_is_the_first() -> None:
    assert parse_time("2025-10-26 02:30", BERLIN) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0),
        ("-0", 0.0),
        (" 23.5\t", 23.5),
        ("+5", 5.0),
        ("5.", 5.0),
        (".5", 0.5),
        ("-.5e3", -500.0),
        ("1E+5", 100_000.0),
        ("1e-999", 0.0),
        ("0012", 12.0),
        ("9" * 300, float("9" * 300)),
    ],
)
def test_a_number_is_read(text: str, expected: float) -> None:
    assert parse_number(text) == expected


@pytest.mark.parametrize(
    "text",
    ["x", ".", "+", "e5", "1e", "1_000", "1,5", "0x10", "nan", "inf", "-Infinity", "1 2", "true", "\u0663", "\uff11"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_number(text)


@pytest.mark.parametrize("text", ["1e999", "-1e999", "9" * 5000])
def test_a_number_beyond_a_double_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        parse_number(text)


def test_a_duration_below_zero_is_refused() -> None:
    assert parse_duration("0") == 0.0
    assert parse_duration("-0.0") == 0.0
    with pytest.raises(ValueError, match="below 0"):
        parse_duration("-0.001")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0.0), ("0.5", 0.5), ("1", 1.0), ("1.5", 0.015), ("95", 0.95), ("100", 1.0), ("100.0", 1.0)],
)
def test_a_confidence_is_a_share_or_a_percentage(text: str, expected: float) -> None:
    assert parse_confidence(text) == expected


@pytest.mark.parametrize("text", ["-0.1", "100.1", "1e9", "-95"])
def test_another_confidence_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outside 0 to 100"):
        parse_confidence(text)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ANSWERED", Outcome.ANSWERED),
        (" answered!", Outcome.ANSWERED),
        ("no-answer", Outcome.NO_ANSWER),
        ("No  Answer", Outcome.NO_ANSWER),
        ("__NOT__ANSWERED__", Outcome.NO_ANSWER),
        ("noanswer", Outcome.NO_ANSWER),
        ("UNANSWERED", Outcome.NO_ANSWER),
        ("missed", Outcome.NO_ANSWER),
        ("line busy", Outcome.BUSY),
        ("USER_BUSY", Outcome.BUSY),
        ("busy", Outcome.BUSY),
        ("Network Error", Outcome.FAILED),
        ("FAILED", Outcome.FAILED),
        ("error", Outcome.FAILED),
        ("canceled", Outcome.CANCELLED),
        ("CANCELLED", Outcome.CANCELLED),
        ("in progress", Outcome.IN_PROGRESS),
        ("QUEUED", Outcome.IN_PROGRESS),
        ("initiated", Outcome.IN_PROGRESS),
        ("Ringing", Outcome.IN_PROGRESS),
        ("paused", Outcome.IN_PROGRESS),
        ("voicemail", Outcome.MACHINE),
        ("Machine", Outcome.MACHINE),
        ("answering machine", Outcome.MACHINE),
        ("MACHINE-ANSWERED", Outcome.MACHINE),
        ("VOICE_MAIL", Outcome.UNKNOWN),
        ("ANSWERED2", Outcome.UNKNOWN),
        ("an\u017fwered", Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_a_status_has_an_outcome_whatever_its_case_and_punctuation(status: str | None, expected: Outcome) -> None:
    assert outcome_of(status) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), ("", ""), (" x ", " x "), (True, "true"), (False, "false"), (Number("1.50"), "1.50")],
)
def test_a_single_value_becomes_text(value: Json, expected: str | None) -> None:
    assert scalar_text(value) == expected


@pytest.mark.parametrize("value", [{}, [], {"a": None}, [None]])
def test_an_object_or_array_is_no_single_value(value: Json) -> None:
    with pytest.raises(ValueError, match="single value is due"):
        scalar_text(value)


@pytest.mark.parametrize(
    "mark", ["agent_name", "call_status", "call_outcome", "call_insights", "call_duration", "to_number"]
)
def test_any_mark_that_is_not_null_makes_a_call_object(mark: str) -> None:
    assert is_call_object({mark: False})
    assert is_call_object({mark: {}})
    assert not is_call_object({mark: None, "from_number": "918035736461"})


@pytest.mark.parametrize(
    "value", [None, "x", True, Number("1"), [], [{"agent_name": "x"}], {}, {"detail": "not found"}]
)
def test_anything_else_is_no_call_object(value: Json) -> None:
    assert not is_call_object(value)


def test_call_objects_are_taken_from_an_array_or_a_single_object() -> None:
    call: dict[str, Json] = {"agent_name": "ONEST"}
    assert call_objects([call, {}, None, call]) == [call, call]
    assert call_objects(call) == [call]
    assert call_objects([]) == call_objects(None) == call_objects([[call]]) == []


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({"call_status": "ANSWERED", "call_outcome": "BUSY"}, "ANSWERED"),
        ({"call_status": None, "call_outcome": "BUSY"}, "BUSY"),
        ({"call_outcome": "BUSY"}, "BUSY"),
        ({"call_status": "", "call_outcome": "BUSY"}, ""),
        ({"call_status": {}, "call_outcome": "BUSY"}, None),
        ({}, None),
    ],
)
def test_the_status_is_call_status_or_else_call_outcome(call: dict[str, Json], expected: str | None) -> None:
    assert status_of(call) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({}, False),
        ({"call_insights": None}, False),
        ({"call_insights": {}}, False),
        ({"call_insights": "pending"}, False),
        ({"call_insights": []}, False),
        ({"call_insights": ["a"]}, False),
        ({"call_insights": 1}, False),
        ({"call_insights": {"metadata": None}}, False),
        ({"call_insights": {"metadata": {}, "user_interest": {"status": None, "reasoning": " "}}}, False),
        ({"call_insights": {"metadata": {"a": [None, "", {}, []]}}}, False),
        ({"call_insights": {"metadata": {"a": [None, "x"]}}}, True),
        ({"call_insights": {"next_action": "REDIAL"}}, True),
        ({"call_insights": {"metadata": {"a": False}}}, True),
        ({"call_insights": {"metadata": {"a": Number("0")}}}, True),
        ({"call_insights": {"metadata": {"a": "\u00a0"}}}, True),
    ],
)
def test_insights_are_an_object_with_a_leaf_that_says_something(call: dict[str, Json], expected: bool) -> None:
    assert has_insights(call) is expected


def test_insights_may_be_nested_deeply() -> None:
    deep: Json = None
    for _ in range(510):
        deep = [{"a": deep}] if isinstance(deep, dict) else {"a": [deep]}
    assert not has_insights({"call_insights": {"metadata": deep}})
