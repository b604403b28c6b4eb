"""The pipeline's fetch, and the same requests bare: over the same transport, with nothing done to the answers."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx

from benchmarks.timing import Seconds, timed
from dialflo_pipeline.api.request import open_fetcher
from dialflo_pipeline.api.transport import open_transport
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.core.signals import run_async
from dialflo_pipeline.extract import run as collect
from dialflo_pipeline.extract.fetch import FetchReport
from dialflo_pipeline.extract.plan import FetchPlan, plan_ids
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import registered_days
from dialflo_pipeline.lake.settings import lake_settings_of


def time_fetch() -> Seconds:
    """Ask for every registered id; from the open connection to the last answer on record."""
    settings = load_settings()
    lake, rules = DataDir(settings.data_dir).lake, lake_settings_of(settings)
    assert settings.api_token is not None
    ids = plan_ids(lake, registered_days(lake), rules, FetchPlan(datetime.now(UTC)))
    seconds: Seconds = {}
    with timed(seconds, "fetch"):
        asker = open_fetcher(
            settings.base_url,
            settings.api_token,
            rate_limit=settings.rate_limit,
            max_concurrency=settings.max_concurrency,
            tries=settings.tries,
            timeout_seconds=settings.timeout_seconds,
        )
        report = run_async(collect.fetch_tasks(lake, ids, asker, settings.max_concurrency, _hear))
    assert report.asked == len(ids)
    assert not report.errors
    return seconds


def _hear(report: FetchReport) -> None:
    """A fetch needs a reporter; this one ignores everything."""


def time_bare() -> Seconds:
    """The same requests over the same transport under httpx, with nothing done to the answers."""
    settings = load_settings()
    lake = DataDir(settings.data_dir).lake
    ids = plan_ids(lake, registered_days(lake), lake_settings_of(settings), FetchPlan(datetime.now(UTC)))
    seconds: Seconds = {}
    with timed(seconds, "bare"):
        run_async(_ask_bare(settings.base_url, iter(ids), settings.max_concurrency))
    return seconds


async def _ask_bare(base_url: str, ids: Iterator[str], concurrency: int) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        for task_id in ids:
            response = await client.get(f"/call_details/{task_id}")
            assert response.status_code == httpx.codes.OK

    async with httpx.AsyncClient(base_url=base_url, transport=open_transport(base_url, concurrency)) as client:
        await asyncio.gather(*(work(client) for _ in range(concurrency)))
