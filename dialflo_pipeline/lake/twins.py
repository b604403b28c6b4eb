"""Merge ids that an earlier version registered twice, as one UUID in two letter cases.

The earlier registration stays, on its day. The answers of the other are copied to it, and the other is forgotten.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from dialflo_pipeline.core.schema import FORGOTTEN_IDS, RAW_ANSWERS, TASK_IDS
from dialflo_pipeline.lake.registrations import registered_tasks
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.lake.task_identity import UUID_PATTERN, identity
from dialflo_pipeline.storage.locks import registration_lock

DONE: Final = "uuid-twins-merged"
"""A file in the private folder: this lake was searched, and no registration makes twins any more."""


def merge_twins(lake: Lake, work_dir: Path, now: datetime) -> int:
    """Merge the twins of a lake, once; returns how many ids were forgotten. May be killed and run again."""
    if (work_dir / DONE).exists():
        return 0
    with registration_lock(work_dir):
        twins = _find_twins(lake)
        for day, of_day in twins.partition_by("call_date", as_dict=True, maintain_order=True).items():
            _merge_day(lake, day[0], of_day, now)
    (work_dir / DONE).touch()
    return twins.height


def _find_twins(lake: Lake) -> pl.DataFrame:
    """The later of two spellings (`task_id`, `call_date`) and the one that stays (`kept_id`, `kept_day`)."""
    days = lake.days(TASK_IDS)
    has_capitals = pl.col("task_id").str.contains(UUID_PATTERN) & pl.col("task_id").str.contains("[A-F]")
    nothing = pl.Series("identity", [], dtype=pl.String)
    capitals = [lake.read(TASK_IDS, day, ["task_id"]).filter(has_capitals).select(identity=identity()) for day in days]
    wanted = pl.concat([nothing, *(frame["identity"] for frame in capitals)]).unique().implode()
    columns = ["task_id", "call_date", "registered_at"]
    empty = pl.DataFrame(schema={name: TASK_IDS.frame_schema[name] for name in columns}).with_columns(
        identity=identity()
    )
    found = empty
    if wanted.explode().drop_nulls().len():
        of_days = (registered_tasks(lake, [day]).select(*columns, identity=identity()) for day in days)
        found = pl.concat([empty, *(frame.filter(pl.col("identity").is_in(wanted)) for frame in of_days)])
    ordered = found.sort("registered_at", "call_date", "task_id", maintain_order=True)
    kept = ordered.unique("identity", keep="first", maintain_order=True)
    kept = kept.select("identity", kept_id="task_id", kept_day="call_date")
    return ordered.join(kept, on="identity").filter(pl.col("task_id") != pl.col("kept_id"))


def _merge_day(lake: Lake, day: date, twins: pl.DataFrame, now: datetime) -> None:
    """Copy first, forget last: a run that is killed in between copies again, and equal attempts count once."""
    names = RAW_ANSWERS.frame_schema.names()
    kept = twins.select("task_id", "kept_id", "kept_day")
    for batch in lake.read_batches(RAW_ANSWERS, day, names):
        copied = batch.join(kept, on="task_id", maintain_order="left")
        copied = copied.with_columns(task_id=pl.col("kept_id"), call_date=pl.col("kept_day")).select(names)
        for part in copied.partition_by("call_date", maintain_order=True):
            lake.append(RAW_ANSWERS, part, part["call_date"][0])
    lake.append(FORGOTTEN_IDS, twins.select("task_id", "call_date", forgotten_at=pl.lit(now)), day)
