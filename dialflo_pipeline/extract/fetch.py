"""Fetch many ids at the same time, store each attempt, and stop when the API refuses or is down.

Knows neither the lake nor Dagster: ids come in, fetches that ended go to a `FetchLog`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from dialflo_pipeline.api.request import TaskFetch
from dialflo_pipeline.core.schema import Result
from dialflo_pipeline.extract.circuit_breaker import CircuitBreaker, StopReason


@dataclass
class FetchReport:
    """What a run of fetches did: fetches by result, the error of each id without a usable answer, why it stopped."""

    wanted: int
    results: Counter[Result] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)
    stopped: StopReason | None = None
    stop_error: str | None = None
    """The error of the fetch that stopped it; never contains a payload."""
    has_usable_answer: bool = True
    """Whether the lake has had any usable answer by now; until then no 404 counts."""
    is_probe_usable: bool = False
    """Whether a settled id got a usable answer in between, so that refusals are the ids' own."""

    @property
    def asked(self) -> int:
        """Fetches that ended and count."""
        return self.results.total()

    def count(self, asking: TaskFetch) -> None:
        """Add a fetch that ended."""
        self.results[asking.result] += 1
        if asking.result is not Result.USABLE:
            self.errors[asking.task_id] = asking.tries[-1].verdict.error or asking.result


class FetchesTask(Protocol):
    """Fetches one id until an attempt decides."""

    async def ask(self, asking: TaskFetch) -> None:
        """Fill `asking.tries`."""


class Records(Protocol):
    """Stores fetches that ended."""

    def add(self, asking: TaskFetch, stopped_run: bool) -> None:
        """Take a fetch that ended; one that `stopped_run` counts for no state."""

    async def room(self) -> None:
        """Wait until more may be added."""


class FetchLog(Protocol):
    """Stores fetches that ended."""

    def add(self, asking: TaskFetch, stopped_run: bool) -> None:
        """Take a fetch that ended; one that `stopped_run` counts for no state."""

    async def room(self) -> None:
        """Wait until more may be added."""


@dataclass
class Fetch:
    """One run of fetches over `ids`, `concurrency` at a time; `on_progress` gets the report after each that counts.

    `find_probe` names a settled id, which is fetched to learn whether refusals are the ids' own; None if there is none.
    """

    ids: Collection[str]
    asker: FetchesTask
    records: FetchLog
    concurrency: int
    on_progress: Callable[["FetchReport"], None]
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    find_probe: Callable[[], str | None] = lambda: None
    report: FetchReport = field(init=False)

    async def run(self) -> FetchReport:
        """Fetch every id, or until the circuit breaker stops the run; every attempt is stored in either case."""
        self.report = FetchReport(wanted=len(self.ids))
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()
        waiting = iter(self.ids)
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(self.concurrency, len(self.ids))):
                    workers.create_task(self._work(waiting))
            await self._probe_if_all_refused()
        except* _Stopped:
            pass  # the report says why
        finally:
            self.report.has_usable_answer = self.breaker.has_usable_answer
            self._count(self.breaker.release(), stopped_run=self.report.stopped is not None)
        return self.report

    async def _work(self, waiting: Iterator[str]) -> None:
        for task_id in waiting:
            self._end(await self._fetch(task_id))
            if self.breaker.needs_probe and self._may_go_on.is_set():
                await self._probe()
            await self.records.room()
            await self._may_go_on.wait()

    async def _fetch(self, task_id: str) -> TaskFetch:
        asking = TaskFetch(task_id)
        try:
            await self.asker.ask(asking)
        except asyncio.CancelledError:
            asking.record_interrupted()
            if asking.tries:
                self.records.add(asking, True)
            raise
        return asking

    async def _probe(self) -> None:
        """Fetch a settled id while no other fetch starts: refusals count if its answer is usable, else they stop."""
        self._may_go_on.clear()
        try:
            probe_id = self.find_probe()
            probe = await self._fetch(probe_id) if probe_id else None
        finally:
            self._may_go_on.set()
        is_usable = probe is not None and probe.result is Result.USABLE
        if probe:
            self.records.add(probe, not is_usable)
        if is_usable:
            self.report.is_probe_usable = True
            self._count(self.breaker.release())
        elif self.breaker.needs_probe or self.breaker.holds_only_refusals:
            self._stop(StopReason.REFUSED, self.breaker.last_held)

    async def _probe_if_all_refused(self) -> None:
        is_unclear = not self.report.asked and not self.report.is_probe_usable
        if is_unclear and self.breaker.holds_only_refusals and not self.report.stopped:
            await self._probe()

    def _end(self, asking: TaskFetch) -> None:
        if self.report.stopped:
            # It ended in the same instant as the one that stopped the run, too late to be cancelled.
            self._count([asking], stopped_run=asking.result is not Result.USABLE)
            raise _Stopped
        counting, reason = self.breaker.take(asking)
        self._count(counting)
        if reason:
            self._stop(reason, asking)

    def _stop(self, reason: StopReason, last: TaskFetch) -> NoReturn:
        self.report.stopped = reason
        self.report.stop_error = last.tries[-1].verdict.error
        raise _Stopped

    def _count(self, askings: Sequence[TaskFetch], *, stopped_run: bool = False) -> None:
        for asking in askings:
            self.records.add(asking, stopped_run)
            if not stopped_run:
                self.report.count(asking)
                self.on_progress(self.report)


class _Stopped(Exception):
    """Ends all workers."""
