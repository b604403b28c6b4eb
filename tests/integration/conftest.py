"""Fetches from, and single calls to, the scripted server of the fault tests."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from pydantic import SecretStr

from dialflo_pipeline.api.client import ApiResponse, open_client
from dialflo_pipeline.core.errors import TransportError
from dialflo_pipeline.core.signals import run_async
from tests.faults.conftest import fetch, way
from tests.support.canaries import TOKEN
from tests.support.fault_server import FaultServer, Say

__all__ = ["fetch", "way"]


@pytest.fixture
def say() -> type[Say]:
    """To script an answer."""
    return Say


@pytest.fixture
def call(way: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[FaultServer, list[ApiResponse | str]]]:
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
    ) -> tuple[FaultServer, list[ApiResponse | str]]:
        async def main() -> tuple[FaultServer, list[ApiResponse | str]]:
            async with FaultServer(otherwise=say or Say()).serving() as api:
                for name in proxy_in:
                    monkeypatch.setenv(name, api.base_url)
                address = base_url.replace("PORT", api.port) or api.base_url
                async with open_client(address, SecretStr(TOKEN), max_connections=2) as client:
                    return api, [await _told(client.call_details(task_id, seconds)) for task_id in ids]

        return run_async(asyncio.wait_for(main(), 120))

    return run


async def _told(reply: Awaitable[ApiResponse]) -> ApiResponse | str:
    try:
        return await reply
    except TransportError as trouble:
        return str(trouble)
