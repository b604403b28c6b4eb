"""Whatever JSON comes: both readers find the same, and no leaf of it is lost."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dialflo_pipeline.core import strict_json
from dialflo_pipeline.core.schema import ValueKind
from dialflo_pipeline.core.strict_json import Json, Number
from dialflo_pipeline.core.values import is_blank, is_call_object
from dialflo_pipeline.flatten import Flattened, flatten
from dialflo_pipeline.flatten.fields import (
    FIELDS,
    KEY_VALUES,
    NEXT_ACTION,
    PARENTS,
    STATUS,
    STATUS_INSTEAD,
    Path,
    ReadRules,
)
from dialflo_pipeline.flatten.frames import DOCUMENT
from dialflo_pipeline.flatten.vectorised import reader as vectorised
from dialflo_pipeline.flatten.vectorised.sampling import sample_common_shape

Texts: TypeAlias = st.SearchStrategy[str]
Batch: TypeAlias = Callable[[Sequence[bytes]], pl.DataFrame]
Reader: TypeAlias = Callable[[pl.DataFrame, str], Flattened]

SINGLE = [
    *("null", "null", "true", "false", "0", "-0.0", "1", "23", "23.0", "12.50", "-5", "0.5", "95", "100.5", "1e3"),
    *("1e400", "1e-400", "917407656243", "917407656243.0", "18446744073709551616", "-9223372036854775809"),
    "123456789012345678901234567890",
]
QUOTED = [
    *("", " ", "\t", "x", "हाँ", "\U0001f600", "\x00", 'q"\\', "{}", "[1]", "null", "\\u0000"),
    *("ANSWERED", "no-answer", "QUEUED", "REDIAL", "Inbound", "outbound"),
    *("23", " 23.5 ", "+5", ".5", "5.", "1e3", "1e400", "nan", "1_000", "95", "-1", "\u0663"),
    *("917407656243", "+91 (740) 765-6243", "00 91.740.765.6243", "1234567"),
    *("2025-06-25 10:57:05+05:30", "2025-06-25T10:57Z", " 2025-06-25 10:57 ", "2025-03-30 02:30:00.1234567"),
    *("2025-10-26 02:30", "2025-06-25", "2025-06-25 24:00", "2025-02-30 10:57", "0001-01-01 00:00+05", "infinity"),
]
KNOWN_KEYS = sorted({key for path in (*(field.path for field in FIELDS), *KEY_VALUES) for key in path})
KEYS = [*KNOWN_KEYS, "call_outcome", "foo", "a.b", "$", "", "*", "[0]", 'q"', "हाँ"]


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=len(text) % 2 == 0)


def an_object(members: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{quoted(key)}: {value}" for key, value in members) + "}"


def an_array(elements: list[str]) -> str:
    return "[" + ",".join(elements) + "]"


singles: Texts = st.sampled_from(SINGLE) | st.sampled_from(QUOTED).map(quoted)
wild: Texts = st.recursive(
    singles,
    lambda inner: (
        st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=5).map(an_object)
        | st.lists(inner, max_size=3).map(an_array)
    ),
    max_leaves=12,
)


def mostly(usual: Texts) -> Texts:
    return st.one_of(*[usual] * 30, wild)


def members(**usual: Texts) -> Texts:
    """An object with some of these members, rarely one that is unknown, twice there or of another type."""
    each = {key: mostly(value) for key, value in usual.items()}
    known = st.lists(st.sampled_from(sorted(each)), unique=True).flatmap(
        lambda keys: st.tuples(*(st.tuples(st.just(key), each[key]) for key in keys)).map(list)
    )
    more: st.SearchStrategy[list[tuple[str, str]]] = (
        st.just([]) | st.just([]) | st.lists(st.tuples(st.sampled_from(KEYS), wild), max_size=2)
    )
    return st.tuples(known, more).map(lambda both: an_object([*both[0], *both[1]]))


def one_of(*texts: str) -> Texts:
    return st.sampled_from(["null", *texts])


times = one_of('"2025-06-25 10:57:05+05:30"', '"2025-06-25T10:57Z"', '"2025-10-26 02:30"', '" 2025-03-30 02:30:00.25 "')
keys_and_values = st.lists(st.tuples(st.sampled_from(["a", "b", "हाँ", ""]), wild), max_size=3).map(an_object)
scores = one_of("null") | members(value=one_of("7", "7.5", '"8"'), reason=one_of('"x"'))
calls = members(
    agent_name=one_of('"ONEST"'),
    agent_id=one_of("12", '"a12"'),
    call_status=one_of('"ANSWERED"', '"busy"'),
    call_outcome=one_of('"QUEUED"'),
    from_number=one_of('"918035736461"'),
    to_number=one_of('"917407656243"', "917407656243", '" "'),
    call_direction=one_of('"outbound"', '"Inbound"'),
    initiation_time=times,
    answer_time=times,
    end_time=times,
    call_duration=one_of("23", "23.0", '"23.5"'),
    call_context=one_of() | keys_and_values,
    call_insights=one_of("{}")
    | members(
        metadata=one_of("{}") | keys_and_values,
        user_interest=one_of()
        | members(status=one_of('"x"'), confidence_score=one_of("0.5", "95"), reasoning=one_of('"y"')),
        next_action=one_of('"REDIAL"', "7") | members(value=one_of('"REDIAL"'), reason=one_of('"z"')),
    ),
    call_quality=one_of() | members(user_engagement=scores, user_satisfaction=scores),
)
answers: Texts = calls | st.lists(mostly(calls), max_size=3).map(an_array) | wild
batches = st.lists(st.tuples(st.sampled_from(["", "", "", "\ufeff"]), answers).map("".join), max_size=20)
zones = st.sampled_from(["UTC", "Asia/Kolkata", "Europe/Berlin"])

# A batch costs some hundredths of a second whatever its size, so a few large ones tell the most.
thorough = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


def plain(value: Json) -> Any:
    """The value with numbers in one spelling, so that what is the same number is equal."""
    match value:
        case Number(text):
            return float(text) if set(text) & set(".eE") else int(text)
        case dict():
            return {key: plain(inner) for key, inner in value.items()}
        case list():
            return [plain(inner) for inner in value]
    return value


def parsed(text: str) -> Any:
    return plain(strict_json.loads(text.encode()))


def spelled(text: str | None) -> str | None:
    return None if text is None else json.dumps(parsed(text), sort_keys=True)


def in_one_spelling(found: Flattened) -> list[pl.DataFrame]:
    """The frames with JSON texts spelled alike: each reader may spell a number as it likes."""
    frames = [
        found.calls.with_columns(pl.Series("extra", map(spelled, found.calls["extra"]), pl.String)),
        found.rejects,
    ]
    for frame in (found.call_metadata, found.call_context):
        rows = frame.select("value", "value_type").iter_rows()
        values = [spelled(value) if kind in ("number", "object", "array") else value for value, kind in rows]
        frames.append(frame.with_columns(pl.Series("value", values, pl.String)))
    return frames


@thorough
@given(texts=batches, zone=zones)
def test_both_readers_find_the_same(texts: list[str], zone: str, batch: Batch, reference_reader: Reader) -> None:
    answers = batch([text.encode() for text in texts])
    both = zip(in_one_spelling(flatten(answers, zone)), in_one_spelling(reference_reader(answers, zone)), strict=True)
    for vectorised_frame, reference_frame in both:
        assert_frame_equal(vectorised_frame, reference_frame, check_exact=True)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value below which there is none, an array counting as one."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def at(value: Any, path: Path) -> Any:
    """What is at a path; a value that equals nothing if there is nothing."""
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return math.nan
        value = value[key]
    return value


def is_in_column(call: dict[str, Any], path: Path, leaf: Any) -> bool:
    if leaf in (None, {}) and path in (*PARENTS, *KEY_VALUES):
        return True
    sources = {field.path: field for field in FIELDS}
    source = sources.get({STATUS_INSTEAD: STATUS, NEXT_ACTION: (*NEXT_ACTION, "value")}.get(path, path))
    if source is None:
        return False
    held = call[source.column]
    if leaf is None or (source.kind is not ValueKind.TEXT and isinstance(leaf, str) and is_blank(leaf)):
        return path in (STATUS, STATUS_INSTEAD) or held is None
    if source.kind is ValueKind.TEXT:
        return bool(held == leaf or (not isinstance(leaf, str) and held is not None and parsed_or_none(held) == leaf))
    if source.kind is ValueKind.TIME:
        return isinstance(held, datetime)
    return held is not None and float(leaf) in (held, pytest.approx(held * 100))


def parsed_or_none(text: str) -> Any:
    try:
        return parsed(text)
    except strict_json.NotJson:
        return None


def is_in_rejects(rejects: list[dict[str, Any]], path: Path, leaf: Any) -> bool:
    for length in range(len(path) + 1):
        dotted = ".".join(path[:length])
        if any(row["path"] == dotted and at(parsed(row["value"]), path[length:]) == leaf for row in rejects):
            return True
    return False


def is_in_keys(rows: list[dict[str, Any]], inner: Path, leaf: Any) -> bool:
    for row in rows:
        if inner and row["key"] == inner[0]:
            is_json = row["value_type"] not in ("string", "null")
            return bool(at(parsed(row["value"]) if is_json else row["value"], inner[1:]) == leaf)
    return False


def lost_leaves(answer: Json, found: Flattened) -> Iterator[tuple[int, Path]]:
    """Where the leaves are that are in no column, key, extra or reject."""
    for index, element in enumerate(answer if isinstance(answer, list) else [answer]):
        mine = pl.col("call_index") == index
        whole = pl.col("call_index").is_null() if not isinstance(answer, list) else mine
        rejects = found.rejects.filter(mine | whole).to_dicts()
        calls = found.calls.filter(mine).to_dicts()
        keys = {path: frame.filter(mine).to_dicts() for path, frame in zip(KEY_VALUES, key_frames(found), strict=True)}
        assert len(calls) == is_call_object(element)
        for path, leaf in leaves(plain(element)):
            places = [is_in_rejects(rejects, path, leaf)]
            for call in calls:
                extra = parsed(call["extra"]) if call["extra"] else None
                places += [is_in_column(call, path, leaf), at(extra, path) == leaf]
            places += [
                is_in_keys(rows, path[len(at_) :], leaf) for at_, rows in keys.items() if path[: len(at_)] == at_
            ]
            if not any(places):
                yield index, path


def key_frames(found: Flattened) -> tuple[pl.DataFrame, pl.DataFrame]:
    return found.call_metadata, found.call_context


@thorough
@given(texts=st.lists(answers, max_size=8))
def test_no_leaf_of_an_answer_is_lost(texts: list[str], batch: Batch) -> None:
    bodies = [text.encode() for text in texts]
    found = flatten(batch(bodies), "UTC")
    for number, body in enumerate(bodies):
        of_task = pl.col("task_id") == f"t{number:06}"
        own = Flattened(*(getattr(found, each.name).filter(of_task) for each in fields(found)))
        assert list(lost_leaves(strict_json.loads(body), own)) == []


@settings(thorough, max_examples=3)
@given(texts=st.lists(members(agent_name=one_of('"a"'), call_duration=one_of("1")), min_size=1, max_size=3))
def test_a_lost_leaf_would_be_noticed(texts: list[str], batch: Batch) -> None:
    body = f'[{{"agent_name": "x", "foo": "lost"}}, {",".join(texts)}]'.encode()
    found = flatten(batch([body]), "UTC")
    without = replace(found, calls=found.calls.with_columns(extra=pl.lit(None, pl.String)))
    assert (0, ("foo",)) in list(lost_leaves(strict_json.loads(body), without))


USUAL = [
    """[{"agent_name":"ONEST","call_context":{},"call_insights":{"metadata":{"a":"No","b":null},
    "user_interest":{"status":"Unclear","confidence_score":0.0,"reasoning":"x"},
    "next_action":{"value":"REDIAL","reason":"y"}},"to_number":"917407656243","call_status":"ANSWERED"}]""",
    """{"call_id":"x","agent_id":7,"agent_name":"A","call_insights":{"next_action":"REDIAL",
    "user_interest":{"confidence_score":95}},"call_duration":23,"answer_time":"2025-06-25 10:57:05+05:30",
    "call_triggered":true,"call_quality":{"user_engagement":{"value":7,"reason":"x","confidence_score":9}}}""",
    '[{"agent_name":"A","call_status":"BUSY","call_insights":null},{"agent_name":"A","call_outcome":"ANSWERED"}]',
    '{"agent_name":"हाँ","call_context":{"नाम":"आशा","n":1.5,"o":{"a":[1]}},"call_duration":"23.5","end_time":""}',
    '{"agent_name":"A","initiation_time":"2025-06-25 10:57","answer_time":"2025-06-25T10:57Z","foo":[{"a":1.0}]}',
]


@pytest.mark.parametrize("text", USUAL)
def test_what_is_common_is_read_by_the_vectorised_reader(text: str) -> None:
    bodies = pl.DataFrame({DOCUMENT: [0], "body": [text.encode()]})
    found, irregular = vectorised.read_documents(
        bodies, ReadRules(ZoneInfo("UTC")), sample_common_shape(bodies["body"])
    )
    assert irregular.is_empty()
    assert not found.calls.is_empty()
