"""Flattens a batch of answers: vectorised where that is safe, one by one for the rest.

A function from values to values: nothing is read from or written to disk, and memory is bounded by the batch. DuckDB
spreads work over cores by 122,880 rows, more than a batch has, so here each thread gets slices of the batch.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from dialflo_pipeline.flatten import reference
from dialflo_pipeline.flatten.fields import ReadRules
from dialflo_pipeline.flatten.frames import DOCUMENT, Flattened, assemble, stack
from dialflo_pipeline.flatten.vectorised import reader as vectorised
from dialflo_pipeline.flatten.vectorised.sampling import CommonShape, sample_common_shape

_SLICE_ROWS: Final = (2_048, 32_768)
"""At least: below, planning the queries takes longer than running them. At most, to bound what is in memory at once."""


def flatten(
    answers: pl.DataFrame,
    zone: str,
    threads: int | None = None,
    shape: CommonShape | None = None,
    region: str | None = None,
) -> Flattened:
    """Turn raw answers into the rows of calls, call_metadata, call_context and rejects.

    `answers` has one row a task, in any order: task_id, call_date, completed_at, body (JSON that `strict_json` reads),
    fetched_at, source; at most some 65,536 rows or 64 MB of bodies at a time keep the memory small. `zone` is the IANA
    time zone in which times without an offset are read; `threads`: by default one
    per core; `shape`: the common shape of such answers, by default found from these. It decides how fast they are
    read, not what is read. `region`: of numbers without a country code, such as IN; None reads none of these.
    """
    answers, rules = answers.sort("call_date", "task_id"), ReadRules(ZoneInfo(zone), region)
    threads = threads or pl.thread_pool_size()
    least, most = _SLICE_ROWS
    slices = list(answers.iter_slices(min(max(least, -(-answers.height // threads)), most))) or [answers]
    shape = shape or sample_common_shape(answers["body"])
    with ThreadPoolExecutor(threads) as pool:
        return stack(pool.map(lambda part: _flatten_slice(part, rules, shape), slices))


def _flatten_slice(answers: pl.DataFrame, rules: ReadRules, shape: CommonShape) -> Flattened:
    bodies = answers.select("body").with_row_index(DOCUMENT).cast({DOCUMENT: pl.Int64})
    found, irregular = vectorised.read_documents(bodies, rules, shape)
    parts = [found]
    if len(irregular):
        parts.append(reference.read_documents(bodies[irregular].iter_rows(), rules))
    return assemble(answers, parts)
