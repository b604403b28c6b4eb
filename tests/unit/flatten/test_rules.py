"""Every rule by which an answer becomes rows, tried on the reference reader and on both readers together."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from dialflo_pipeline.core.schema import CALL_CONTEXT, CALL_METADATA, CALLS, REJECTS
from dialflo_pipeline.flatten import Flattened

Read: TypeAlias = Callable[..., Flattened]

DOCUMENTED = Path(__file__).parents[2] / "cases" / "documented_response.json"
CALL = {"agent_name": "ONEST"}
METADATA = "call_insights.metadata"


def insights(**members: Any) -> dict[str, Any]:
    return {"call_insights": members}


def extra(found: Flattened) -> Any:
    [text] = found.calls["extra"].to_list()
    return None if text is None else json.loads(text)


def rejects(found: Flattened) -> list[tuple[int | None, str, Any]]:
    rows = found.rejects.select("call_index", "path", "value").iter_rows()
    return [(index, path, json.loads(value)) for index, path, value in rows]


def test_the_documented_answer_becomes_its_rows(read: Read) -> None:
    found = read(DOCUMENTED.read_bytes())
    [call] = found.calls.to_dicts()
    assert call["agent_name"] == "ONEST"
    assert (call["interest_status"], call["interest_confidence"]) == ("Unclear", 0.0)
    assert (call["next_action"], call["call_duration_seconds"]) == ("REDIAL", 23.0)
    assert (call["to_number"], call["to_number_e164"]) == ("917407656243", "+917407656243")
    assert (call["outcome"], call["is_answered"], call["contact_number"]) == ("answered", True, "+917407656243")
    assert call["extra"] is None
    assert found.call_metadata.select("key", "value", "value_type", "is_filled").rows() == [
        ("call_time", "20th March 10 AM", "string", True),
        ("current_city", "", "string", False),
        ("current_job", "", "string", False),
        ("degree", "No", "string", True),
    ]
    assert found.call_context.is_empty()
    assert found.rejects.is_empty()


def test_the_frames_have_exactly_the_declared_columns(read: Read) -> None:
    for found in (read(), read(CALL), read([{**CALL, "call_duration": "x"}])):
        assert found.calls.schema == CALLS.frame_schema
        assert found.call_metadata.schema == CALL_METADATA.frame_schema
        assert found.call_context.schema == CALL_CONTEXT.frame_schema
        assert found.rejects.schema == REJECTS.frame_schema


def test_rows_are_sorted_by_their_key(read: Read) -> None:
    call = {**CALL, "call_context": {"b": 1, "a": {}, "é": 2, "Z": 3}}
    found = read([call, {**call, "call_duration": []}, call], call, [call, 1])
    assert found.calls.equals(found.calls.sort("task_id", "call_index"))
    assert found.call_context.equals(found.call_context.sort("task_id", "call_index", "key"))
    assert found.rejects.equals(found.rejects.sort("task_id", "call_index"))
    assert found.calls.height == 5
    assert found.call_context.height == 20


def test_the_call_index_is_the_place_in_the_array(read: Read) -> None:
    found = read([CALL, {}, CALL], CALL)
    assert found.calls.select("task_id", "call_index").rows() == [("t000000", 0), ("t000000", 2), ("t000001", 0)]
    assert rejects(found) == [(1, "", {})]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([], [(None, "", [])]),
        ({}, [(None, "", {})]),
        (None, [(None, "", None)]),
        ("x", [(None, "", "x")]),
        ([1], [(0, "", 1), (None, "", [1])]),
        ([[CALL], None], [(0, "", [CALL]), (1, "", None), (None, "", [[CALL], None])]),
        ({"detail": "gone"}, [(None, "", {"detail": "gone"})]),
        ({"agent_name": None, "call_id": "x"}, [(None, "", {"agent_name": None, "call_id": "x"})]),
    ],
)
def test_an_answer_without_a_call_object_is_a_reject(read: Read, answer: Any, expected: Any) -> None:
    found = read(answer)
    assert found.calls.is_empty()
    assert rejects(found) == expected


def test_a_stored_body_that_is_not_json_costs_only_itself(read: Read) -> None:
    found = read(b"[{oops", CALL, b"\xff", b"", b'{"agent_name": }', b"\xef\xbb\xbf[{")
    assert found.calls["task_id"].to_list() == ["t000001"]
    assert found.rejects.select("task_id", "path", "value").rows() == [
        (f"t00000{number}", "", None) for number in (0, 2, 3, 4, 5)
    ]


def test_a_byte_order_mark_is_skipped(read: Read) -> None:
    found = read(b"\xef\xbb\xbf" + json.dumps([CALL]).encode())
    assert found.calls["agent_name"].to_list() == ["ONEST"]


@pytest.mark.parametrize("shift", range(4))
def test_a_byte_order_mark_is_skipped_before_text_of_any_script(read: Read, shift: int) -> None:
    name = "x" * shift + "\U0001f600" * 40
    found = read(b"\xef\xbb\xbf" + json.dumps([{"agent_name": name}], ensure_ascii=False).encode(), CALL)
    assert found.calls["agent_name"].to_list() == [name, "ONEST"]


def test_what_is_absent_or_null_is_null(read: Read) -> None:
    empty = read(CALL).calls.drop("extra")
    nulls = dict.fromkeys(("call_id", "call_status", "call_outcome", "call_insights", "call_quality"))
    assert read(CALL | nulls | {"call_context": None, "to_number": None}).calls.equals(read(CALL).calls)
    assert extra(read(CALL)) is None
    assert empty.select("outcome", "is_answered").rows() == [("unknown", False)]
    assert empty["call_duration_seconds"].to_list() == [None]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"agent_id": 12}, {"agent_id": "12"}),
        ({"agent_id": "a-12"}, {"agent_id": "a-12"}),
        ({"agent_id": True}, {"agent_id": "true"}),
        ({"agent_id": 123456789012345678901234567890}, {"agent_id": "123456789012345678901234567890"}),
        ({"agent_id": -1}, {"agent_id": "-1"}),
        ({"agent_name": " हाँ\n"}, {"agent_name": " हाँ\n"}),
        ({"call_id": "a\x00b"}, {"call_id": "a\x00b"}),
        ({"call_id": "{}"}, {"call_id": "{}"}),
        ({"call_id": ""}, {"call_id": ""}),
        ({"call_status": "Busy"}, {"call_status": "Busy", "outcome": "busy", "is_answered": False}),
        ({"call_outcome": "ANSWERED"}, {"call_status": "ANSWERED", "is_answered": True}),
        ({"call_status": None, "call_outcome": "FAILED"}, {"call_status": "FAILED", "outcome": "failed"}),
        ({"call_status": "", "call_outcome": "FAILED"}, {"call_status": "", "outcome": "unknown"}),
        ({"to_number": 917407656243}, {"to_number": "917407656243", "to_number_e164": "+917407656243"}),
        ({"to_number": "n/a"}, {"to_number": "n/a", "to_number_e164": None, "contact_number": "n/a"}),
        ({"to_number": " "}, {"to_number": " ", "contact_number": None}),
        ({"to_number": "919833333333.0"}, {"to_number_e164": "+919833333333", "contact_number": "+919833333333"}),
        ({"to_number": "\u202a+91 98333 33333\u202c"}, {"contact_number": "+919833333333"}),
        ({"to_number": "tel:+91-98333\u201133333\n"}, {"contact_number": "+919833333333"}),
        ({"to_number": "\uff0b91\u00a098333/33333"}, {"contact_number": "+919833333333"}),
        ({"to_number": "+44 (0)20 7946 0958"}, {"contact_number": "+442079460958"}),
        ({"to_number": "44 (0)20 7946 0958"}, {"to_number_e164": None, "contact_number": "44 (0)20 7946 0958"}),
        ({"call_status": "Voicemail"}, {"call_status": "Voicemail", "outcome": "machine", "is_answered": False}),
        (
            {"from_number": "00 91 803573646 1", "to_number": "1", "call_direction": "INBOUND"},
            {"from_number_e164": "+918035736461", "contact_number": "+918035736461"},
        ),
        ({"call_duration": " 23.5 "}, {"call_duration_seconds": 23.5}),
        ({"call_duration": "", "billed_duration": 60}, {"call_duration_seconds": None, "billed_duration_seconds": 60}),
        ({"hangup_cause_name": "x", "hangup_source": "y"}, {"hangup_cause": "x", "hangup_source": "y"}),
        ({"outcome_reason": "x", "call_recording_url": "y"}, {"outcome_reason": "x", "call_recording_url": "y"}),
        (insights(user_interest={"confidence_score": 95}), {"interest_confidence": 0.95}),
        (insights(user_interest={"confidence_score": "0.5"}), {"interest_confidence": 0.5}),
        (insights(user_interest={"confidence_score": 1}), {"interest_confidence": 1.0}),
        (insights(user_interest={"status": "Interested"}), {"interest_status": "Interested"}),
        (insights(user_interest={"reasoning": "because"}), {"interest_reasoning": "because"}),
        (insights(next_action="REDIAL"), {"next_action": "REDIAL", "next_action_reason": None}),
        (insights(next_action=7), {"next_action": "7"}),
        (insights(next_action=False), {"next_action": "false"}),
        (insights(next_action={"value": "X", "reason": "y"}), {"next_action": "X", "next_action_reason": "y"}),
        ({"call_quality": {"user_engagement": {"value": "8"}}}, {"engagement_score": 8.0}),
        ({"call_quality": {"user_satisfaction": {"value": -1.5}}}, {"satisfaction_score": -1.5}),
    ],
)
def test_a_value_lands_in_its_column(read: Read, members: dict[str, Any], expected: dict[str, Any]) -> None:
    found = read([CALL | members])
    [call] = found.calls.to_dicts()
    assert {name: call[name] for name in expected} == expected
    assert found.rejects.is_empty()


@pytest.mark.parametrize(
    ("members", "path", "value"),
    [
        ({"call_insights": "x"}, "call_insights", "x"),
        ({"call_insights": []}, "call_insights", []),
        (insights(metadata=["a"]), METADATA, ["a"]),
        (insights(metadata="a"), METADATA, "a"),
        (insights(user_interest=3), "call_insights.user_interest", 3),
        (insights(next_action=["REDIAL"]), "call_insights.next_action", ["REDIAL"]),
        (insights(next_action={"value": {"a": 1}}), "call_insights.next_action.value", {"a": 1}),
        (insights(user_interest={"status": []}), "call_insights.user_interest.status", []),
        (insights(user_interest={"confidence_score": 101}), "call_insights.user_interest.confidence_score", 101),
        (insights(user_interest={"confidence_score": "high"}), "call_insights.user_interest.confidence_score", "high"),
        (insights(user_interest={"confidence_score": True}), "call_insights.user_interest.confidence_score", True),
        ({"call_context": ".."}, "call_context", ".."),
        ({"call_context": False}, "call_context", False),
        ({"call_quality": 7}, "call_quality", 7),
        ({"call_quality": {"user_engagement": 7}}, "call_quality.user_engagement", 7),
        ({"call_quality": {"user_satisfaction": {"value": "x"}}}, "call_quality.user_satisfaction.value", "x"),
        ({"call_id": {}}, "call_id", {}),
        ({"answer_time": "0001-01-01T00:00:00Z"}, "answer_time", "0001-01-01T00:00:00Z"),
        ({"end_time": "1970-01-01T00:00:00Z"}, "end_time", "1970-01-01T00:00:00Z"),
        ({"initiation_time": "9999-12-31T23:59:59"}, "initiation_time", "9999-12-31T23:59:59"),
        ({"call_status": {"a": 1}}, "call_status", {"a": 1}),
        ({"call_outcome": ["a"]}, "call_outcome", ["a"]),
        ({"call_duration": -1}, "call_duration", -1),
        ({"call_duration": "23s"}, "call_duration", "23s"),
        ({"call_duration": "nan"}, "call_duration", "nan"),
        ({"billed_duration": "1e999"}, "billed_duration", "1e999"),
        ({"billed_duration": True}, "billed_duration", True),
        ({"answer_time": "yesterday"}, "answer_time", "yesterday"),
        ({"answer_time": 1750847225}, "answer_time", 1750847225),
        ({"end_time": {"at": 1}}, "end_time", {"at": 1}),
        ({"initiation_time": "2025-06-25"}, "initiation_time", "2025-06-25"),
    ],
)
def test_a_value_that_does_not_fit_is_one_reject_and_nothing_else(
    read: Read, members: dict[str, Any], path: str, value: Any
) -> None:
    found = read([CALL | members])
    assert rejects(found) == [(0, path, value)]
    assert json.dumps(value) not in found.rejects["reason"].item()
    assert found.calls.drop("call_status").equals(read([CALL]).calls.drop("call_status"))
    assert found.call_metadata.is_empty()
    assert found.call_context.is_empty()


def test_a_number_too_large_for_a_double_is_a_reject_with_its_own_text(read: Read) -> None:
    found = read(b'{"agent_name":"x","call_duration":1e999}')
    assert found.rejects["value"].to_list() == ["1e999"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"foo": [{"a": [1, None]}], "bar": None}, {"foo": [{"a": [1, None]}], "bar": None}),
        ({"call_status": "BUSY", "call_outcome": "FAILED"}, {"call_outcome": "FAILED"}),
        ({"call_status": "BUSY", "call_outcome": {"a": 1}}, {"call_outcome": {"a": 1}}),
        (insights(), None),
        (insights(metadata={}, user_interest={}, next_action=None), None),
        (insights(summary="x", metadata={"a": 1}), {"call_insights": {"summary": "x"}}),
        (insights(user_interest={"foo": None}), {"call_insights": {"user_interest": {"foo": None}}}),
        (insights(next_action={"value": None, "due": {}}), {"call_insights": {"next_action": {"due": {}}}}),
        ({"call_quality": {"user_engagement": {"value": 7}}}, None),
        (
            {"call_quality": {"x": 1, "user_engagement": {"value": 7, "reason": "y"}, "user_satisfaction": {}}},
            {"call_quality": {"x": 1, "user_engagement": {"reason": "y"}}},
        ),
        ({"Agent_Name": "x", "status": 1, "call_insights.metadata": {}}, ...),
        ({"$": 1, "": {"": {}}, "a.b": "ü"}, ...),
    ],
)
def test_what_no_column_holds_stays_in_extra(read: Read, members: dict[str, Any], expected: Any) -> None:
    found = read([CALL | members])
    assert extra(found) == (members if expected is ... else expected)
    assert found.rejects.is_empty()


def test_every_key_of_metadata_and_context_is_a_row(read: Read) -> None:
    keys = {
        "s": " x ",
        "b": "\t",
        "n": 1,
        "t": False,
        "z": None,
        "o": {"a": [1]},
        "e": {},
        "l": [None],
        "m": [],
        "": "",
    }
    found = read([CALL | insights(metadata=keys) | {"call_context": keys, "agent_name": "A"}])
    for frame in (found.call_metadata, found.call_context):
        assert frame.select("key", "value", "value_type", "is_filled").rows() == [
            ("", "", "string", False),
            ("b", "\t", "string", False),
            ("e", "{}", "object", False),
            ("l", "[null]", "array", True),
            ("m", "[]", "array", False),
            ("n", "1", "number", True),
            ("o", '{"a":[1]}', "object", True),
            ("s", " x ", "string", True),
            ("t", "false", "boolean", True),
            ("z", None, "null", False),
        ]
        assert set(frame["agent_name"]) == {"A"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"agent_name":"first","agent_name":"last"}',
        b'{"agent_name":"last","call_insights":"x","call_insights":null}',
        b'{"agent_name":"last","call_insights":{"next_action":"a","next_action":null}}',
        b'{"agent_name":"last","call_context":{"a":1},"call_context":{}}',
        b'{"agent_name":"last","call_quality":{"user_engagement":{"value":"x","value":null}}}',
    ],
)
def test_of_a_named_key_given_twice_the_last_counts(read: Read, body: bytes) -> None:
    assert read(body).calls.equals(read({"agent_name": "last"}).calls)
    assert read(body).rejects.is_empty()


def test_of_any_other_key_given_twice_the_last_counts_too(read: Read) -> None:
    found = read(
        b'{"agent_name":"x","foo":1,"foo":2,"call_insights":{"bar":1,"bar":2,"metadata":{"a":1,"b":{},"a":2}},'
        b'"call_context":{"c":1,"c":null}}'
    )
    assert extra(found) == {"foo": 2, "call_insights": {"bar": 2}}
    assert found.calls["extra"].item().count("foo") == 1
    assert found.call_metadata.select("key", "value").rows() == [("a", "2"), ("b", "{}")]
    assert found.call_context.select("key", "value").rows() == [("c", None)]


def test_a_call_whose_marks_end_as_null_is_no_call(read: Read) -> None:
    assert read(b'{"agent_name":"x","agent_name":null}').calls.is_empty()


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"initiation_time": "2025-06-25 10:00Z", "answer_time": "2025-06-25 10:01Z"}, (10, 0)),
        ({"initiation_time": "", "answer_time": "2025-06-25 10:01Z", "end_time": "2025-06-25 10:02Z"}, (10, 1)),
        ({"end_time": "2025-06-25 15:32+05:30"}, (10, 2)),
        ({"end_time": "?"}, (9, 0)),
    ],
)
def test_a_call_occurred_at_its_first_known_time(
    read: Read, members: dict[str, Any], expected: tuple[int, int]
) -> None:
    found = read(CALL | members, completed_at=datetime(2025, 6, 25, 9, tzinfo=UTC))
    assert found.calls["occurred_at"].item() == datetime(2025, 6, 25, *expected, tzinfo=UTC)


def test_a_call_of_no_known_time_has_none(read: Read) -> None:
    assert read(CALL).calls["occurred_at"].item() is None


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2025-06-25 10:57", "UTC", datetime(2025, 6, 25, 10, 57, tzinfo=UTC)),
        ("2025-06-25 10:57", "Asia/Kolkata", datetime(2025, 6, 25, 5, 27, tzinfo=UTC)),
        ("2025-06-25 10:57+00", "Asia/Kolkata", datetime(2025, 6, 25, 10, 57, tzinfo=UTC)),
        ("2025-03-30 02:30", "Europe/Berlin", datetime(2025, 3, 30, 1, 30, tzinfo=UTC)),
        ("2025-10-26 02:30:00.1234567", "Europe/Berlin", datetime(2025, 10, 26, 0, 30, 0, 123456, tzinfo=UTC)),
        ("2025-10-26 03:00", "Europe/Berlin", datetime(2025, 10, 26, 2, 0, tzinfo=UTC)),
        ("1990-01-01 05:30", "Asia/Kolkata", datetime(1990, 1, 1, tzinfo=UTC)),
        ("2099-12-31 23:59:59.999999", "America/New_York", None),
        ("2100-01-01 05:30", "Asia/Kolkata", datetime(2100, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_read_in_the_zone(
    read: Read, text: str, zone: str, expected: datetime | None
) -> None:
    found = read(CALL | {"answer_time": text}, CALL | {"answer_time": "2025-01-01 00:00Z"}, zone=zone)
    assert found.calls["answered_at"].to_list() == [expected, datetime(2025, 1, 1, tzinfo=UTC)]


def test_each_row_carries_what_is_known_of_its_task(read: Read) -> None:
    found = read([CALL | {"call_context": {"a": 1}, "call_duration": "x"}], [CALL])
    for frame in (found.calls, found.call_context, found.rejects):
        assert frame["call_date"].is_in(pl.Series(["2025-06-25"]).str.to_date().implode()).all()
    assert found.calls.select("fetched_at", "source").rows() == [(datetime(2025, 6, 26, tzinfo=UTC), "api")] * 2


@pytest.mark.parametrize("zero", ["-0", "0"])
def test_an_integer_zero_has_no_sign_wherever_it_stands(read: Read, zero: str) -> None:
    metadata = f'{{"k": {zero}, "n": [{zero}, {{"m": {zero}}}]}}'
    members = f'"agent_id": {zero}, "unknown": [{zero}], "call_insights": {{"metadata": {metadata}}}'
    found = read(f'[{{"call_duration": {zero}, {members}}}]'.encode())
    [call] = found.calls.to_dicts()
    assert (call["agent_id"], call["extra"], str(call["call_duration_seconds"])) == ("0", '{"unknown":[0]}', "0.0")
    assert found.call_metadata["value"].to_list() == ["0", '[0,{"m":0}]']


def test_512_levels_are_flattened(read: Read) -> None:
    deep = b"[" * 510 + b"]" * 510
    found = read(b'[{"agent_name":"x","foo":' + deep + b',"call_insights":{"metadata":{"a":' + deep[2:-2] + b"}}}]")
    assert found.calls["extra"].to_list() == [b'{"foo":%b}'.replace(b"%b", deep).decode()]
    assert found.call_metadata["value"].to_list() == [deep[2:-2].decode()]


@pytest.mark.parametrize("other", [[], {}, None, 7])
def test_an_element_that_is_no_call_is_seen_beside_answers_of_one_call(read: Read, other: Any) -> None:
    found = read([CALL], [CALL, other])
    assert found.calls.height == 2
    assert rejects(found) == [(1, "", other)]


def test_a_parent_that_is_no_object_is_seen_beside_calls_without_it(read: Read) -> None:
    found = read([CALL], [CALL | {"call_insights": 7}], [CALL | {"call_insights": {}}])
    assert rejects(found) == [(0, "call_insights", 7)]


def test_the_keys_of_extra_are_in_order_at_each_known_level(read: Read) -> None:
    found = read([CALL | {"z": {"b": 1, "a": 2}, "a": 1} | insights(zz=1, user_interest={"y": 1, "x": 2}, foo=[3])])
    assert found.calls["extra"].to_list() == [
        '{"a":1,"call_insights":{"foo":[3],"user_interest":{"x":2,"y":1},"zz":1},"z":{"b":1,"a":2}}'
    ]


def test_a_percentage_is_divided_exactly(read: Read) -> None:
    percentages = [number / 8 for number in range(9, 801)]
    found = read([CALL | insights(user_interest={"confidence_score": each}) for each in percentages])
    assert found.calls["interest_confidence"].to_list() == [each / 100 for each in percentages]


def test_very_many_unknown_keys_are_kept_too(read: Read) -> None:
    calls = [CALL | {f"key_{number}_{place}": place for place in range(90)} for number in range(4)]
    found = read(*calls, CALL | {"Foo": 1, "foo": 2, "FOO": None})
    kept = [json.loads(text) for text in found.calls["extra"]]
    assert kept[:4] == [{key: value for key, value in call.items() if key != "agent_name"} for call in calls]
    assert kept[4] == {"Foo": 1, "foo": 2, "FOO": None}
