"""The ways that the vectorised reader has for usual and for rare answers: each finds what the reference reader does."""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dialflo_pipeline.flatten import Flattened, flatten
from dialflo_pipeline.flatten.fields import ReadRules
from dialflo_pipeline.flatten.frames import DOCUMENT
from dialflo_pipeline.flatten.vectorised import reader as vectorised
from dialflo_pipeline.flatten.vectorised.sampling import sample_common_shape
from dialflo_pipeline.flatten.vectorised.shapes import MOST_ELEMENTS

Batch: TypeAlias = Callable[[Sequence[bytes]], pl.DataFrame]
Reader: TypeAlias = Callable[[pl.DataFrame, str], Flattened]

VALUES = ["No", "", " \t", None, "हाँ", 'q"\\', 12, True, {}, [], {"a": 1}, [1, "x"], "null", "{}"]
METADATA = {f"key_{number}": value for number, value in enumerate(VALUES)}


def a_call(metadata: Any = None, context: Any = None, **more: Any) -> dict[str, Any]:
    return {"agent_name": "A", "call_context": context, "call_insights": {"metadata": metadata}} | more


def as_bytes(answers: Sequence[Any]) -> list[bytes]:
    return [json.dumps(answer).encode() for answer in answers]


def odd_ones(bodies: list[bytes]) -> list[int]:
    numbered = pl.DataFrame({DOCUMENT: range(len(bodies)), "body": bodies}, {DOCUMENT: pl.Int64, "body": pl.Binary})
    return vectorised.read_documents(numbered, ReadRules(ZoneInfo("UTC")), sample_common_shape(numbered["body"]))[
        1
    ].to_list()


def assert_found_the_same(bodies: list[bytes], batch: Batch, reference_reader: Reader) -> None:
    answers = batch(bodies)
    vectorised_frames, reference_frames = flatten(answers, "UTC"), reference_reader(answers, "UTC")
    for each in fields(Flattened):
        assert_frame_equal(
            getattr(vectorised_frames, each.name), getattr(reference_frames, each.name), check_exact=True
        )


def test_keys_by_the_thousand_are_not_looked_up_one_by_one(batch: Batch, reference_reader: Reader) -> None:
    """To plan for each of them takes a millisecond: minutes for an answer that has a hundred thousand."""
    many = {f"key {number}": number for number in range(5_000)}
    bodies = as_bytes([[a_call(many, many)]] * 3 + [[a_call(METADATA, {})]])
    assert max(map(len, sample_common_shape(pl.Series(bodies)).names.values())) < 1_000
    assert_found_the_same(bodies, batch, reference_reader)


@pytest.mark.parametrize(
    "rare",
    [
        {},
        {"rare": "x"},
        {"": "x", "*": "y", 'q"': "z"},
        METADATA | {"rare": 'q"\\'},
        None,
    ],
)
def test_keys_that_few_objects_have_are_found_beside_the_usual_ones(
    rare: dict[str, Any] | None, batch: Batch, reference_reader: Reader
) -> None:
    answers = [[a_call(METADATA, {"lead": str(number)})] for number in range(40)]
    bodies = as_bytes([*answers[:20], [a_call(rare, rare)], *answers[20:]])
    assert odd_ones(bodies) == []
    assert_found_the_same(bodies, batch, reference_reader)


def test_keys_of_which_none_is_usual_are_found(batch: Batch, reference_reader: Reader) -> None:
    bodies = as_bytes([[a_call({f"b{number}": "x", f"a{number}": number}, {"lead": 1})] for number in range(40)])
    assert odd_ones(bodies) == []
    assert_found_the_same(bodies, batch, reference_reader)


def test_a_few_unusual_answers_are_left_to_the_reference_reader(
    batch: Batch, reference_reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectorised, "FEW_DOCUMENTS", 2)
    few = as_bytes([[a_call({"a": "x"}), a_call({"a": number})] for number in range(2)])
    for unusual in (few, few * 2):
        bodies = unusual + as_bytes([[a_call({"a": "x"})]] * 40)
        assert odd_ones(bodies) == ([0, 1] if unusual is few else [])
        assert_found_the_same(bodies, batch, reference_reader)


