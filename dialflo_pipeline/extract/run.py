"""Fetch ids into raw answers of the lake. `plan.py` decides which ids."""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import date

import polars as pl

from dialflo_pipeline.api.request import Fetcher
from dialflo_pipeline.core.errors import DamagedFile
from dialflo_pipeline.core.schema import TASKS, State
from dialflo_pipeline.core.signals import cancel_on_signals
from dialflo_pipeline.extract.circuit_breaker import CircuitBreaker
from dialflo_pipeline.extract.fetch import Fetch, FetchReport
from dialflo_pipeline.extract.raw_writer import open_raw_writer
from dialflo_pipeline.lake.attempts import first_usable_at
from dialflo_pipeline.lake.partitions import group_days
from dialflo_pipeline.lake.store import Lake


async def fetch_tasks(
    lake: Lake,
    ids: dict[str, date],
    opened_asker: AbstractAsyncContextManager[Fetcher],
    concurrency: int,
    on_progress: Callable[[FetchReport], None],
) -> FetchReport:
    """Fetch each id and store every attempt, also when a signal ends the process: then raises `KeyboardInterrupt`.

    A settled id that is fetched as a probe is added to `ids` with its day.
    """

    def find_probe() -> str | None:
        probe = settled_id(lake, ids)
        ids.update(probe)
        return next(iter(probe), None)

    breaker = CircuitBreaker(has_usable_answer=first_usable_at(lake) is not None)
    with cancel_on_signals():
        async with opened_asker as asker, open_raw_writer(lake, ids, asker.status_words) as log:
            return await Fetch(list(ids), asker, log, concurrency, on_progress, breaker, find_probe).run()


def settled_id(lake: Lake, planned: Collection[str]) -> dict[str, date]:
    """A settled id of the latest day that has one, with that day; not one that is planned. Empty if there is none."""
    is_settled = pl.col("state") == State.SETTLED
    for day in reversed(lake.days(TASKS)):
        try:
            ids = lake.read(TASKS, day, ["task_id", "state"]).filter(is_settled)["task_id"]
        except DamagedFile:
            continue  # it is derived, so it is repaired later in the run
        if probe := next((task_id for task_id in ids if task_id not in planned), None):
            return {probe: day}
    return {}


def unfinished(lake: Lake, days: Iterable[date], asked: Collection[str]) -> pl.DataFrame:
    """Those of the asked ids that failed, or still wait after an error: task_id, state and last_error."""
    states = [str(State.FAILED), str(State.PENDING)]
    columns = ("task_id", "state", "last_error")
    wanted = pl.col("state").is_in(states), pl.col("task_id").is_in(list(asked))
    nothing = pl.DataFrame(schema={name: TASKS.frame_schema[name] for name in columns})
    return pl.concat(
        [nothing, *(lake.read_days(TASKS, group, columns).filter(wanted) for group in group_days(lake, days))]
    )
