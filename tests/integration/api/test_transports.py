"""What holds whichever transport carries the requests: the same faults, limits and manners."""

import gc
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyreqwest.exceptions import BuilderError

from dialflo_pipeline.api import rust_transport
from dialflo_pipeline.api.transport import HttpxTransport, open_transport
from tests.support.canaries import TOKEN

Call = Callable[..., Any]
Say = Callable[..., Any]

CERTIFICATES = Path(__file__).resolve().parents[2] / "cases" / "tls"
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@dataclass
class OneAnswer:
    """A server on loopback that answers one request, over TLS if it has a certificate."""

    tls: ssl.SSLContext | None
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    answer: bytes = BAD_REQUEST

    @contextmanager
    def serving(self) -> Iterator["OneAnswer"]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
            answering = threading.Thread(target=self._answer, args=[server])
            answering.start()
            yield self
            answering.join()

    def _answer(self, server: socket.socket) -> None:
        raw, _ = server.accept()
        with raw, suppress(OSError):
            connection = self.tls.wrap_socket(raw, server_side=True) if self.tls else raw
            with connection:
                self.heads.append(connection.recv(100_000))
                connection.sendall(self.answer)
                if self.answer == BAD_REQUEST:
                    connection.recv(100_000)


@pytest.fixture
def over_tls() -> Iterator[OneAnswer]:
    """One with a certificate for localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / "localhost.pem")
    with OneAnswer(context).serving() as server:
        yield server


@pytest.fixture
def _with_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))


def _head(api: Any) -> list[bytes]:
    return [line.lower() for line in api.heads[0].split(b"\r\n")[1:] if line]


def test_the_fast_transport_is_used_where_it_can_be(way: str) -> None:
    assert isinstance(open_transport("http://127.0.0.1:1", 1), HttpxTransport) is (way == "plain")


def test_each_header_is_sent_once_and_no_other(call: Call) -> None:
    api, _ = call()
    names = sorted(line.split(b":")[0] for line in _head(api))
    assert names == [b"accept", b"accept-encoding", b"auth_token", b"content-type", b"host", b"user-agent"]
    assert f"auth_token: bearer {TOKEN}".encode() in _head(api)
    assert api.heads[0].startswith(b"GET /call_details/a HTTP/1.1\r\n")


def test_a_path_in_the_base_address_is_kept(call: Call) -> None:
    api, _ = call(base_url="http://127.0.0.1:PORT/dialflo")
    assert api.heads[0].startswith(b"GET /dialflo/call_details/a HTTP/1.1\r\n")


def test_connections_are_used_again(call: Call) -> None:
    api, replies = call(ids=["a", "b", "c"])
    assert [reply.status for reply in replies] == [200] * 3
    assert api.connected == 1


def test_a_cookie_is_not_kept(call: Call, say: Say) -> None:
    api, _ = call(say(headers={"Set-Cookie": "seen=1; Path=/"}), ids=["a", "b"])
    assert not any(b"cookie" in head.lower() for head in api.heads)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Odd": "\xe9\xff"},
        {"X-Twice": "1", "x-twice": "2"},
        {"Set-Cookie": "=;;=", "Content-Type": "nonsense"},
        {"X-Empty": "", "X-Long": "x" * 20_000},
    ],
)
def test_odd_headers_cost_nothing(call: Call, say: Say, headers: dict[str, str]) -> None:
    _, (reply,) = call(say(headers={"Retry-After": "7", **headers}))
    assert (reply.status, reply.retry_after) == (200, "7")


def test_an_address_that_is_none_is_told(call: Call, way: str) -> None:
    (told,) = call(base_url="http://1.2.3.4.5")[1]
    assert told == "the request failed (LocalProtocolError)" if way == "fast" else told.startswith("no connection (")


@pytest.mark.usefixtures("_with_authority")
def test_an_authority_of_ones_own_is_trusted(call: Call, over_tls: OneAnswer) -> None:
    (reply,) = call(base_url=f"https://localhost:{over_tls.port}")[1]
    assert reply.status == 400
    assert over_tls.heads[0].startswith(b"GET /call_details/a HTTP/1.1\r\n")


def test_a_host_without_tls_is_told(call: Call) -> None:
    with OneAnswer(None).serving() as server:
        assert call(base_url=f"https://127.0.0.1:{server.port}")[1] == ["no connection (no TLS)"]
    assert not any(b"secret" in head for head in server.heads)


def test_a_connection_that_ends_between_two_requests_costs_nothing(call: Call, say: Say) -> None:
    api, replies = call(say(headers={"Connection": "close"}), ids=["a", "b"])
    assert [reply.status for reply in replies] == [200, 200]
    assert api.asked == ["a", "b"]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_from_the_environment_is_used_for_hosts_elsewhere(call: Call, variable: str) -> None:
    api, (reply,) = call(base_url="http://api.test", proxy_in=[variable])
    assert reply.status == 200
    assert api.heads[0].startswith(b"GET http://api.test/call_details/a HTTP/1.1\r\n")


def test_a_proxy_for_https_never_sees_the_token(call: Call, say: Say) -> None:
    api, (told,) = call(say(403), base_url="https://api.test", proxy_in=["HTTPS_PROXY"])
    assert told == "the proxy in HTTPS_PROXY refused the request (HTTP 403)"
    assert api.heads[0].startswith(b"CONNECT api.test:443 HTTP/1.1\r\n")
    assert not any(b"secret" in head for head in api.heads)


def test_no_proxy_is_heeded(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "nowhere.invalid")
    api, replies = call(base_url="http://nowhere.invalid", proxy_in=["HTTP_PROXY"])
    assert replies == ["no connection (its name cannot be resolved)"]
    assert api.heads == []


def test_no_proxy_is_used_for_this_machine(call: Call) -> None:
    api, (reply,) = call(proxy_in=["HTTP_PROXY", "ALL_PROXY"])
    assert reply.status == 200
    assert api.heads[0].startswith(b"GET /call_details/a HTTP/1.1\r\n")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_where_the_fast_transport_would_not_read_them_certificates_of_ones_own_choose_the_plain_one(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert not isinstance(open_transport("https://127.0.0.1:1", 1), HttpxTransport)
    monkeypatch.setenv(variable, str(CERTIFICATES / "authority.pem" if variable == "SSL_CERT_FILE" else CERTIFICATES))
    assert isinstance(open_transport("https://127.0.0.1:1", 1), HttpxTransport)


def test_where_the_system_has_no_certificates_the_plain_transport_brings_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rust_transport, "RustTransport", _without_certificates)
    assert isinstance(open_transport("https://127.0.0.1:1", 1), HttpxTransport)


def _without_certificates(_max_connections: int) -> None:
    raise BuilderError("builder error", {"causes": None})


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h", "socks"])
@pytest.mark.parametrize("base_url", ["http://api.test", "https://api.test"])
def test_a_proxy_that_is_not_there_is_named_as_one(
    call: Call, monkeypatch: pytest.MonkeyPatch, scheme: str, base_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:s3cret@127.0.0.1:{port}")
    assert call(base_url=base_url)[1] == ["no connection to the proxy in ALL_PROXY (Connection refused)"]


def test_a_proxy_whose_name_is_unknown_is_named_as_one(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://nowhere.invalid:8080")
    (said,) = call(base_url="http://api.test")[1]
    assert said == "no connection to the proxy in HTTP_PROXY (its name cannot be resolved)"


def test_a_host_exempt_from_the_proxy_keeps_the_fast_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    assert not isinstance(open_transport("http://10.0.0.1", 1), HttpxTransport)


# httpcore leaves the connection of a failed SOCKS handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05\xff", bytes(9)])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_a_proxy_that_answers_something_else_is_named(
    call: Call, monkeypatch: pytest.MonkeyPatch, scheme: str, answer: bytes
) -> None:
    with OneAnswer(None, answer=answer).serving() as server:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{server.port}")
        (said,) = call(base_url="https://api.test")[1]
    gc.collect()  # what httpcore leaves open is to be found within this test
    assert "the proxy in ALL_PROXY" in said


def test_a_proxy_that_never_answers_is_named(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.getsockname()[1]}")
        (said,) = call(base_url="https://api.test", seconds=0.5)[1]
    assert said == "no whole answer within 0.5 s, through the proxy in HTTPS_PROXY"
