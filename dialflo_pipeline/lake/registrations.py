"""Which tasks are registered, and taking out those that never should have been.

What was written stays: an id is forgotten by one more row, a tombstone, before which its registration does not count.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from dialflo_pipeline.core.schema import FORGOTTEN_IDS, TASK_IDS
from dialflo_pipeline.core.values import EARLIEST_TIME, LATEST_TIME
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.lake.task_identity import identity, identity_of
from dialflo_pipeline.storage.locks import registration_lock

_KEY = ["task_id", "call_date"]


@dataclass(frozen=True)
class Forgotten:
    """How many ids were forgotten, how many had been before, and which were never registered."""

    forgotten: int
    already_forgotten: int
    unknown: list[str]


def registered_tasks(lake: Lake, days: Sequence[date]) -> pl.DataFrame:
    """The registrations of some days that count, with the columns of `task_ids`."""
    tasks = lake.read_days(TASK_IDS, days)
    tombstones = lake.read_days(FORGOTTEN_IDS, days)
    if tombstones.is_empty():
        return _once(tasks)
    latest = tombstones.group_by(_KEY).agg(pl.col("forgotten_at").max())
    counts = pl.col("forgotten_at").is_null() | (pl.col("registered_at") > pl.col("forgotten_at"))
    return _once(tasks.join(latest, on=_KEY, how="left", maintain_order="left").filter(counts).drop("forgotten_at"))


def _once(tasks: pl.DataFrame) -> pl.DataFrame:
    # No id appears twice unless a file was copied. Earlier versions registered times outside the range.
    completed_at = pl.col("completed_at")
    is_in_range = completed_at.is_between(EARLIEST_TIME, LATEST_TIME)
    tasks = tasks.with_columns(pl.when(is_in_range).then(completed_at).alias("completed_at"))
    return tasks.unique(_KEY, keep="first", maintain_order=True)


def forget(lake: Lake, task_ids: Collection[str], now: datetime, *, work_dir: Path) -> Forgotten:
    """Take these ids out of everything that is derived from now on; their raw answers stay on record, unused."""
    wanted = identity().is_in([identity_of(task_id) for task_id in task_ids])
    forgotten, seen = 0, set[str]()
    with registration_lock(work_dir):
        for day in lake.days(TASK_IDS):
            known = lake.read(TASK_IDS, day, ["task_id"]).filter(wanted)
            if known.is_empty():
                continue
            seen.update(map(identity_of, known["task_id"]))
            counting = registered_tasks(lake, [day]).filter(wanted)
            if counting.height:
                lake.append(FORGOTTEN_IDS, counting.select(*_KEY, forgotten_at=pl.lit(now)), day)
                forgotten += counting.height
    unknown = [task_id for task_id in dict.fromkeys(task_ids) if identity_of(task_id) not in seen]
    return Forgotten(forgotten, len(seen) - forgotten, unknown)
