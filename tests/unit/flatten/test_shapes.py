"""What follows from the shape of an answer alone."""

import json
from dataclasses import replace

import pytest

from dialflo_pipeline.flatten.fields import CALL, INSIGHTS, INTEREST, NEXT_ACTION, QUALITY, Path
from dialflo_pipeline.flatten.shapes import LEVELS, Shape, read_shape

PLAIN = Shape(is_alone=True, is_odd=False, has_insights=False, is_unsure=False, unknown=())


def shape(keys: dict[Path, list[str]], second: list[str] | None = None) -> Shape:
    known = {CALL: ["agent_name"]} | keys
    return read_shape(json.dumps([*(known.get(level) for level in LEVELS), second]))


def test_a_call_of_known_keys_leaves_nothing() -> None:
    keys = {CALL: ["call_status", "call_insights", "call_context"], INSIGHTS: ["metadata"]}
    assert shape(keys) == replace(PLAIN, has_insights=True)


def test_an_unknown_key_is_named_where_it_stands() -> None:
    keys = {CALL: ["foo", "call_insights"], INSIGHTS: ["user_interest"], INTEREST: ["status", "call_id"]}
    assert shape(keys).unknown == (("foo",), (*INTEREST, "call_id"))


def test_an_answer_with_another_element_is_not_alone() -> None:
    assert not shape({}, second=["agent_name"]).is_alone
    assert not shape({}, second=[]).is_alone


def test_an_answer_that_is_no_array_or_cannot_be_parsed_is_not_alone() -> None:
    assert not read_shape(json.dumps([None] * (len(LEVELS) + 1))).is_alone
    assert not read_shape(None).is_alone


@pytest.mark.parametrize("parent", [INSIGHTS, INTEREST, NEXT_ACTION, QUALITY])
def test_a_parent_without_keys_may_be_anything(parent: Path) -> None:
    assert shape({parent: []}).is_unsure


@pytest.mark.parametrize(
    "keys",
    [
        {CALL: []},
        {CALL: ["agent_name", "agent_name"]},
        {INTEREST: ["foo", "foo"]},
        {CALL: [""]},
        {CALL: ["*"]},
        {INSIGHTS: ['q"']},
        {INSIGHTS: ["back\\slash"]},
        {INSIGHTS: ["line\nbreak"]},
    ],
)
def test_what_is_not_surely_read_is_odd(keys: dict[Path, list[str]]) -> None:
    assert shape(keys).is_odd
