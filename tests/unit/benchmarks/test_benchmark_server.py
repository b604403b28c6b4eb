"""The benchmarks' own server: right answers, whatever pieces the requests come in."""

import asyncio
import http.client
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks import server
from benchmarks.server import Answering, body_name, render, serving

BODIES = {body_name(place): b'[{"agent_name":"ONEST"}]' * (place + 1) for place in range(3)}
RENDERED = {name.encode(): render(body) for name, body in BODIES.items()}


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("shutil.which", lambda _: None)  # where there is an nginx it would be started
    monkeypatch.setenv("PYTHONPATH", str(Path(server.__file__).parents[1]))
    with serving(BODIES, tmp_path / "server") as address:
        yield address


class Wire(asyncio.Transport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data


def _request(name: str) -> bytes:
    return f"GET /call_details/some-task-{name} HTTP/1.1\r\nHost: here\r\n\r\n".encode()


def test_an_id_is_answered_with_the_body_it_ends_in(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    for name, body in BODIES.items():
        connection.request("GET", f"/call_details/0f8fad5b-d9cb-469f-a165-70867728{name}")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, body)
    connection.request("GET", "/call_details/unknown")
    assert connection.getresponse().status == 404
    connection.close()


def test_the_server_ends_with_its_block(url: str, tmp_path: Path) -> None:
    with serving(BODIES, tmp_path / "another") as address:
        parts = urlsplit(address)
    assert address != url
    with pytest.raises(OSError, match=r"refused"):
        socket.create_connection((parts.hostname, parts.port or 0), timeout=5)


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_requests_may_come_in_pieces_and_several_at_once(size: int) -> None:
    names = [body_name(place) for place in (0, 2, 1, 0)]
    stream = b"".join(map(_request, names))
    wire, answering = Wire(), Answering(RENDERED)
    answering.connection_made(wire)
    for start in range(0, len(stream), size):
        answering.data_received(stream[start : start + size])
    assert wire.sent == b"".join(RENDERED[name.encode()] for name in names)