@pytest.mark.parametrize(
    "unlike",
    [
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1}},"agent_name":"B"}]',
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1}},"new":[2]}]',
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1}}},[]]',
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1}}}, 1]',
        b'{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1}}}',
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1,"user_interest":1}}}]',
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1},"user_interest":{}}}]',
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1},"user_interest":[]}}]',
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1},"next_action":"x"}}]',
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1},"next_action":{"by":1}}}]',
        b'[{"agent_name":"A","to_number":"1","call_insights":{"metadata":[],"next_action":null}}]',
        b'[{"agent_name":"A","to_number":"1","call_insights":[{"metadata":{}}]}]',
        b'[{"agent_name":"A","to_number":"1","call_insights":""}]',
        b'[{"agent_name":"A","to_number":1e1,"call_insights":{"metadata":{"a":1e1,"b":1}}}]',
        b'[{"agent_name":"\\u0041","to_number":"\\/","call_insights":{"metadata":{"\\u0061":"\\u0062"}}}]',
        b"[[]]",
        b'[""]',
        b"[{}]",
    ],
)
@pytest.mark.parametrize("calls", [1, 2])
def test_an_answer_unlike_all_others_is_read_right(
    unlike: bytes, calls: int, batch: Batch, reference_reader: Reader
) -> None:
    usual = b'{"agent_name":"A","to_number":"1","call_insights":{"metadata":{"a":1}}}'
    bodies = [b"[" + b", ".join([usual] * calls) + b"]"] * 20
    bodies[7] = unlike if calls == 1 else unlike.replace(b"[", b"[" + usual + b" ,", 1)
    assert json.loads(bodies[7])
    assert_found_the_same(bodies, batch, reference_reader)


@pytest.mark.parametrize(
    "action", ["REDIAL", "", "{", None, {"value": "REDIAL"}, {"by": "bot"}, {"value": "NONE", "by": "bot"}, {}, [], 7]
)
@pytest.mark.parametrize("usual", ["NONE", {"value": "NONE"}])
def test_an_action_unlike_all_others_is_read_right(
    action: Any, usual: Any, batch: Batch, reference_reader: Reader
) -> None:
    answers = [[{"agent_name": "A", "call_insights": {"next_action": usual}}] for _ in range(20)]
    answers[7][0]["call_insights"] = {"next_action": action}
    assert_found_the_same(as_bytes(answers), batch, reference_reader)


@pytest.mark.parametrize(
    "unlike", [[], {}, 7, [[]], [{"agent_name": "A", "x": 1}], {"agent_name": "A", "y": 1}, {"0": {"agent_name": "A"}}]
)
def test_answers_that_are_calls_themselves_are_read_right(unlike: Any, batch: Batch, reference_reader: Reader) -> None:
    answers = [a_call({"a": "x"}, x=1) for _ in range(20)]
    assert odd_ones(as_bytes(answers)) == []
    assert_found_the_same(as_bytes([*answers, unlike]), batch, reference_reader)


def test_a_usual_key_given_twice_is_left_to_the_reference_reader(batch: Batch, reference_reader: Reader) -> None:
    bodies = as_bytes([[a_call({"a": "x", "b": "y"})]] * 20)
    bodies[7] = b'[{"agent_name":"A","call_insights":{"metadata":{"a":1,"a":2}}}]'
    assert odd_ones(bodies) == [7]
    assert_found_the_same(bodies, batch, reference_reader)


@pytest.mark.parametrize("calls", range(1, MOST_ELEMENTS + 3))
def test_each_call_of_an_answer_is_found(calls: int, batch: Batch, reference_reader: Reader) -> None:
    answer = [
        a_call(
            {"a": number}, {"b": number}, call_id=f"{number}", foo=[number], call_insights={} if number % 2 else None
        )
        for number in range(calls)
    ]
    bodies = as_bytes([[a_call()], answer, a_call(), answer[::-1]])
    assert odd_ones(bodies) == []
    assert_found_the_same(bodies, batch, reference_reader)
