"""Fetching: many askings at once, each put on record, stopped when the API itself refuses or is down.

Knows neither the lake nor Dagster: ids come in, ended askings go out through `record`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from dialflo_pipeline.api.request import TaskFetch
from dialflo_pipeline.core.schema import Result

MAX_FIRST_FORBIDDEN = 5
"""So many first answers that are all 403 mean the token, not the ids."""

MAX_ERRORS_IN_A_ROW = 20
"""So many askings in a row that end in trouble or garbage mean that the API is down."""

FORBIDDEN = 403


class StopReason(StrEnum):
    """Why a run stopped asking before its last id."""

    TOKEN_REFUSED = "the API refused the token"  # noqa: S105 - a sentence, no secret
    API_DOWN = f"{MAX_ERRORS_IN_A_ROW} ids in a row ended in trouble"


@dataclass
class FetchReport:
    """What a fetch did: askings by what they ended in, ids that gave no answer to use and why, why it stopped early."""

    wanted: int
    results: Counter[Result] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)
    stopped: StopReason | None = None
    stop_error: str | None = None
    """What the asking that stopped it ended in, in words without payload."""

    @property
    def asked(self) -> int:
        """Askings that ended and count."""
        return self.results.total()

    def count(self, asking: TaskFetch) -> None:
        """Add an ended asking."""
        self.results[asking.result] += 1
        if asking.result is not Result.USABLE:
            self.errors[asking.task_id] = asking.tries[-1].verdict.error or asking.result


class FetchesTask(Protocol):
    """Asks for one id until a try decides."""

    async def ask(self, asking: TaskFetch) -> None:
        """Fill `asking.tries`."""


class Records(Protocol):
    """Keeps ended askings."""

    def add(self, asking: TaskFetch, stopped_run: bool) -> None:
        """Take an ended asking; one that `stopped_run` counts for no state."""

    async def room(self) -> None:
        """Wait until more may be added."""


class CircuitBreaker:
    """Watches ended askings; holds back those that may turn out to be why the run stops."""

    def __init__(self) -> None:
        self._forbidden: list[TaskFetch] = []
        self._only_forbidden = True
        self._in_trouble: list[TaskFetch] = []

    def take(self, asking: TaskFetch) -> tuple[list[TaskFetch], StopReason | None]:
        """The askings that surely count now; and the reason to stop, if what is then still held is one."""
        status = asking.tries[-1].status
        if asking.result is Result.UNAUTHORIZED or (self._only_forbidden and status == FORBIDDEN):
            return _taken(self._in_trouble), self._doubt_token(asking)
        if status is not None:
            self._only_forbidden = False
        counting = [] if self._only_forbidden else _taken(self._forbidden)
        if asking.result not in (Result.RETRYABLE, Result.MALFORMED):
            return [*counting, *_taken(self._in_trouble), asking], None
        self._in_trouble.append(asking)
        if len(self._in_trouble) < MAX_ERRORS_IN_A_ROW:
            return counting, None
        return [*counting, *_taken(self._forbidden)], StopReason.API_DOWN

    def held(self) -> list[TaskFetch]:
        """Take out what is still held: after a stop its cause, at the end of a run askings like any other."""
        return [*_taken(self._forbidden), *_taken(self._in_trouble)]

    def _doubt_token(self, asking: TaskFetch) -> StopReason | None:
        self._forbidden.append(asking)
        is_certain = asking.result is Result.UNAUTHORIZED or len(self._forbidden) == MAX_FIRST_FORBIDDEN
        return StopReason.TOKEN_REFUSED if is_certain else None


def _taken(askings: list[TaskFetch]) -> list[TaskFetch]:
    taken = askings.copy()
    askings.clear()
    return taken


@dataclass
class Fetch:
    """One run of askings over `ids`, `concurrency` at a time; `on_progress` hears of each one that counts."""

    ids: Collection[str]
    asker: FetchesTask
    records: Records
    concurrency: int
    on_progress: Callable[["FetchReport"], None]
    rules: CircuitBreaker = field(default_factory=CircuitBreaker)
    report: FetchReport = field(init=False)

    async def run(self) -> FetchReport:
        """Ask for every id, or until the rules say stop; whatever was asked is on record in either case."""
        self.report = FetchReport(wanted=len(self.ids))
        waiting = iter(self.ids)
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(self.concurrency, len(self.ids))):
                    workers.create_task(self._work(waiting))
        except* _Stopped:
            pass  # the report says why
        finally:
            self._count(self.rules.held(), stopped_run=self.report.stopped is not None)
        return self.report

    async def _work(self, waiting: Iterator[str]) -> None:
        for task_id in waiting:
            asking = TaskFetch(task_id)
            try:
                await self.asker.ask(asking)
            except asyncio.CancelledError:
                asking.record_interrupted()
                if asking.tries:
                    self.records.add(asking, True)
                raise
            self._ended(asking)
            await self.records.room()

    def _ended(self, asking: TaskFetch) -> None:
        if self.report.stopped:
            # It ended in the same instant as the one that stopped the run, too late to be cancelled.
            self._count([asking], stopped_run=asking.result is not Result.USABLE)
            raise _Stopped
        counting, self.report.stopped = self.rules.take(asking)
        self._count(counting)
        if self.report.stopped:
            self.report.stop_error = asking.tries[-1].verdict.error
            raise _Stopped

    def _count(self, askings: Sequence[TaskFetch], *, stopped_run: bool = False) -> None:
        for asking in askings:
            self.records.add(asking, stopped_run)
            if not stopped_run:
                self.report.count(asking)
                self.on_progress(self.report)


class _Stopped(Exception):
    """Ends all workers at once."""
