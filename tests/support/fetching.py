"""Fetches from a scripted server, through the core functions, into a lake of their own: ids in, raw answers out."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from dialflo_pipeline.api import request as asking
from dialflo_pipeline.api.client import ApiResponse, open_client
from dialflo_pipeline.api.retry import RetryPolicy
from dialflo_pipeline.core.errors import TransportError
from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS, TASKS
from dialflo_pipeline.core.signals import run_async
from dialflo_pipeline.extract.fetch import FetchReport
from dialflo_pipeline.extract.run import fetch_tasks
from dialflo_pipeline.lake.partitions import read_states
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.lake.store import Lake
from tests.support.canaries import TOKEN
from tests.support.fault_server import FaultServer, Say, Script

DAY = date(2024, 5, 1)
WAYS = ("fast", "plain")
MAX_SECONDS = 120
"""No fetch of the tests takes a tenth of it on a quiet machine."""


@contextmanager
def using(way: str) -> Iterator[None]:
    """The fast transport and event loop, or those that take their place where they cannot be had."""
    with pytest.MonkeyPatch.context() as patch:
        if way == "plain":
            patch.setitem(sys.modules, "dialflo_pipeline.api.rust_transport", None)
            patch.setitem(sys.modules, "uvloop", None)
        yield


@dataclass
class Fetched:
    """What came of a fetch."""

    api: FaultServer
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
        """The tasks by id; with 0 hours all were asked too late."""
        states = read_states(self.lake, [DAY], LakeSettings("UTC", timedelta(hours=settle_hours)))
        return {row["task_id"]: row for row in states.iter_rows(named=True)}


During = Callable[[FaultServer, "asyncio.Task[FetchReport]"], Awaitable[None]]


def fetch_from(
    server: FaultServer,
    folder: Path,
    ids: Sequence[str],
    *,
    during: During | None = None,
    base_url: str | None = None,
    rate_limit: float = 0,
    max_concurrency: int = 4,
    tries: int = 2,
    timeout_seconds: float = 60,
    settled: Sequence[str] = (),
) -> Fetched:
    """Ask the server for ids, with hardly any wait between tries; `during` runs beside the fetch.

    `PORT` in a base address is the server's.
    """
    lake = Lake(folder / "lake", folder / "aside")

    async def main() -> Fetched:
        async with server.serving():
            fetched = Fetched(server, lake)
            opened = asking.open_fetcher(
                (base_url or server.base_url).replace("PORT", server.port),
                SecretStr(TOKEN),
                rate_limit=rate_limit,
                max_concurrency=max_concurrency,
                tries=tries,
                timeout_seconds=timeout_seconds,
            )
            fetching = fetch_tasks(
                lake,
                dict.fromkeys(ids, DAY),
                opened,
                max_concurrency,
                lambda report: fetched.progress.append(report.asked),
            )
            task = asyncio.create_task(fetching)
            if during:
                await during(server, task)
            try:
                fetched.report = await task
            except BaseException as failure:
                fetched.failure = failure
            return fetched

    _register(lake, [*ids, *settled])
    if settled:
        _settle(lake, settled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "RetryPolicy", partial(RetryPolicy, first_wait_seconds=0.001))
        return run_async(asyncio.wait_for(main(), MAX_SECONDS))


def _settle(lake: Lake, ids: Sequence[str]) -> None:
    """Have the flattened table say that these ids are settled, which is all that a run looks at."""
    now = datetime.now(UTC)
    rows = [{"task_id": task_id, "call_date": DAY, "state": "settled", "attempts": 1} for task_id in ids]
    lake.replace(TASKS, [pl.DataFrame([row | {"registered_at": now} for row in rows], schema=TASKS.frame_schema)], DAY)


def _register(lake: Lake, ids: Sequence[str]) -> None:
    """Put the ids on their day, without a time of completion: their deadline is reckoned from now."""
    now, known = datetime.now(UTC), set(lake.read(TASK_IDS, DAY)["task_id"])
    rows = [(task_id, DAY, None, now, None) for task_id in dict.fromkeys(ids) if task_id not in known]
    lake.append(TASK_IDS, pl.DataFrame(rows, schema=TASK_IDS.frame_schema, orient="row"), DAY)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """The transport and event loop that are used where they can be, and those that take their place elsewhere."""
    with using(request.param):
        yield str(request.param)


@pytest.fixture
def fetch(tmp_path: Path, way: str) -> Callable[..., Fetched]:
    """Ask a scripted server for ids; see `fetch_from`."""

    def run(
        ids: Sequence[str],
        script: Script | None = None,
        *,
        otherwise: Say | None = None,
        is_tls: bool = False,
        **options: Any,
    ) -> Fetched:
        return fetch_from(FaultServer(script or {}, otherwise or Say(), is_tls), tmp_path, ids, **options)

    return run


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
