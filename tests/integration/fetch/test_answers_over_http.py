import gzip
import hashlib
import socket
from collections.abc import Callable
from typing import Any

import pytest

from dialflo_pipeline.api.client import MAX_BODY_BYTES

Fetch = Callable[..., Any]
Say = Callable[..., Any]

BUSY = b'[ {"call_status" : "BUSY"} ]\r\n'


@pytest.mark.parametrize("status", [201, 204, 206, 400, 402, 403, 405, 409, 410, 422, 501])
def test_a_status_that_says_no_is_not_asked_twice_and_fails_its_id_only(fetch: Fetch, say: Say, status: int) -> None:
    body = b"" if status == 204 else b'{"detail": "no"}'
    fetched = fetch(["good", "bad"], {"bad": [say(status, body)]}, max_concurrency=1)
    assert fetched.endings == {"good": ("usable", False), "bad": ("refused", False)}
    assert fetched.api.asked.count("bad") == 1
    states = fetched.states()
    assert (states["good"]["state"], states["bad"]["state"]) == ("settled", "failed")
    assert states["bad"]["last_status"] == status
    assert fetched.report.stopped is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_trouble_is_tried_again_and_then_left_for_the_next_run(fetch: Fetch, say: Say, status: int) -> None:
    down, passing = say(status, b"busy"), [say(status, b"busy"), say()]
    fetched = fetch(["down", "passing"], {"down": [down], "passing": passing}, tries=3)
    assert fetched.tries == {"down": 3, "passing": 2}
    assert [row["body"] for row in fetched.rows] == [b"busy"] * 4 + [BUSY]
    states = fetched.states()
    assert states["passing"]["state"] == "settled"
    assert [states["down"][name] for name in ("state", "last_status", "attempts")] == ["pending", status, 3]
    assert states["down"]["last_error"] == f"HTTP {status}"
    assert fetched.states(settle_hours=0)["down"]["state"] == "pending"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_nobody_else_ever_sees_the_token(fetch: Fetch, say: Say, status: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        target = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/call_details/moved"
        broken = say(status, b"", {"Location": "http://[broken"})
        fetched = fetch(["moved", "broken"], {"moved": [say(status, b"", {"Location": target})], "broken": [broken]})
        with pytest.raises(BlockingIOError):
            elsewhere.accept()
    assert fetched.endings == {"moved": ("refused", False), "broken": ("refused", False)}
    assert sorted(fetched.api.asked) == ["broken", "moved"]


def test_the_token_goes_in_its_header_and_is_kept_nowhere(fetch: Fetch, say: Say) -> None:
    fetched = fetch(["a", "b"], {"b": [say(500, b"", resets=True)]})
    for head in fetched.api.heads:
        lines = [line.lower() for line in head.split(b"\r\n")]
        assert lines.count(b"auth_token: bearer the-secret-token") == 1
        assert head.count(b"the-secret-token") == 1
        assert not any(line.startswith(b"authorization") for line in lines)
    assert "the-secret-token" not in repr((fetched.rows, fetched.report))
    assert not any(b"the-secret-token" in path.read_bytes() for path in fetched.lake.root.rglob("*.parquet"))


def test_not_found_is_asked_again_only_before_the_deadline(fetch: Fetch, say: Say) -> None:
    fetched = fetch(["gone"], {"gone": [say(404, b'{"detail": "unknown"}')]})
    assert fetched.endings == {"gone": ("not_found", False)}
    early, late = fetched.states()["gone"], fetched.states(settle_hours=0)["gone"]
    assert [(task["state"], task["is_waiting"]) for task in (early, late)] == [
        ("not_found", True),
        ("not_found", False),
    ]


@pytest.mark.parametrize(
    "body",
    [
        BUSY,
        b'\xef\xbb\xbf[{"agent_name": "\xe2\x82\xac", "x": 1e999, "x": 12345678901234567890123}]',
        b'{"to_number": 1}' + b" " * 100_000 + b"\n",
    ],
)
@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("is_zipped", [False, True])
def test_a_usable_body_is_on_record_byte_for_byte(
    fetch: Fetch, say: Say, body: bytes, is_chunked: bool, is_zipped: bool
) -> None:
    half = len(body) // 2
    sent = gzip.compress(body[:half]) + gzip.compress(body[half:]) if is_zipped else body
    headers = {"Content-Type": "text/html", **({"Content-Encoding": "gzip"} if is_zipped else {})}
    (row,) = fetch(["a"], {"a": [say(200, sent, headers, is_chunked=is_chunked)]}).rows
    assert row["result"] == "usable"
    assert row["body"] == body
    assert row["body_bytes"] == len(body)
    assert row["body_sha256"] == hashlib.sha256(body).hexdigest()
    assert row["requested_at"] <= row["received_at"]


PAGE = b"<html>We will be back soon</html>"


def test_html_with_status_200_is_garbage(fetch: Fetch, say: Say) -> None:
    fetched = fetch(["a"], {"a": [say(200, PAGE, {"Content-Type": "application/json"})]})
    assert fetched.endings == {"a": ("garbage", False)}
    assert [row["body"] for row in fetched.rows] == [PAGE, PAGE]
    assert (fetched.states()["a"]["state"], fetched.states(settle_hours=0)["a"]["state"]) == ("pending", "failed")


def test_json_without_a_call_is_empty_and_not_asked_twice(fetch: Fetch, say: Say) -> None:
    fetched = fetch(["a"], {"a": [say(200, b'{"detail": "in progress"}')]})
    assert fetched.tries == {"a": 1}
    assert (fetched.states()["a"]["state"], fetched.states(settle_hours=0)["a"]["state"]) == ("unsettled", "failed")


ZIPPED = gzip.compress(BUSY * 50)
IN_GZIP = {"Content-Encoding": "gzip"}


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (lambda say: say(declared=1_000), "the connection ended within the answer"),
        (lambda say: say(is_chunked=True, cut_after=10), "the connection ended within the answer"),
        (lambda say: say(is_chunked=True, cut_after=-5), "the connection ended within the answer"),
        (lambda say: say(body=b"x" * 1_000, cut_after=500), "the connection ended within the answer"),
        (lambda say: say(declared=1_000, resets=True), "the connection ended within the answer"),
        (lambda say: say(200, ZIPPED[:-9], IN_GZIP), "the gzip body ended before its end"),
        (lambda say: say(200, ZIPPED + b"more", IN_GZIP), "the gzip body is broken"),
        (lambda say: say(200, BUSY, IN_GZIP), "the gzip body is broken"),
        (lambda say: say(200, BUSY, {"Content-Encoding": "br"}), "a content encoding that was not asked for"),
        (lambda say: say(200, BUSY, {"Bad Header": "x"}), "the connection ended within the answer"),
    ],
    ids=[
        *("short content length", "chunk cut", "no last chunk", "body cut", "reset"),
        *("gzip cut", "garbage behind gzip", "gzip in name only", "unknown encoding", "no HTTP"),
    ],
)
def test_an_answer_that_is_not_whole_is_trouble_and_may_pass(
    fetch: Fetch, say: Say, broken: Callable[[Say], Any], error: str
) -> None:
    fetched = fetch(["down", "passing"], {"down": [broken(say)], "passing": [broken(say), say()]})
    assert fetched.endings == {"down": ("trouble", False), "passing": ("usable", False)}
    rows = [row for row in fetched.rows if row["result"] == "trouble"]
    assert len(rows) == 3
    for row in rows:
        assert error in row["error"]
        assert (row["status"], row["body"]) == (None, None)
    assert [fetched.states()["down"][name] for name in ("state", "last_status")] == ["pending", None]


