"""Fetches from, and single calls to, the scripted server of the fault tests."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from dialflo_pipeline import event_loop
from dialflo_pipeline.api.client import Reply, open_client
from dialflo_pipeline.errors import TransportTrouble
from tests.faults.fetching import TOKEN, WAYS, Fetched, fetch_from, using
from tests.faults.server import FaultServer, Say, Script


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """The transport and event loop that are used where they can be, and those that take their place elsewhere."""
    with using(request.param):
        yield str(request.param)


@pytest.fixture
def fetch(tmp_path: Path, way: str) -> Callable[..., Fetched]:
    """Ask a scripted server for ids; see `fetch_from`."""

    def run(
        ids: Sequence[str], script: Script | None = None, *, otherwise: Say | None = None, **options: Any
    ) -> Fetched:
        return fetch_from(FaultServer(script or {}, otherwise or Say()), tmp_path, ids, **options)

    return run


@pytest.fixture
def say() -> type[Say]:
    """To script an answer."""
    return Say


@pytest.fixture
def call(way: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[FaultServer, list[Reply | str]]]:
    """Call a scripted server for some ids, one after the other: the replies, or what is said of their trouble.

    `PORT` in the base address is the server's; `proxy_in` are environment variables that name it as a proxy.
    """

    def run(
        say: Say | None = None,
        *,
        ids: Sequence[str] = ("a",),
        base_url: str = "",
        proxy_in: Sequence[str] = (),
        seconds: float = 30,
    ) -> tuple[FaultServer, list[Reply | str]]:
        async def main() -> tuple[FaultServer, list[Reply | str]]:
            async with FaultServer(otherwise=say or Say()).serving() as api:
                for name in proxy_in:
                    monkeypatch.setenv(name, api.base_url)
                address = base_url.replace("PORT", api.port) or api.base_url
                async with open_client(address, SecretStr(TOKEN), max_connections=2) as client:
                    return api, [await _told(client.call_details(task_id, seconds)) for task_id in ids]

        return event_loop.run(asyncio.wait_for(main(), 120))

    return run


async def _told(reply: Awaitable[Reply]) -> Reply | str:
    try:
        return await reply
    except TransportTrouble as trouble:
        return str(trouble)
