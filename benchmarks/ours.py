"""The pipeline's stages, each timed by itself: `python -m benchmarks.ours WHAT FOLDER …`. Needs the package.

Runs as a process of its own, so that one measurement leaves nothing behind for the next, and prints one line of JSON:
seconds by stage. Calls what the assets call, with the settings in the environment. The whole commands (`dialflo sync`
and the like) are not run from here.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import polars as pl

from benchmarks.floors import parse_only, write_only
from benchmarks.frames import batches, fill
from dialflo_pipeline import collect, refresh
from dialflo_pipeline.api.asking import open_asker
from dialflo_pipeline.days import registered_days
from dialflo_pipeline.derive import ANSWER_TABLES, BATCH_ROWS, derive_days
from dialflo_pipeline.fetch import FetchReport
from dialflo_pipeline.flatten import Flattened, flatten
from dialflo_pipeline.lake import Lake
from dialflo_pipeline.rules import mart_settings_of, rules_of
from dialflo_pipeline.settings import load_settings
from dialflo_pipeline.workspace import Workspace

Seconds = dict[str, float]


@contextmanager
def timed(seconds: Seconds, name: str) -> Iterator[None]:
    """Note the time, and under `…_cpu` the processor time of this process and of those it has started and ended."""
    cpu, start = _cpu_seconds(), time.perf_counter()
    yield
    seconds[name], seconds[f"{name}_cpu"] = time.perf_counter() - start, _cpu_seconds() - cpu


def _cpu_seconds() -> float:
    return sum(os.times()[:4])


def time_fetch() -> Seconds:
    """Ask for every registered id; from the open connection to the last answer on record."""
    settings = load_settings()
    lake, rules = Workspace(settings.data_dir).lake, rules_of(settings)
    assert settings.api_token is not None
    ids = collect.waiting_ids(lake, registered_days(lake), rules, retry_failed=False)
    seconds: Seconds = {}
    with timed(seconds, "fetch"):
        asker = open_asker(
            settings.base_url,
            settings.api_token,
            rate_limit=settings.rate_limit,
            max_concurrency=settings.max_concurrency,
            tries=settings.tries,
            timeout_seconds=settings.timeout_seconds,
        )
        report = asyncio.run(collect.fetch_answers(lake, ids, asker, settings.max_concurrency, _hear))
    assert report.asked == len(ids)
    assert not report.in_trouble
    return seconds


def _hear(report: FetchReport) -> None:
    """Somebody always listens to a fetch."""


def time_bare() -> Seconds:
    """The same requests over the same transport under httpx, with nothing done to the answers."""
    settings = load_settings()
    lake = Workspace(settings.data_dir).lake
    ids = collect.waiting_ids(lake, registered_days(lake), rules_of(settings), retry_failed=False)
    seconds: Seconds = {}
    with timed(seconds, "bare"):
        asyncio.run(_ask_bare(settings.base_url, iter(ids), settings.max_concurrency))
    return seconds


async def _ask_bare(base_url: str, ids: Iterator[str], concurrency: int) -> None:
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    transport = httpx.AsyncHTTPTransport(limits=limits)

    async def work(client: httpx.AsyncClient) -> None:
        for task_id in ids:
            response = await client.get(f"/call_details/{task_id}")
            assert response.status_code == httpx.codes.OK

    async with httpx.AsyncClient(base_url=base_url, transport=transport) as client:
        await asyncio.gather(*(work(client) for _ in range(concurrency)))


def time_stages() -> Seconds:
    """From the raw answers to the published file: every stage after the fetch."""
    settings = load_settings()
    workspace, rules, marts = Workspace(settings.data_dir), rules_of(settings), mart_settings_of(settings)
    days = registered_days(workspace.lake)
    seconds: Seconds = {}
    with timed(seconds, "derive"):
        for _ in derive_days(workspace.lake, days, rules):
            pass
    with timed(seconds, "load"):
        refresh.load_warehouse(workspace, rules, rebuild=True)
    with timed(seconds, "marts"):
        refresh.build_marts(workspace, marts, rebuild=True)
    with timed(seconds, "publish"):
        refresh.publish_warehouse(workspace, rebuild=True)
    return seconds


def time_flatten(campaign: Path, runs: int) -> dict[str, list[float]]:
    """Flattening and writing beside their floors, turn by turn; one turn before the first does not count."""
    with (campaign / "documents.jsonl").open("rb") as lines:
        ids = iter((campaign / "ids.txt").read_text("ascii").split())
        given = list(batches(ids, (line.rstrip(b"\n") for line in lines), _day(), BATCH_ROWS))
    flattened = [flatten(answers, "Asia/Kolkata") for answers in given]
    frames = [getattr(each, table.name) for each in flattened for table in ANSWER_TABLES]
    floors = [parse_only(answers) for answers in given]
    with tempfile.TemporaryDirectory(dir=campaign) as name:
        folder = Path(name)
        contenders: dict[str, Callable[[], object]] = {
            "parse_only": lambda: [parse() for parse in floors],
            "flatten": lambda: [flatten(answers, "Asia/Kolkata") for answers in given],
            "write_only": lambda: write_only(frames, folder),
            "write": lambda: write(flattened, Lake(folder / "lake", folder / "aside")),
        }
        seconds: dict[str, list[float]] = {contender: [] for contender in contenders}
        for turn in range(runs + 1):
            for contender, run in contenders.items():
                start = time.perf_counter()
                run()
                if turn:
                    seconds[contender].append(time.perf_counter() - start)
    return seconds


def write(flattened: list[Flattened], lake: Lake) -> None:
    """The frames of the answer tables to the lake: checked, with page checksums, synced, renamed."""
    for table in ANSWER_TABLES:
        frames: list[pl.DataFrame] = [getattr(each, table.name) for each in flattened]
        lake.replace(table, (table.schema.validate(frame) for frame in frames), _day())


def _day() -> date:
    return date(2025, 6, 25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fill", "fetch", "bare", "stages", "flatten"))
    parser.add_argument("--campaign", type=Path, help="folder of ids and documents, for fill and flatten")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    found: object
    match options.what:
        case "fill":
            lake = Workspace(load_settings().data_dir).lake
            found = fill(lake, options.campaign / "ids.csv", options.campaign / "documents.jsonl")
        case "fetch":
            found = time_fetch()
        case "bare":
            found = time_bare()
        case "stages":
            found = time_stages()
        case _:
            found = time_flatten(options.campaign, options.runs)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
