"""How fast ids become raw answers on record: `python -m benchmarks.fetch [--requests N] [--runs N] [--json]`.

Each row is the median of several runs, taken in turn with the others, against a loopback server in a process of its
own. `fetch` is everything from waiting ids to synced Parquet files; the rows above it are the transports alone, under
httpx's client. CPU is that of this process, all its threads together, user and system.
"""

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from benchmarks.campaign import Campaign
from benchmarks.server import serving
from dialflo_pipeline.api.request import open_fetcher
from dialflo_pipeline.api.rust_transport import RustTransport
from dialflo_pipeline.core.signals import run_async
from dialflo_pipeline.extract.run import fetch_tasks
from dialflo_pipeline.lake.store import Lake

DAY = date(2025, 6, 25)
TOKEN = "a-token-of-the-usual-length-with-some-forty-chars"  # noqa: S105 - for a server of our own
SLOW = "httpx over its own transport"
BARE = "httpx over pyreqwest"
OURS = "fetch, raw answers on record"
SLOW_SHARE = 8
"""httpx's own transport gets fewer requests by this factor, or it would take most of the time."""

Measured = Callable[[str, list[str], int], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Row:
    """One line of the table; `cpu_ratio` is to httpx over pyreqwest, at the same concurrency."""

    name: str
    concurrency: int
    per_second: float
    cpu_microseconds: float
    cpu_ratio: float


def httpx_own(concurrency: int) -> httpx.AsyncBaseTransport:
    """What httpx takes if it is given no transport, with room for as many connections as the others have."""
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    return httpx.AsyncHTTPTransport(limits=limits)


async def under_httpx(
    make: Callable[[int], httpx.AsyncBaseTransport], base_url: str, ids: list[str], concurrency: int
) -> None:
    """The same requests with nothing done to the answers."""
    headers = {"auth_token": f"Bearer {TOKEN}", "content-type": "application/json", "accept-encoding": "gzip"}
    waiting = iter(ids)

    async def work(client: httpx.AsyncClient) -> None:
        for task_id in waiting:
            async with client.stream("GET", f"/call_details/{task_id}") as response:
                _ = [chunk async for chunk in response.aiter_raw()]

    async with httpx.AsyncClient(base_url=base_url, headers=headers, transport=make(concurrency)) as client:
        await asyncio.gather(*(work(client) for _ in range(concurrency)))


async def fetch(base_url: str, ids: list[str], concurrency: int) -> None:
    """What a sync does between knowing its ids and deriving their days."""
    with tempfile.TemporaryDirectory() as folder:
        asker = open_fetcher(
            base_url, SecretStr(TOKEN), rate_limit=0, max_concurrency=concurrency, tries=5, timeout_seconds=30
        )
        lake = Lake(Path(folder) / "lake", Path(folder) / "aside")
        report = await fetch_tasks(lake, dict.fromkeys(ids, DAY), asker, concurrency, lambda _: None)
        assert report.asked == len(ids), report


def measure(run: Measured, base_url: str, ids: list[str], concurrency: int) -> tuple[float, float]:
    """Requests per second, and microseconds of CPU per request."""
    cpu, start = _cpu_seconds(), time.perf_counter()
    run_async(run(base_url, ids, concurrency))
    return len(ids) / (time.perf_counter() - start), (_cpu_seconds() - cpu) / len(ids) * 1e6


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rows(base_url: str, ids: list[str], concurrency: int, runs: int) -> list[Row]:
    few = ids[: max(1, len(ids) // SLOW_SHARE)]
    cases: dict[str, tuple[Measured, list[str]]] = {
        SLOW: (partial(under_httpx, httpx_own), few),
        BARE: (partial(under_httpx, RustTransport), ids),
        OURS: (fetch, ids),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(runs):
        for name, (run, some) in cases.items():
            found[name].append(measure(run, base_url, some, concurrency))
    rate = {name: statistics.median(one for one, _ in values) for name, values in found.items()}
    cpu = {name: statistics.median(one for _, one in values) for name, values in found.items()}
    return [Row(name, concurrency, rate[name], cpu[name], cpu[name] / cpu[BARE]) for name in cases]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[8, 16, 64])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    campaign = Campaign(options.requests, 1)
    ids = list(campaign.task_ids())
    with tempfile.TemporaryDirectory() as folder, serving(campaign.served(), Path(folder)) as base_url:
        table = [row for count in options.concurrency for row in rows(base_url, ids, count, options.runs)]
    if options.json:
        print(json.dumps([asdict(row) for row in table]))
        return
    print(f"{options.requests} requests, 1 kB answers, median of {options.runs} runs")
    print(f"{'':30}{'in flight':>10}{'requests/s':>12}{'CPU us each':>13}{'of bare':>9}")
    for row in table:
        print(
            f"{row.name:30}{row.concurrency:10}{row.per_second:12,.0f}{row.cpu_microseconds:13.0f}{row.cpu_ratio:9.2f}"
        )


if __name__ == "__main__":
    main()
