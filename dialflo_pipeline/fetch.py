"""Fetching: many askings at once, each put on record, stopped when the API itself refuses or is down.

Knows neither the lake nor Dagster: ids come in, ended askings go out through `record`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from dialflo_pipeline.api.answers import Result
from dialflo_pipeline.api.asking import Asking

FIRST_FORBIDDEN = 5
"""So many first answers that are all 403 mean the token, not the ids."""

TROUBLE_IN_A_ROW = 20
"""So many askings in a row that end in trouble or garbage mean that the API is down."""

FORBIDDEN = 403


class StopReason(StrEnum):
    """Why a run stopped asking before its last id."""

    TOKEN_REFUSED = "the API refused the token"  # noqa: S105 - a sentence, no secret
    API_DOWN = f"{TROUBLE_IN_A_ROW} ids in a row ended in trouble"


@dataclass
class FetchReport:
    """What a fetch did: askings by what they ended in, ids that gave no answer to use and why, why it stopped early."""

    wanted: int
    results: Counter[Result] = field(default_factory=Counter)
    in_trouble: dict[str, str] = field(default_factory=dict)
    stopped: StopReason | None = None

    @property
    def asked(self) -> int:
        """Askings that ended and count."""
        return self.results.total()

    def count(self, asking: Asking) -> None:
        """Add an ended asking."""
        self.results[asking.result] += 1
        if asking.result is not Result.USABLE:
            self.in_trouble[asking.task_id] = asking.tries[-1].verdict.error or asking.result


class AsksOne(Protocol):
    """Asks for one id until a try decides."""

    async def ask(self, asking: Asking) -> None:
        """Fill `asking.tries`."""


class Records(Protocol):
    """Keeps ended askings."""

    def add(self, asking: Asking, stopped_run: bool) -> None:
        """Take an ended asking; one that `stopped_run` counts for no state."""

    async def room(self) -> None:
        """Wait until more may be added."""


class StopRules:
    """Watches ended askings; holds back those that may turn out to be why the run stops."""

    def __init__(self) -> None:
        self._held: list[Asking] = []
        self._ended = 0
        self._all_forbidden = True

    def take(self, asking: Asking) -> tuple[list[Asking], StopReason | None]:
        """The askings that surely count now, or (still held) the reason to stop."""
        self._ended += 1
        self._all_forbidden = self._all_forbidden and asking.tries[-1].status == FORBIDDEN
        self._held.append(asking)
        if asking.result is Result.UNAUTHORIZED:
            return self._released(self._held[:-1]), StopReason.TOKEN_REFUSED
        if self._all_forbidden and self._ended <= FIRST_FORBIDDEN:
            return [], StopReason.TOKEN_REFUSED if self._ended == FIRST_FORBIDDEN else None
        if asking.result in (Result.TROUBLE, Result.GARBAGE):
            return [], StopReason.API_DOWN if self._bad_in_a_row() >= TROUBLE_IN_A_ROW else None
        return self._released(self._held), None

    def held(self) -> list[Asking]:
        """Take out what is still held: after a stop its cause, at the end of a run askings like any other."""
        return self._released(self._held)

    def _bad_in_a_row(self) -> int:
        return sum(held.result in (Result.TROUBLE, Result.GARBAGE) for held in self._held)

    def _released(self, askings: Sequence[Asking]) -> list[Asking]:
        released = list(askings)
        self._held = self._held[len(released) :]
        return released


@dataclass
class Fetch:
    """One run of askings over `ids`, `concurrency` at a time; `on_progress` hears of each one that counts."""

    ids: Sequence[str]
    asker: AsksOne
    records: Records
    concurrency: int
    on_progress: Callable[["FetchReport"], None]
    rules: StopRules = field(default_factory=StopRules)
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
            asking = Asking(task_id)
            try:
                await self.asker.ask(asking)
            except asyncio.CancelledError:
                asking.cut_short()
                if asking.tries:
                    self.records.add(asking, True)
                raise
            self._ended(asking)
            await self.records.room()

    def _ended(self, asking: Asking) -> None:
        counting, stop = self.rules.take(asking)
        self._count(counting)
        if stop:
            self.report.stopped = stop
            raise _Stopped

    def _count(self, askings: Sequence[Asking], *, stopped_run: bool = False) -> None:
        for asking in askings:
            self.records.add(asking, stopped_run)
            if not stopped_run:
                self.report.count(asking)
                self.on_progress(self.report)


class _Stopped(Exception):
    """Ends all workers at once."""
