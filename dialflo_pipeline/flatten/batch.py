"""Flattening a batch of answers: the fast reader for what it surely reads, the plain one for the rest.

A function from values to values: nothing is read from or written to disk, and memory is bounded by the batch. DuckDB
spreads work over cores by 122,880 rows, more than a batch has, so here each thread gets slices of the batch.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from dialflo_pipeline.flatten import reference as rows
from dialflo_pipeline.flatten.frames import DOCUMENT, Flattened, assemble, stack
from dialflo_pipeline.flatten.vectorised import reader as fast
from dialflo_pipeline.flatten.vectorised.sampling import Usual, sampled

_SLICE_ROWS: Final = (2_048, 32_768)
"""At least: below, planning the queries takes longer than running them. At most, to bound what is in memory at once."""


def flatten(answers: pl.DataFrame, zone: str, threads: int | None = None, usual: Usual | None = None) -> Flattened:
    """Turn raw answers into the rows of calls, call_metadata, call_context and rejects.

    `answers` has one row a task, in any order: task_id, call_date, completed_at, body (JSON that `strict_json` reads),
    fetched_at, source; at most some 65,536 rows or 64 MB of bodies at a time keep the memory small. `zone` is the IANA
    time zone in which times without an offset are read; `threads`: how many work at it, by default one a core; `usual`:
    what answers like these are like, by default found from them. It decides how fast they are read, not what is read.
    """
    answers, where = answers.sort("call_date", "task_id"), ZoneInfo(zone)
    threads = threads or pl.thread_pool_size()
    least, most = _SLICE_ROWS
    slices = list(answers.iter_slices(min(max(least, -(-answers.height // threads)), most))) or [answers]
    usual = usual or sampled(answers["body"])
    with ThreadPoolExecutor(threads) as pool:
        return stack(pool.map(lambda part: _flatten_slice(part, where, usual), slices))


def _flatten_slice(answers: pl.DataFrame, zone: ZoneInfo, usual: Usual) -> Flattened:
    bodies = answers.select("body").with_row_index(DOCUMENT).cast({DOCUMENT: pl.Int64})
    found, odd = fast.read_documents(bodies, zone, usual)
    parts = [found]
    if len(odd):
        parts.append(rows.read_documents(bodies[odd].iter_rows(), zone))
    return assemble(answers, parts)
