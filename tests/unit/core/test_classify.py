import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.core.classify import classify
from dialflo_pipeline.core.schema import Result

DOCUMENTED = (Path(__file__).parents[2] / "cases" / "documented_response.json").read_bytes().strip()
INSIGHTS: dict[str, Any] = {"call_insights": {"metadata": {"mood": "calm"}}}


def _body(answer: Any) -> bytes:
    return json.dumps(answer).encode()


@pytest.mark.parametrize(
    "status", [201, 202, 206, 226, 299, 407, 408, 425, 429, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 522, 599]
)
def test_these_statuses_are_retryable_whatever_the_body(status: int) -> None:
    for body in (DOCUMENTED, b"", b"<html>", None):
        assert classify(status, body).result is Result.RETRYABLE


@pytest.mark.parametrize(
    "status",
    [
        *(300, 301, 302, 303, 304, 307, 308),
        *(400, 402, 403, 405, 406, 409, 410, 411, 412, 413, 414, 415, 418, 422, 423, 426, 428, 431, 451),
        999,
    ],
)
def test_every_status_not_named_is_refused_whatever_the_body(status: int) -> None:
    for body in (DOCUMENTED, b"", None):
        verdict = classify(status, body)
        assert verdict.result is Result.REFUSED
        assert verdict.error == f"HTTP {status}"
        assert verdict.is_complete is None


@pytest.mark.parametrize("status", [204, 205])
def test_a_status_without_content_is_an_empty_answer(status: int) -> None:
    assert classify(status, b"").result is Result.EMPTY


def test_203_is_judged_by_its_body() -> None:
    assert classify(203, DOCUMENTED) == classify(200, DOCUMENTED)
    assert classify(203, b"<html>").result is Result.MALFORMED


def test_a_403_is_retryable_only_with_retry_after() -> None:
    assert classify(403, b"", has_retry_after=True).result is Result.RETRYABLE
    assert classify(403, b"").result is Result.REFUSED
    assert classify(400, b"", has_retry_after=True).result is Result.REFUSED


def test_401_is_about_the_token_and_404_about_the_id() -> None:
    assert classify(401, DOCUMENTED).result is Result.UNAUTHORIZED
    assert classify(404, DOCUMENTED).result is Result.NOT_FOUND


def test_a_body_above_the_limit_is_refused() -> None:
    assert classify(200, None).result is Result.REFUSED


@pytest.mark.parametrize(
    "body",
    [
        DOCUMENTED,
        b"\xef\xbb\xbf" + DOCUMENTED,
        b" \r\n\t" + DOCUMENTED + b"\n",
        _body({"to_number": "x"}),
        _body([{}, 1, None, "text", [], {"agent_name": ""}]),
        _body({"call_duration": 0}),
        _body({"call_status": False}),
        _body({"call_insights": {}}),
        _body({"call_outcome": []}),
        b'[{"call_duration": 1e999}]',
        b'{"to_number": 1, "to_number": "2"}',
        b'[{"to_number": 123456789012345678901234567890}]',
        b'[{"to_number": 1, "x": ' + b"[" * 510 + b"]" * 510 + b"}]",
        b'[{"to_number": 1, "x": [' + b",".join([b"{}"] * 600) + b"]}]",
    ],
)
def test_json_with_a_call_object_is_usable(body: bytes) -> None:
    verdict = classify(200, body)
    assert verdict.result is Result.USABLE
    assert verdict.error is None


