"""What is sent to whom and when: no host but the configured one, no request in secret, no wait cut short."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.canaries import TOKEN
from tests.support.fault_server import CERTIFICATES, Say
from tests.support.fetching import Fetched

Fetch = Callable[..., Fetched]
NO_CONNECTION = "no connection ("


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """A host that nobody should come to."""
    with socket.create_server(("127.0.0.1", 0)) as host:
        host.setblocking(False)
        yield host
        with pytest.raises(BlockingIOError):
            host.accept()


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
def test_nobody_a_redirect_leads_to_is_ever_called(fetch: Fetch, status: int) -> None:
    with _listening() as elsewhere:
        port = elsewhere.getsockname()[1]
        targets = [f"http://127.0.0.1:{port}/call_details/a", f"http://localhost:{port}/", f"//127.0.0.1:{port}/"]
        script = {
            f"{name}-{number}": [Say(status, b"", {name: target})]
            for name in ("Location", "Refresh", "Content-Location", "Alt-Svc")
            for number, target in enumerate(targets)
        }
        fetched = fetch(list(script), script)
    # All refused and none settled to try: a proxy or firewall may be the reason, so none of them counts.
    assert fetched.endings == dict.fromkeys(script, ("refused", True))
    assert sorted(fetched.api.asked) == sorted(script)


def test_a_proxy_in_the_environment_is_not_called_for_this_machine(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _listening() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        assert fetch(["a"]).endings == {"a": ("usable", False)}


def test_the_token_goes_in_its_header_and_is_kept_nowhere(fetch: Fetch) -> None:
    fetched = fetch(["a", "b"], {"b": [Say(500, b"", resets=True)]})
    for head in fetched.api.heads:
        lines = [line.lower() for line in head.split(b"\r\n")]
        assert lines.count(f"auth_token: bearer {TOKEN}".encode()) == 1
        assert head.count(TOKEN.encode()) == 1
        assert not any(line.startswith(b"authorization") for line in lines)
    assert TOKEN not in repr((fetched.rows, fetched.report))
    assert not any(TOKEN.encode() in path.read_bytes() for path in fetched.lake.root.rglob("*.parquet"))


def test_a_request_lost_on_a_kept_connection_is_not_sent_again_in_secret(fetch: Fetch) -> None:
    fetched = fetch(["a", "b"], {"b": [Say(hangs_up=True)]}, max_concurrency=1, tries=1)
    assert fetched.api.connected == 1
    assert fetched.api.asked == ["a", "b"]
    assert fetched.endings == {"a": ("usable", False), "b": ("trouble", False)}


def test_what_follows_an_answer_on_its_connection_is_not_taken_for_the_next_one(fetch: Fetch) -> None:
    """The second of two answers to one request would be kept under an id that it is not of."""
    one = b'[{"call_id": "of-a", "call_status": "BUSY"}]'
    another = one.replace(b"of-a", b"none")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(one)
    script = {"a": [Say(raw=head + one + head + another, when=lambda api: True)], "b": [Say()], "c": [Say()]}
    fetched = fetch(list(script), script, max_concurrency=1)
    bodies = {row["task_id"]: row["body"] for row in fetched.rows if row["is_last"]}
    assert bodies == {"a": one, "b": Say().body, "c": Say().body}


def test_an_asked_wait_is_kept(fetch: Fetch) -> None:
    """A date has no part of a second: two seconds from now may be one and a bit."""
    waits: dict[str, dict[str, Any]] = {"seconds": {"headers": {"Retry-After": "1"}}, "date": {"retry_date": 2.0}}
    script = {
        f"{name}-{status}": [Say(status, b"", **wait), Say()] for name, wait in waits.items() for status in (429, 503)
    }
    rows = fetch(list(script), script).rows
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        assert first["task_id"] == second["task_id"]
        assert (second["requested_at"] - first["received_at"]).total_seconds() >= 0.99


def test_a_switch_of_protocols_is_never_an_answer(fetch: Fetch) -> None:
    """The one transport tells it from other answers, the other cannot."""
    switch = Say(101, b"", {"Upgrade": "x", "Connection": "upgrade"})
    assert fetch(["a"], {"a": [switch]}).endings["a"][0] in ("refused", "trouble")


@pytest.mark.parametrize(
    ("base_url", "is_tls", "has_authority", "error"),
    [
        ("http://nowhere.invalid", False, False, "its name cannot be resolved"),
        ("http://127.0.0.1:FREE", False, False, "Connection refused"),
        ("https://localhost:PORT", True, False, "its certificate is not trusted"),
        ("https://127.0.0.1:PORT", True, True, "its certificate is not trusted"),
    ],
    ids=["no name", "nobody listens", "untrusted", "another name"],
)
def test_a_host_that_cannot_be_reached_is_trouble(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch, base_url: str, is_tls: bool, has_authority: bool, error: str
) -> None:
    if has_authority:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    with socket.socket() as bound:  # holds the port and does not listen
        bound.bind(("127.0.0.1", 0))
        address = base_url.replace("FREE", str(bound.getsockname()[1]))
        fetched = fetch(["a"], is_tls=is_tls, base_url=address)
    assert fetched.tries == {"a": 2}
    assert {row["error"] for row in fetched.rows} == {f"{NO_CONNECTION}{error})"}
    assert fetched.states()["a"]["state"] == "pending"
    assert fetched.api.heads == []


def test_over_tls_a_trusted_host_is_asked_and_a_cut_answer_is_trouble(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    cut, reset = Say(declared=1_000), Say(declared=1_000, resets=True)
    script = {"good": [Say()], "cut": [cut], "reset": [reset], "passing": [cut, Say()]}
    fetched = fetch(list(script), script, is_tls=True)
    endings = {task_id: result for task_id, (result, _) in fetched.endings.items()}
    assert endings == {"good": "usable", "cut": "trouble", "reset": "trouble", "passing": "usable"}


def test_a_silent_host_takes_no_longer_than_its_time(fetch: Fetch, way: str) -> None:
    # httpx's own transport leaves a connection that is given up within the TLS handshake to the garbage collector.
    scheme = "https" if way == "fast" else "http"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fetched = fetch(["a"], base_url=f"{scheme}://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.3)
    assert {row["error"] for row in fetched.rows} == {"no whole answer within 0.3 s"}
