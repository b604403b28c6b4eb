"""How costs grow: with the stored days, and with more calls than dlt can do in reasonable time."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.campaign import Campaign
from benchmarks.contenders import Figures, Start
from benchmarks.contests import DAYS, Bench
from benchmarks.server import serving

NEW_CALLS = 1_000
"""Calls of the one new day of a sync."""


def sync_alone(bench: Bench, tasks: int) -> Mapping[str, Any]:
    """One `dialflo sync` with enough ids that dlt would take most of an hour."""
    campaign = Campaign(tasks, DAYS, bench.shape)
    with (
        Start.prepared(bench.place, f"sync-{tasks}", campaign, filled=False) as start,
        serving(campaign.served(), start.folder / "server") as url,
    ):
        return {"tasks": tasks, "days": DAYS, "runs": bench.alternate({"sync": partial(start.sync, url)}, runs=1)}


def one_day(bench: Bench, tasks: int) -> Mapping[str, Any]:
    """`dialflo rebuild` of very many calls of one day: what it needs of memory."""
    with Start.prepared(bench.place, "one-day", Campaign(tasks, 1, bench.shape), filled=True) as start:
        return {"tasks": tasks, "days": 1, "runs": bench.alternate({"rebuild": start.rebuild}, runs=1)}


def days_stored(bench: Bench, tasks: int, days: int) -> Mapping[str, Any]:
    """A first sync of the same calls over several numbers of days; then idle syncs, and syncs with one new day."""
    campaign = Campaign(tasks, days, bench.shape)
    served = replace(campaign, tasks=tasks + NEW_CALLS * bench.runs).served()
    with (
        Start.prepared(bench.place, f"days-{days}", campaign, filled=False) as start,
        serving(served, start.folder / "server") as url,
    ):
        runs = bench.alternate({"first": partial(start.sync, url)})
        bench.place.command("sync", data=start.data, url=url)
        later = _Later(bench, start, url)
        runs |= bench.alternate({"idle": later.idle, "new_day": later.new_day, "copy": later.copy})
    return {"tasks": tasks, "days": days, "new_calls": NEW_CALLS, "runs": runs}


class _Later:
    """Syncs of a data folder that has been synced before."""

    def __init__(self, bench: Bench, start: Start, url: str) -> None:
        self._bench, self._start, self._url = bench, start, url
        campaign = start.campaign
        self._next = replace(campaign, tasks=NEW_CALLS, days=1, first=campaign.tasks, first_day=campaign.days)

    def idle(self) -> Figures:
        return self._sync()

    def new_day(self) -> Figures:
        ids = self._next.write_ids(self._start.folder / "new")
        self._next = replace(self._next, first=self._next.first + NEW_CALLS, first_day=self._next.first_day + 1)
        self._bench.place.command("tasks", "add", str(ids), data=self._start.data)
        return self._sync()

    def copy(self) -> Figures:
        """The lower bound of publishing: one sequential copy of the file."""
        start = time.perf_counter()
        copied = Path(shutil.copyfile(self._start.data / "warehouse.duckdb", self._start.folder / "copy"))
        return {"seconds": time.perf_counter() - start, "bytes": copied.stat().st_size}

    def _sync(self) -> Figures:
        return self._bench.place.command("sync", data=self._start.data, url=self._url).figures