@pytest.mark.parametrize(
    "body",
    [
        _body([]),
        _body({}),
        _body(None),
        _body(1),
        _body("ANSWERED"),
        _body([[{"to_number": "1"}]]),
        _body({"detail": "call is being processed"}),
        _body({"calls": [{"to_number": "1"}]}),
        _body([{"agent_name": None, "call_status": None, "call_insights": None}]),
        _body({"Agent_Name": "x", "call_id": "x", "from_number": "x"}),
        b'{"to_number": 1, "to_number": null}',
    ],
)
def test_json_without_a_call_object_is_empty(body: bytes) -> None:
    assert classify(200, body).result is Result.EMPTY


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>maintenance</html>",
        DOCUMENTED[:-1],
        DOCUMENTED + b"]",
        DOCUMENTED + DOCUMENTED,
        b'{"to_number": NaN}',
        b'{"to_number": -Infinity}',
        b'{"to_number": "\\ud800"}',
        b'{"to_number": "\xff"}',
        b'{"to_number": 1,}',
        b"{'to_number': 1}",
        b'{"to_number": 01}',
        DOCUMENTED.decode().encode("utf-16"),
        b'[{"to_number": 1, "x": ' + b"[" * 511 + b"]" * 511 + b"}]",
        b"[" * 100_000,
        b"\x1f\x8b\x08\x00",
    ],
)
def test_what_is_not_json_is_garbage_and_its_error_holds_nothing_of_it(body: bytes) -> None:
    verdict = classify(200, body)
    assert verdict.result is Result.MALFORMED
    assert verdict.is_complete is None
    assert (verdict.error or "").startswith("the body is not JSON: ")
    assert "to_number" not in (verdict.error or "")


@pytest.mark.parametrize(
    ("call", "is_complete"),
    [
        ({"call_status": "ANSWERED"} | INSIGHTS, True),
        ({"call_status": "answered "} | INSIGHTS, True),
        ({"call_status": "ANSWERED"}, False),
        ({"call_status": "ANSWERED", "call_insights": None}, False),
        ({"call_status": "ANSWERED", "call_insights": {}}, False),
        ({"call_status": "ANSWERED", "call_insights": {"metadata": None}}, False),
        ({"call_outcome": "ANSWERED"}, False),
        ({"call_status": None, "call_outcome": "ANSWERED"}, False),
        ({"call_status": "BUSY", "call_outcome": "ANSWERED"}, True),
        ({"call_status": "NO_ANSWER"}, True),
        ({"call_status": "VOICEMAIL"}, True),
        ({"call_status": "no such status"}, False),
        ({"call_status": "no such status"} | INSIGHTS, True),
        ({"call_status": ""}, False),
        ({"call_status": 7}, False),
        ({"agent_name": "x"}, False),
        ({"call_status": "ANSWERED", "call_insights": []}, False),
        ({"call_status": "ANSWERED", "call_insights": "pending"}, False),
        ({"call_status": "ANSWERED", "call_insights": {"metadata": {"a": " ", "b": [{}, None]}}}, False),
        ({"call_status": "in-progress"} | INSIGHTS, False),
        ({"call_status": "QUEUED"} | INSIGHTS, False),
        ({"call_outcome": "ringing"}, False),
        ({"call_status": "PAUSED"}, False),
        ({"call_status": "CANCELLED"}, True),
    ],
)
def test_an_answer_is_complete_when_no_call_in_it_is_under_way_or_lacks_insights(
    call: dict[str, Any], is_complete: bool
) -> None:
    done = {"call_status": "BUSY"}
    for answer in (call, [call], [done, call], [call, {"no": "call"}, done]):
        assert classify(200, _body(answer)).is_complete is is_complete


@pytest.mark.parametrize(
    ("call", "is_complete"),
    [
        ({"call_status": "ongoing "} | INSIGHTS, False),
        ({"call_status": "SCHEDULED"} | INSIGHTS, False),
        ({"call_status": "completed"}, False),
        ({"call_status": "completed"} | INSIGHTS, True),
        ({"call_status": "ANSWERED"}, True),
        ({"call_status": "ANSWERED!"}, False),
    ],
)
def test_the_customers_own_statuses_go_before_the_built_in_ones(call: dict[str, Any], is_complete: bool) -> None:
    words = {"ONGOING": "in_progress", "SCHEDULED": "in_progress", "COMPLETED": "answered", "ANSWERED": "busy"}
    assert classify(200, _body(call), status_words=words).is_complete is is_complete


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:0e1-.\\u d8ntf', max_size=60).map(str.encode))
def test_any_bytes_are_judged(body: bytes) -> None:
    assert classify(200, body).result in {Result.USABLE, Result.EMPTY, Result.MALFORMED}
