"""From ids to raw answers on record: the asking, and what came of it. Which ids to ask for is said in `wanted.py`."""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date

import polars as pl

from dialflo_pipeline.api.request import Fetcher
from dialflo_pipeline.core.schema import TASKS, State
from dialflo_pipeline.core.signals import cancel_on_signals
from dialflo_pipeline.extract.fetch import Fetch, FetchReport
from dialflo_pipeline.extract.raw_writer import open_raw_writer
from dialflo_pipeline.lake.partitions import group_days
from dialflo_pipeline.lake.store import Lake


async def fetch_tasks(
    lake: Lake,
    ids: Mapping[str, date],
    opened_asker: AbstractAsyncContextManager[Fetcher],
    concurrency: int,
    on_progress: Callable[[FetchReport], None],
) -> FetchReport:
    """Ask for each id and put every try on record, also when a signal asks the process to end: `KeyboardInterrupt`."""
    with cancel_on_signals():
        async with opened_asker as asker, open_raw_writer(lake, ids) as log:
            return await Fetch(ids, asker, log, concurrency, on_progress).run()


def unfinished(lake: Lake, days: Iterable[date], asked: Collection[str]) -> pl.DataFrame:
    """Those of the asked ids that failed, or still wait after an error: task_id, state and last_error."""
    states = [str(State.FAILED), str(State.PENDING)]
    columns = ("task_id", "state", "last_error")
    wanted = pl.col("state").is_in(states), pl.col("task_id").is_in(list(asked))
    nothing = pl.DataFrame(schema={name: TASKS.frame_schema[name] for name in columns})
    return pl.concat(
        [nothing, *(lake.read_days(TASKS, group, columns).filter(wanted) for group in group_days(lake, days))]
    )
