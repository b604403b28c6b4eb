"""A server on loopback that follows a script to the byte: for each id, what to send at which attempt.

It speaks on raw connections, so it can break any rule of HTTP. `serving` runs it in the event loop of the test,
so a script can wait for what a fetch has done so far; `serving_aside` runs it in a thread, for a process of its own.
"""

import asyncio
import socket
import ssl
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

USABLE = b'[ {"call_status" : "BUSY"} ]\r\n'
PIECE_BYTES = 256 * 1024
"""Large bodies are sent in pieces: the event loop moves all that waits each time it sends some."""

CERTIFICATES = Path(__file__).resolve().parents[1] / "cases" / "tls"


@dataclass(frozen=True)
class Say:
    """One scripted answer, sent once `when` is true of the server."""

    status: int = 200
    body: bytes = field(default=USABLE, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_date: float | None = None
    """A Retry-After in the form of a date, so many seconds from the moment of the answer."""
    declared: int | None = None
    """Content-Length, where it is not the body's."""
    is_chunked: bool = False
    cut_after: int | None = None
    """So many bytes of the body (in its framing) are sent, and no more."""
    resets: bool = False
    hangs_up: bool = False
    """Nothing is sent at all."""
    stalls: bool = False
    """Once all is sent the connection stays open, and nothing more comes."""
    byte_seconds: float = 0.0
    """The wait before each byte of the body."""
    raw: bytes | None = field(default=None, repr=False)
    """Sent as it stands instead of head and body."""
    when: Callable[["FaultServer"], bool] = lambda _: True

    @property
    def is_cut(self) -> bool:
        is_short = self.cut_after is not None or self.declared is not None
        return self.resets or self.hangs_up or is_short or self.raw is not None

    def head(self) -> bytes:
        """Everything before the body."""
        if self.raw is not None:
            return self.raw
        length = len(self.body) if self.declared is None else self.declared
        framing = {"Transfer-Encoding": "chunked"} if self.is_chunked else {"Content-Length": str(length)}
        lines = [f"{name}: {value}" for name, value in {**framing, **self.headers}.items()]
        if self.retry_date is not None:
            moment = datetime.now(UTC) + timedelta(seconds=self.retry_date)
            lines.append(f"Retry-After: {format_datetime(moment, usegmt=True)}")
        return "\r\n".join([f"HTTP/1.1 {self.status} Scripted", *lines, "", ""]).encode("latin-1")

    def payload(self) -> bytes:
        """The body in its framing, as far as it is sent."""
        if self.raw is not None:
            return b""
        if self.is_chunked:
            half = len(self.body) // 2
            pieces = [piece for piece in (self.body[:half], self.body[half:]) if piece]
            framed = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"
        else:
            framed = self.body
        return framed[: self.cut_after]


Script = Mapping[str, Sequence[Say]]


@dataclass
class FaultServer:
    """What the server was asked, and its answers: a list by task id, of which the last is given again and again."""

    script: Script = field(default_factory=dict, repr=False)
    otherwise: Say = field(default_factory=Say)
    is_tls: bool = False
    base_url: str = ""
    asked: list[str] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list, repr=False)
    moments: list[float] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    connected: int = 0
    callers: set[int] = field(default_factory=set)
    """The ports that callers came from."""
    answered: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    _connections: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def port(self) -> str:
        """Its port on loopback, once it serves."""
        return self.base_url.rpartition(":")[2]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FaultServer"]:
        """Serve on a free port of loopback."""
        tls = _tls() if self.is_tls else None
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=tls)
        host, port = server.sockets[0].getsockname()
        self.base_url = f"https://localhost:{port}" if tls else f"http://{host}:{port}"
        try:
            yield self
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    @contextmanager
    def serving_aside(self) -> Iterator["FaultServer"]:
        """The same in a thread beside the test."""
        loop = asyncio.new_event_loop()
        ready, done = threading.Event(), asyncio.Event()

        async def main() -> None:
            async with self.serving():
                ready.set()
                await done.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=[main()])
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(done.set)
            thread.join()
            loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self.connected += 1
        self.callers.add(writer.get_extra_info("peername")[1])
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(await reader.readuntil(b"\r\n\r\n"), writer):
                pass
        writer.close()
        with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
            await writer.wait_closed()

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> bool:
        """Give the next scripted answer; whether the connection may go on."""
        task_id = head.split(b" ", 2)[1].decode().rpartition("/")[2]
        says = self.script.get(task_id, [self.otherwise])
        say = says[min(self.asked.count(task_id), len(says) - 1)]
        self.asked.append(task_id)
        self.heads.append(head)
        self.moments.append(time.monotonic())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            while not say.when(self):
                await asyncio.sleep(0.002)
            await _send(say, writer)
            self.answered += 1
            while say.stalls:
                await asyncio.sleep(60)
        finally:
            self.in_flight -= 1
        return not say.is_cut


async def _send(say: Say, writer: asyncio.StreamWriter) -> None:
    if say.hangs_up:
        return
    writer.write(say.head())
    payload, size = say.payload(), 1 if say.byte_seconds else PIECE_BYTES
    for start in range(0, len(payload), size):
        await writer.drain()
        if say.byte_seconds:
            await asyncio.sleep(say.byte_seconds)
        writer.write(payload[start : start + size])
    await writer.drain()
    if say.resets:
        handle = writer.get_extra_info("socket")
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / "localhost.pem")
    return context
