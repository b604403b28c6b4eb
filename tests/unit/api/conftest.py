"""A clock for asyncio that jumps to the next timer instead of waiting; answers of a faked transport; tries by hand."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeVar

import httpx
import pytest
import tenacity
from pydantic import SecretStr

from dialflo_pipeline.api.attempt import Attempt
from dialflo_pipeline.api.client import DialfloClient, open_client
from dialflo_pipeline.core.classify import Classification
from dialflo_pipeline.core.schema import Result

T = TypeVar("T")


class FakeTimeLoop(asyncio.SelectorEventLoop):
    """An event loop in which time passes only when nothing is left to do."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.now


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: FakeTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("every task waits for something that never comes")
        # Never quite nothing, as with a real clock: what rounds to no time at all must still come to its end.
        self._loop.now += max(timeout, 1e-7)
        return super().select(0)


@pytest.fixture(scope="session")
def in_fake_time() -> Callable[[Callable[[FakeTimeLoop], Coroutine[Any, Any, T]]], T]:
    """Run what is given the loop, whose `time` starts at 0; tenacity reads the same clock."""

    def run(main: Callable[[FakeTimeLoop], Coroutine[Any, Any, T]]) -> T:
        loop = FakeTimeLoop()
        with (
            pytest.MonkeyPatch.context() as patch,
            asyncio.Runner(loop_factory=lambda: loop) as runner,
        ):
            patch.setattr(tenacity, "time", SimpleNamespace(monotonic=loop.time))
            return runner.run(main(loop))

    return run


@pytest.fixture(scope="session")
def answer() -> Callable[..., httpx.Response]:
    """An answer whose body comes as a stream, as it does from the network."""

    def make(status: int = 200, body: bytes = b"", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, headers=named, content=_stream(body))

    return make


async def _stream(body: bytes) -> AsyncIterator[bytes]:
    yield body


@pytest.fixture(scope="session")
def open_faked() -> Callable[
    [Callable[[httpx.Request], Awaitable[httpx.Response]]], AbstractAsyncContextManager[DialfloClient]
]:
    """A client that sends its requests to a function."""

    def open_with(
        handler: Callable[[httpx.Request], Awaitable[httpx.Response]],
    ) -> AbstractAsyncContextManager[DialfloClient]:
        async def handle(request: httpx.Request) -> httpx.Response:
            return await handler(request)

        transport = httpx.MockTransport(handle)
        return open_client("http://api.test", SecretStr("secret"), max_connections=1, transport=transport)

    return open_with


@pytest.fixture(scope="session")
def tried() -> Callable[..., Attempt]:
    """A try of asking "asking" that ended so."""

    def make(result: Result, **values: Any) -> Attempt:
        moment = datetime(2024, 5, 1, tzinfo=UTC)
        plain: dict[str, Any] = {"task_id": "task", "asking_id": "asking", "attempt": 1}
        return Attempt(
            **plain | {"requested_at": moment, "received_at": moment, "verdict": Classification(result)} | values
        )

    return make
