"""Flattening a batch of answers: the fast reader for what it surely reads, the plain one for the rest.

A function from values to values: nothing is read from or written to disk, and memory is bounded by the batch.
"""

from zoneinfo import ZoneInfo

import polars as pl

from dialflo_pipeline.flatten import fast, rows
from dialflo_pipeline.flatten.frames import DOCUMENT, Flattened, assemble


def flatten(answers: pl.DataFrame, zone: str) -> Flattened:
    """Turn raw answers into the rows of calls, call_metadata, call_context and rejects.

    `answers` has one row a task, in any order: task_id, call_date, completed_at, body (JSON that `strict_json` reads),
    fetched_at, source; at most some 65,536 rows or 64 MB of bodies at a time keep the memory small. `zone` is the IANA
    time zone in which times without an offset are read.
    """
    answers = answers.sort("task_id")
    where = ZoneInfo(zone)
    bodies = answers.select("body").with_row_index(DOCUMENT).cast({DOCUMENT: pl.Int64})
    found, odd = fast.read_documents(bodies, where)
    parts = [found]
    if len(odd):
        parts.append(rows.read_documents(bodies[odd].iter_rows(), where))
    return assemble(answers, parts)
