"""What follows from the shape of an answer alone."""

import json
from dataclasses import replace

import pytest

from dialflo_pipeline.flatten.fields import CALL, INSIGHTS, KEY_VALUES, NEXT_ACTION, Path
from dialflo_pipeline.flatten.vectorised.shapes import LEVELS, Shape, read_shape

INTEREST: Path = (*INSIGHTS, "user_interest")
QUALITY: Path = ("call_quality",)

PLAIN = Shape(
    is_short=True, is_last=True, is_irregular=False, has_insights=False, unsure=(), known=(("agent_name",),), unknown=()
)


def shape(keys: dict[Path, list[str]], following: list[str] | None = None, too_many: list[str] | None = None) -> Shape:
    known = {CALL: ["agent_name"]} | keys
    lists = [*(known.get(level) for level in LEVELS), following, too_many, *(known.get(path) for path in KEY_VALUES)]
    return read_shape(json.dumps(lists))


def test_a_call_of_known_keys_leaves_nothing() -> None:
    keys = {CALL: ["call_status", "call_insights", "call_context"], INSIGHTS: ["metadata"]}
    assert shape(keys) == replace(PLAIN, has_insights=True, known=(("call_status",),))


def test_an_unknown_key_is_named_where_it_stands() -> None:
    keys = {CALL: ["foo", "call_insights"], INSIGHTS: ["user_interest"], INTEREST: ["status", "call_id"]}
    assert shape(keys).known == ((*INTEREST, "status"),)
    assert shape(keys).unknown == (("foo",), (*INTEREST, "call_id"))


def test_an_answer_with_another_element_goes_on() -> None:
    assert not shape({}, following=["agent_name"]).is_last
    assert not shape({}, following=[]).is_last
    assert shape({}, following=[]).is_short


def test_an_answer_with_very_many_elements_is_not_short() -> None:
    assert not shape({}, following=[], too_many=[]).is_short


def test_an_answer_that_is_no_array_or_cannot_be_parsed_is_not_short() -> None:
    assert not read_shape(json.dumps([None] * (len(LEVELS) + 2 + len(KEY_VALUES)))).is_short
    assert not read_shape(None).is_short


@pytest.mark.parametrize("path", [INSIGHTS, INTEREST, NEXT_ACTION, QUALITY, *KEY_VALUES])
def test_what_is_due_to_be_an_object_and_has_no_keys_may_be_anything(path: Path) -> None:
    assert shape({path: []}).unsure == (path,)


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
def test_what_may_be_misread_is_irregular(keys: dict[Path, list[str]]) -> None:
    assert shape(keys).is_irregular
