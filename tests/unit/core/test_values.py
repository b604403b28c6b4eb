"""Single values: what is read, what is blank, what is refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.schema import Outcome
from dialflo_pipeline.core.strict_json import Json, Number
from dialflo_pipeline.core.values import (
    call_objects,
    contact_number,
    e164,
    has_insights,
    is_blank,
    is_call_object,
    is_inbound,
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
        ("0001-01-01T00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00-23:59", datetime(1, 1, 1, 23, 59, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
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
        "0001-01-01T00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "infinity",
        "1750847225",
    ],
)
def test_what_is_no_time_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(ValueError, match="not a time") as refusal:
        parse_time(text, UTC_ZONE)
    assert text not in str(refusal.value)


@pytest.mark.parametrize(("text", "zone"), [("0001-01-01T00:00", KOLKATA), ("9999-12-31T23:59", ZoneInfo("Etc/GMT+5"))])
def test_a_local_time_outside_the_years_in_utc_is_refused(text: str, zone: ZoneInfo) -> None:
    with pytest.raises(ValueError, match="not a time"):
        parse_time(text, zone)


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
        ("voicemail", Outcome.UNKNOWN),
        ("ANSWERED2", Outcome.UNKNOWN),
        ("an\u017fwered", Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_a_status_has_an_outcome_whatever_its_case_and_punctuation(status: str | None, expected: Outcome) -> None:
    assert outcome_of(status) is expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("917407656243", "+917407656243"),
        ("+91 (740) 765-6243", "+917407656243"),
        ("0091.740.765.6243", "+917407656243"),
        ("[91]7407656243", "+917407656243"),
        ("12345678", "+12345678"),
        ("123456789012345", "+123456789012345"),
        ("1234567", None),
        ("1234567890123456", None),
        ("07407656243", None),
        ("+07407656243", None),
        ("+0091740765624", None),
        ("00091740765624", None),
        ("++917407656243", None),
        ("91/7407656243", None),
        ("91\t7407656243", None),
        ("\u0669\u0661\u0667\u0664\u0660\u0667\u0666\u0665\u0666", None),
        ("917407656243\n", None),
        ("anonymous", None),
        ("", None),
        (None, None),
    ],
)
def test_a_phone_number_is_read_as_e164_or_not_at_all(number: str | None, expected: str | None) -> None:
    assert e164(number) == expected


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("inbound", True),
        ("InBound", True),
        ("outbound", False),
        (" inbound", False),
        ("\u0130nbound", False),
        (None, False),
    ],
)
def test_a_direction_is_inbound_in_any_case(direction: str | None, expected: bool) -> None:
    assert is_inbound(direction) is expected


@pytest.mark.parametrize(
    ("direction", "from_number", "to_number", "expected"),
    [
        ("outbound", "918035736461", "917407656243", "+917407656243"),
        (None, "918035736461", "917407656243", "+917407656243"),
        ("INBOUND", "918035736461", "917407656243", "+918035736461"),
        ("inbound", None, "917407656243", None),
        ("outbound", "918035736461", " ", None),
        ("outbound", "918035736461", " *99# ", " *99# "),
    ],
)
def test_the_contact_is_the_other_party(
    direction: str | None, from_number: str | None, to_number: str | None, expected: str | None
) -> None:
    assert contact_number(direction, from_number, to_number) == expected


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
        ({"call_insights": {"metadata": None}}, True),
    ],
)
def test_insights_are_there_unless_null_absent_or_empty(call: dict[str, Json], expected: bool) -> None:
    assert has_insights(call) is expected
