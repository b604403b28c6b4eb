"""Generated answers as frames: the input of `flatten`, and the lake's raw answers. Needs the package."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import polars as pl

from dialflo_pipeline.core.schema import RAW_ANSWERS
from dialflo_pipeline.lake.store import Lake

FILE_ROWS = 4_000
"""Answers in one raw file: about what a fetch writes in one batch."""
MICROSECONDS = pl.Datetime("us", "UTC")


def answers(task_ids: Sequence[str], bodies: Sequence[bytes], day: date) -> pl.DataFrame:
    """The frame that `flatten` takes."""
    moment = pl.lit(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)).cast(MICROSECONDS)
    return pl.DataFrame({"task_id": task_ids, "body": bodies}).select(
        "task_id",
        pl.lit(day).alias("call_date"),
        moment.alias("completed_at"),
        "body",
        moment.alias("fetched_at"),
        pl.lit("api").alias("source"),
    )


def fill(lake: Lake, ids: Path, documents: Path) -> int:
    """Put the lines of `documents` on record as the answers of `ids` (csv), as if fetched just now; how many."""
    tasks = pl.read_csv(ids, try_parse_dates=True).with_columns(day=pl.col("completed_at").dt.date())
    with documents.open("rb") as lines:
        for (day,), of_day in tasks.group_by("day", maintain_order=True):
            assert isinstance(day, date)
            for part in of_day["task_id"].to_frame().iter_slices(FILE_ROWS):
                bodies = [line.rstrip(b"\n") for line in islice(lines, part.height)]
                lake.append(RAW_ANSWERS, _raw_answers(part["task_id"], bodies, day), day)
    return tasks.height


def _raw_answers(task_ids: pl.Series, bodies: list[bytes], day: date) -> pl.DataFrame:
    count, start, now = len(bodies), time.time_ns(), datetime.now(UTC)
    columns = {
        "task_id": task_ids,
        "call_date": [day] * count,
        "asking_id": [f"{start + place:020d}-{place:08x}" for place in range(count)],
        "attempt": [1] * count,
        "is_last": [True] * count,
        "requested_at": [now] * count,
        "received_at": [now] * count,
        "status": [200] * count,
        "result": ["usable"] * count,
        "is_complete": [True] * count,
        "error": [None] * count,
        "body": bodies,
        "body_bytes": [len(body) for body in bodies],
        "body_sha256": [hashlib.sha256(body).hexdigest() for body in bodies],
        "stopped_run": [False] * count,
        "source": ["api"] * count,
    }
    return pl.DataFrame(columns, schema=RAW_ANSWERS.frame_schema)


def batches(task_ids: Iterator[str], bodies: Iterator[bytes], day: date, rows: int) -> Iterator[pl.DataFrame]:
    """Frames for `flatten` of at most `rows` answers each."""
    while some := list(islice(bodies, rows)):
        yield answers(list(islice(task_ids, len(some))), some, day)
