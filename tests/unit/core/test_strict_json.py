"""JSON by the letter: what is read, what is refused, and that no digit is lost."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.core.strict_json import Json, NotJson, Number, dumps, is_json, loads


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"null", None),
        (b" [true , false]\r\n\t", [True, False]),
        (b'\xef\xbb\xbf{"a":1}', {"a": Number("1")}),
        (b"[1.50,-0,1E+2,1e999]", [Number("1.50"), Number("-0"), Number("1E+2"), Number("1e999")]),
        (b'{"a":1,"b":2,"a":3}', {"a": Number("3"), "b": Number("2")}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'"\\u0000"', "\x00"),
        ('"हाँ"'.encode(), "हाँ"),
    ],
)
def test_json_is_read(body: bytes, expected: Json) -> None:
    assert loads(body) == expected
    assert is_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>",
        b"{'a':1}",
        b"[1,]",
        b'{"a":1,}',
        b"[1] 2",
        b"01",
        b"+1",
        b".5",
        b"1.",
        b"0x10",
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b'"\t"',
        b'"\\x"',
        b'"abc',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'"\\ude00\\ud83d"',
        b'"\\ud83d\\ud83d\\ude00"',
        b'{"\\uDFFF":1}',
        b'{"a":"\\ud800","a":1}',
        b"\xef\xbb\xbf\xef\xbb\xbf1",
        b" \xef\xbb\xbf1",
        b"\xff\xfe1\x00",
        b"[1\x00]",
        b"\xc2\xa01",
    ],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert not is_json(body)
    with pytest.raises(NotJson):
        loads(body)


def test_the_refusal_holds_nothing_of_the_body() -> None:
    with pytest.raises(NotJson) as refusal:
        loads(b'{"to_number": "917407656243" oops}')
    assert "917407656243" not in str(refusal.value)


def test_512_levels_are_read_and_513_are_not() -> None:
    assert dumps(loads(nested(512))).encode() == nested(512)
    assert is_json(nested(512))
    assert not is_json(nested(513))
    with pytest.raises(NotJson, match="512 levels"):
        loads(nested(513))


def test_brackets_in_strings_and_side_by_side_are_no_levels() -> None:
    assert loads(b'["' + b'[{\\"' * 2000 + b'"]') == ['[{"' * 2000]
    assert loads(b"[" + b"[]," * 2000 + b"{}]") == [*[[]] * 2000, {}]


@pytest.mark.parametrize("body", [b"[" * 100_000, nested(100_000), b'{"a":' * 100_000, b'["\\"' * 100_000])
def test_a_very_deep_body_is_refused_without_a_recursion_error(body: bytes) -> None:
    assert not is_json(body)
    with pytest.raises(NotJson):
        loads(body)


def test_a_deep_body_is_read_from_a_deep_stack() -> None:
    def at_depth(frames: int) -> Json:
        return at_depth(frames - 1) if frames else loads(b'{"a":' * 512 + b"1" + b"}" * 512)

    value = at_depth(sys.getrecursionlimit() - 400)
    assert dumps(value) == '{"a":' * 512 + "1" + "}" * 512


def test_an_integer_of_5000_digits_keeps_every_one() -> None:
    digits = "7" * 5000
    assert loads(digits.encode()) == Number(digits)
    assert dumps(Number(digits)) == digits


def test_json_text_is_compact_and_keeps_non_ascii() -> None:
    assert dumps(loads('{ "क" : [ 1.50 , null, "a\\"b\\n" ] }'.encode())) == '{"क":[1.50,null,"a\\"b\\n"]}'


scalars = st.none() | st.booleans() | st.text() | st.integers().map(str).map(Number)
values: st.SearchStrategy[Json] = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(values)
def test_what_was_written_is_read_back_the_same(value: Json) -> None:
    assert loads(dumps(value).encode()) == value


@given(values)
def test_a_value_written_at_any_depth_reads_the_same(value: Json) -> None:
    # Deeper than the fast writer goes, so that the other one writes it.
    deep = json.loads("[" * 300 + "]" * 300)
    inner = deep
    while inner:
        inner = inner[0]
    inner.append(value)
    text = dumps(deep)
    assert text == "[" * 300 + dumps(value) + "]" * 300