def test_a_request_lost_on_a_kept_connection_is_not_sent_again_in_secret(fetch: Fetch, say: Say) -> None:
    fetched = fetch(["a", "b"], {"b": [say(hangs_up=True)]}, max_concurrency=1, tries=1)
    assert fetched.api.connected == 1
    assert fetched.api.asked == ["a", "b"]
    assert fetched.endings == {"a": ("usable", False), "b": ("trouble", False)}


def test_a_drip_slower_than_a_try_may_take_is_trouble(fetch: Fetch, say: Say) -> None:
    fetched = fetch(["slow"], {"slow": [say(byte_seconds=0.1)]}, timeout_seconds=0.3)
    (first, second) = fetched.rows
    assert {first["error"], second["error"]} == {"no whole answer within 0.3 s"}
    assert (first["received_at"] - first["requested_at"]).total_seconds() >= 0.29


def test_nobody_listening_is_trouble(fetch: Fetch) -> None:
    with socket.socket() as bound:  # holds the port and does not listen
        bound.bind(("127.0.0.1", 0))
        fetched = fetch(["a"], base_url=f"http://127.0.0.1:{bound.getsockname()[1]}")
    assert fetched.tries == {"a": 2}
    assert all(row["error"].startswith("no connection (") for row in fetched.rows)
    assert fetched.states()["a"]["state"] == "pending"


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_longer_than_an_asking_may_take_is_not_begun(fetch: Fetch, say: Say, status: int) -> None:
    fetched = fetch(["a"], {"a": [say(status, b"", {"Retry-After": "3600"})]}, tries=5)
    assert fetched.tries == {"a": 1}
    assert [fetched.states()["a"][name] for name in ("state", "last_status")] == ["pending", status]


def test_an_asked_wait_is_kept(fetch: Fetch, say: Say) -> None:
    first, second = fetch(["a"], {"a": [say(503, b"", {"Retry-After": "1"}), say()]}).rows
    assert (second["requested_at"] - first["received_at"]).total_seconds() >= 0.99


def test_a_body_above_the_limit_is_refused_and_its_size_and_hash_are_kept(fetch: Fetch, say: Say) -> None:
    bomb = gzip.compress(bytes(MAX_BODY_BYTES + 1), compresslevel=1)
    fetched = fetch(["bomb", "good"], {"bomb": [say(200, bomb, IN_GZIP)]})
    assert fetched.endings == {"bomb": ("refused", False), "good": ("usable", False)}
    row = fetched.rows[0]
    assert (row["status"], row["body"], row["body_bytes"]) == (200, None, MAX_BODY_BYTES + 1)
    assert row["body_sha256"] == hashlib.sha256(bytes(MAX_BODY_BYTES + 1)).hexdigest()
    assert fetched.states()["bomb"]["state"] == "failed"
