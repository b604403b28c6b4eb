"""A server on loopback that follows a script to the byte, and fetches from it into a lake of their own.

The server runs in the event loop of the fetch, so a script can wait for what the fetch has done so far.
"""

import asyncio
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from dialflo_pipeline import event_loop
from dialflo_pipeline.api import asking
from dialflo_pipeline.api.client import Reply, open_client
from dialflo_pipeline.api.retry import RetryPolicy
from dialflo_pipeline.collect import fetch_answers
from dialflo_pipeline.days import read_states
from dialflo_pipeline.errors import TransportTrouble
from dialflo_pipeline.fetch import FetchReport
from dialflo_pipeline.lake import Lake
from dialflo_pipeline.rules import Rules
from dialflo_pipeline.tables import RAW_ANSWERS, TASK_IDS

DAY = date(2024, 5, 1)
TOKEN = "the-secret-token"
USABLE = b'[ {"call_status" : "BUSY"} ]\r\n'


@dataclass(frozen=True)
class Say:
    """One scripted answer, sent once `when` is true of the server."""

    status: int = 200
    body: bytes = USABLE
    headers: Mapping[str, str] = field(default_factory=dict)
    declared: int | None = None
    """Content-Length, where it is not the body's."""
    is_chunked: bool = False
    cut_after: int | None = None
    """So many bytes of the body (in its framing) are sent, and no more."""
    resets: bool = False
    hangs_up: bool = False
    """Nothing is sent at all."""
    byte_seconds: float = 0.0
    """The wait before each byte of the body."""
    when: Callable[["ScriptedApi"], bool] = lambda _: True

    @property
    def is_cut(self) -> bool:
        return self.resets or self.hangs_up or self.cut_after is not None or self.declared is not None

    def head(self) -> bytes:
        length = len(self.body) if self.declared is None else self.declared
        framing = {"Transfer-Encoding": "chunked"} if self.is_chunked else {"Content-Length": str(length)}
        lines = [f"{name}: {value}" for name, value in {**framing, **self.headers}.items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} Scripted", *lines, "", ""]).encode("latin-1")

    def payload(self) -> bytes:
        if self.is_chunked:
            half = len(self.body) // 2
            pieces = [piece for piece in (self.body[:half], self.body[half:]) if piece]
            framed = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"
        else:
            framed = self.body
        return framed[: self.cut_after]


@dataclass
class ScriptedApi:
    """What the server was asked, and its answers: a list by task id, of which the last is given again and again."""

    script: Mapping[str, Sequence[Say]] = field(default_factory=dict)
    otherwise: Say = field(default_factory=Say)
    base_url: str = ""
    asked: list[str] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    connected: int = 0
    answered: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    _connections: set["asyncio.Task[None]"] = field(default_factory=set)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["ScriptedApi"]:
        """Serve on a free port of loopback."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        self.base_url = f"http://{host}:{port}"
        try:
            yield self
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self.connected += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(await reader.readuntil(b"\r\n\r\n"), writer):
                pass
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
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
        finally:
            self.in_flight -= 1
        return not say.is_cut


async def _send(say: Say, writer: asyncio.StreamWriter) -> None:
    if say.hangs_up:
        return
    writer.write(say.head())
    payload = say.payload()
    if say.byte_seconds:
        for byte in payload:
            await writer.drain()
            await asyncio.sleep(say.byte_seconds)
            writer.write(bytes([byte]))
    writer.write(b"" if say.byte_seconds else payload)
    await writer.drain()
    if say.resets:
        handle = writer.get_extra_info("socket")
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


@dataclass
class Fetched:
    """What came of a fetch."""

    api: ScriptedApi
    lake: Lake
    report: FetchReport | None = None
    failure: BaseException | None = None
    progress: list[int] = field(default_factory=list)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of `raw_answers`, by task and try."""
        return self.lake.read(RAW_ANSWERS, DAY).sort("task_id", "asking_id", "attempt").to_dicts()

    @property
    def endings(self) -> dict[str, tuple[str, bool]]:
        """What each asked id ended in, and whether its row is marked."""
        return {row["task_id"]: (row["result"], row["stopped_run"]) for row in self.rows if row["is_last"]}

    @property
    def tries(self) -> Counter[str]:
        return Counter(row["task_id"] for row in self.rows)

    def states(self, settle_hours: float = 24) -> dict[str, dict[str, Any]]:
        """The tasks by id, when the ids were completed as the fetch began."""
        states = read_states(self.lake, [DAY], Rules("UTC", timedelta(hours=settle_hours)))
        return {row["task_id"]: row for row in states.iter_rows(named=True)}


