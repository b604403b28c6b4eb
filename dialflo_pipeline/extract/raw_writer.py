"""Putting ended askings on record: buffered, and flushed to the lake's raw answers every few seconds or few thousand.

What a kill can lose is what was not flushed yet; the next run asks for it again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from types import MappingProxyType

import polars as pl

from dialflo_pipeline.api.attempt import Attempt
from dialflo_pipeline.api.request import TaskFetch
from dialflo_pipeline.core.completeness import COMPLETENESS_KEY, completeness_key
from dialflo_pipeline.core.schema import RAW_ANSWERS
from dialflo_pipeline.lake.store import Lake

FLUSH_SECONDS = 4.0
FLUSH_ATTEMPTS = 16_000
FLUSH_BYTES = 32 * 1024 * 1024
SOURCE = "api"

_Row = tuple[Attempt, bool, bool]


class RawWriter:
    """Buffers tries; `days` gives the partition of each task id."""

    def __init__(
        self, lake: Lake, days: Mapping[str, date], status_words: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._lake = lake
        self._days = days
        self._footer = {COMPLETENESS_KEY: completeness_key(status_words)}
        self._rows: list[_Row] = []
        self._bytes = 0
        self._full = asyncio.Event()
        self._emptied = asyncio.Event()
        self._closed = False
        self._failure: BaseException | None = None

    def add(self, asking: TaskFetch, stopped_run: bool) -> None:
        """Buffer the tries of an ended asking."""
        last = len(asking.tries)
        self._rows.extend((tried, tried.attempt == last, stopped_run) for tried in asking.tries)
        self._bytes += sum(len(tried.body or b"") for tried in asking.tries)
        if self._is_full:
            self._full.set()

    async def room(self) -> None:
        """Wait while the buffer is full, and the one before it still being written; raises what made a flush fail."""
        while self._is_full and not self._failure:
            self._emptied.clear()
            await self._emptied.wait()
        if self._failure:
            raise self._failure

    @property
    def _is_full(self) -> bool:
        return len(self._rows) >= FLUSH_ATTEMPTS or self._bytes >= FLUSH_BYTES

    async def flush_until_closed(self) -> None:
        """Write what is buffered whenever it is full or a few seconds old, and the rest when the log is closed."""
        while not self._closed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), FLUSH_SECONDS)
            await self._flush()
        await self._flush()

    def close(self) -> None:
        """Nothing more will be added."""
        self._closed = True
        self._full.set()

    async def _flush(self) -> None:
        rows, self._rows, self._bytes = self._rows, [], 0
        self._emptied.set()
        if not self._closed:
            self._full.clear()
        try:
            await asyncio.to_thread(self._write, rows)
        except BaseException as failure:
            self._failure = failure
            self._emptied.set()
            raise

    def _write(self, rows: list[_Row]) -> None:
        for some in _in_parts(rows):
            frame = _frame(some, [self._days[tried.task_id] for tried, _, _ in some])
            for part in frame.sort("call_date", maintain_order=True).partition_by("call_date", maintain_order=True):
                self._lake.append(RAW_ANSWERS, part, part["call_date"][0], self._footer)


@asynccontextmanager
async def open_raw_writer(
    lake: Lake, days: Mapping[str, date], status_words: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[RawWriter]:
    """A log that is flushed in the background, and to its end when left; a failed flush is raised then."""
    log = RawWriter(lake, days, status_words)
    flushing = asyncio.create_task(log.flush_until_closed())
    try:
        yield log
    finally:
        log.close()
        await flushing


def _in_parts(rows: list[_Row]) -> Iterator[list[_Row]]:
    """The rows in parts of not much more than a flush should have, none of which ends within an asking.

    Many large answers may come at once, and a frame copies all it holds.
    """
    part: list[_Row] = []
    size = 0
    for row in rows:
        tried, is_last, _ = row
        part.append(row)
        size += len(tried.body or b"")
        if is_last and size >= FLUSH_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _frame(rows: list[_Row], days: list[date]) -> pl.DataFrame:
    columns = {
        "task_id": [tried.task_id for tried, _, _ in rows],
        "call_date": days,
        "asking_id": [tried.asking_id for tried, _, _ in rows],
        "attempt": [tried.attempt for tried, _, _ in rows],
        "is_last": [is_last for _, is_last, _ in rows],
        "requested_at": [tried.requested_at for tried, _, _ in rows],
        "received_at": [tried.received_at for tried, _, _ in rows],
        "status": [tried.status for tried, _, _ in rows],
        "result": [str(tried.result) for tried, _, _ in rows],
        "is_complete": [tried.verdict.is_complete for tried, _, _ in rows],
        "error": [tried.verdict.error for tried, _, _ in rows],
        "body": [tried.body for tried, _, _ in rows],
        "body_bytes": [tried.body_bytes for tried, _, _ in rows],
        "body_sha256": [tried.body_sha256 for tried, _, _ in rows],
        "stopped_run": [stopped_run for _, _, stopped_run in rows],
        "source": [SOURCE] * len(rows),
    }
    return pl.DataFrame(columns, schema=RAW_ANSWERS.frame_schema)
