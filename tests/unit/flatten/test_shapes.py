"""What follows from the shape of a call alone."""

import json
from typing import Any

import pytest

from dialflo_pipeline.flatten.fields import CALL, INSIGHTS, INTEREST, NEXT_ACTION, STATUS, STATUS_INSTEAD, Path
from dialflo_pipeline.flatten.shapes import KEYED, TYPED, Shape, read_shape


def shape(types: dict[Path, str], keys: dict[Path, list[str]]) -> Shape:
    known = {CALL: "OBJECT", ("agent_name",): "VARCHAR"} | types
    return read_shape(
        json.dumps([known.get(path) for path in TYPED]),
        json.dumps([["agent_name", *keys.get(CALL, [])] if path == CALL else keys.get(path) for path in KEYED]),
    )


def patch(read: Shape) -> Any:
    return None if read.patch is None else json.loads(read.patch)


def test_a_call_of_known_keys_leaves_nothing() -> None:
    read = shape({INSIGHTS: "OBJECT"}, {CALL: ["call_insights"], INSIGHTS: []})
    assert read == Shape(is_odd=False, has_single_action=False, patch=None)


def test_an_unknown_key_keeps_the_parents_it_stands_in_and_no_other() -> None:
    read = shape(
        {INSIGHTS: "OBJECT", INTEREST: "OBJECT", NEXT_ACTION: "VARCHAR"},
        {CALL: ["call_insights"], INSIGHTS: ["user_interest", "next_action"], INTEREST: ["status", "foo"]},
    )
    assert read.has_single_action
    assert patch(read)["call_quality"] is None
    assert patch(read)["call_insights"] == {
        "metadata": None,
        "next_action": None,
        "user_interest": {"confidence_score": None, "reasoning": None, "status": None},
    }


def test_an_outcome_beside_a_status_is_left() -> None:
    both = shape({STATUS: "VARCHAR", STATUS_INSTEAD: "NULL"}, {CALL: ["call_status", "call_outcome"]})
    assert "call_outcome" not in patch(both)
    assert shape({STATUS: "NULL", STATUS_INSTEAD: "VARCHAR"}, {CALL: ["call_status", "call_outcome"]}).patch is None


@pytest.mark.parametrize(
    ("types", "keys"),
    [
        ({CALL: "ARRAY"}, {}),
        ({("agent_name",): "NULL"}, {}),
        ({("agent_name",): "OBJECT"}, {}),
        ({("to_number",): "DOUBLE"}, {}),
        ({STATUS_INSTEAD: "ARRAY"}, {}),
        ({("answer_time",): "UBIGINT"}, {}),
        ({("call_duration",): "BOOLEAN"}, {}),
        ({INSIGHTS: "VARCHAR"}, {}),
        ({NEXT_ACTION: "ARRAY"}, {}),
        ({("call_context",): "ARRAY"}, {}),
        ({}, {CALL: ["agent_name"]}),
        ({}, {INTEREST: ["foo", "foo"]}),
        ({}, {("call_context",): ["a", "b", "a"]}),
    ],
)
def test_what_is_not_surely_read_is_odd(types: dict[Path, str], keys: dict[Path, list[str]]) -> None:
    assert shape(types, keys).is_odd