During = Callable[[ScriptedApi, "asyncio.Task[FetchReport]"], Awaitable[None]]


@pytest.fixture(params=["fast", "plain"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The transport and event loop that are used where they can be, and those that take their place elsewhere."""
    if request.param == "plain":
        monkeypatch.setitem(sys.modules, "dialflo_pipeline.api.rust_transport", None)
        monkeypatch.setitem(sys.modules, "uvloop", None)
    return str(request.param)


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> Callable[..., Fetched]:
    """Ask a scripted server for ids, with hardly any wait between tries; `during` runs beside the fetch."""
    monkeypatch.setattr(asking, "RetryPolicy", partial(RetryPolicy, first_wait_seconds=0.001))
    lake = Lake(tmp_path / "lake", tmp_path / "aside")

    def run(
        ids: Sequence[str],
        script: Mapping[str, Sequence[Say]] | None = None,
        *,
        otherwise: Say | None = None,
        during: During | None = None,
        base_url: str | None = None,
        rate_limit: float = 0,
        max_concurrency: int = 4,
        tries: int = 2,
        timeout_seconds: float = 60,
    ) -> Fetched:
        async def main() -> Fetched:
            async with ScriptedApi(script or {}, otherwise or Say()).serving() as api:
                fetched = Fetched(api, lake)
                opened = asking.open_asker(
                    base_url or api.base_url,
                    SecretStr(TOKEN),
                    rate_limit=rate_limit,
                    max_concurrency=max_concurrency,
                    tries=tries,
                    timeout_seconds=timeout_seconds,
                )
                fetching = fetch_answers(
                    lake,
                    dict.fromkeys(ids, DAY),
                    opened,
                    max_concurrency,
                    lambda report: fetched.progress.append(report.asked),
                )
                task = asyncio.create_task(fetching)
                if during:
                    await during(api, task)
                try:
                    fetched.report = await task
                except BaseException as failure:
                    fetched.failure = failure
                return fetched

        _register(lake, ids)
        return event_loop.run(asyncio.wait_for(main(), 120))

    return run


def _register(lake: Lake, ids: Sequence[str]) -> None:
    now = datetime.now(UTC)
    rows = [(task_id, DAY, now, now, None) for task_id in dict.fromkeys(ids)]
    lake.append(TASK_IDS, pl.DataFrame(rows, schema=TASK_IDS.frame_schema, orient="row"), DAY)


@pytest.fixture
def say() -> type[Say]:
    """To script an answer."""
    return Say


@pytest.fixture
def call(way: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[ScriptedApi, list[Reply | str]]]:
    """Call a scripted server for some ids, one after the other: the replies, or what is said of their trouble.

    `PORT` in the base address is the server's; `proxy_in` are environment variables that name it as a proxy.
    """

    def run(
        say: Say = Say(),
        *,
        ids: Sequence[str] = ("a",),
        base_url: str = "",
        proxy_in: Sequence[str] = (),
        seconds: float = 30,
    ) -> tuple[ScriptedApi, list[Reply | str]]:
        async def main() -> tuple[ScriptedApi, list[Reply | str]]:
            async with ScriptedApi(otherwise=say).serving() as api:
                for name in proxy_in:
                    monkeypatch.setenv(name, api.base_url)
                address = base_url.replace("PORT", api.base_url.rpartition(":")[2]) or api.base_url
                async with open_client(address, SecretStr(TOKEN), max_connections=2) as client:
                    return api, [await _told(client.call_details(task_id, seconds)) for task_id in ids]

        return event_loop.run(asyncio.wait_for(main(), 120))

    return run


async def _told(reply: Awaitable[Reply]) -> Reply | str:
    try:
        return await reply
    except TransportTrouble as trouble:
        return str(trouble)
