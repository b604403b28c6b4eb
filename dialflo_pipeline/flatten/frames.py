"""From what the readers of answers found to the frames of the warehouse's tables: columns of the task added, sorted.

The readers know documents by their number in the batch only; nothing here looks into a document.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from dialflo_pipeline.tables import CALL_CONTEXT, CALL_METADATA, CALLS, REJECTS, Table

DOCUMENT: Final = "document"
"""Number of an answer in its batch, which is in the order of task_id."""

_TASK_COLUMNS: Final = ("task_id", "call_date", "completed_at", "fetched_at", "source")


def _found(table: Table, *added_later: str) -> pl.Schema:
    columns = table.frame_schema.items()
    return pl.Schema({DOCUMENT: pl.Int64} | {name: type_ for name, type_ in columns if name not in added_later})


CALLS_FOUND: Final = _found(CALLS, "task_id", "call_date", "occurred_at", "fetched_at", "source")
KEYS_FOUND: Final = _found(CALL_METADATA, "task_id", "call_date", "agent_name")
REJECTS_FOUND: Final = _found(REJECTS, "task_id", "call_date")


@dataclass(frozen=True)
class Found:
    """What a reader found in some documents of a batch, by document and call_index, in any order.

    `keys` has the rows of each table of keys and values, by the table's name.
    """

    calls: pl.DataFrame
    keys: dict[str, pl.DataFrame]
    rejects: pl.DataFrame


@dataclass(frozen=True)
class Flattened:
    """The rows of the four tables that a batch of answers gives, each sorted by its key, columns as declared."""

    calls: pl.DataFrame
    call_metadata: pl.DataFrame
    call_context: pl.DataFrame
    rejects: pl.DataFrame


def assemble(answers: pl.DataFrame, parts: Sequence[Found]) -> Flattened:
    """One `Flattened` from what was found in disjoint parts of `answers` (sorted by task_id)."""
    tasks = answers.select(_TASK_COLUMNS)
    calls = pl.concat([part.calls for part in parts]).sort(DOCUMENT, "call_index")
    return Flattened(
        calls=_calls(tasks, calls),
        call_metadata=_key_values(CALL_METADATA, tasks, calls, parts),
        call_context=_key_values(CALL_CONTEXT, tasks, calls, parts),
        rejects=_rejects(tasks, [part.rejects for part in parts]),
    )


def _with_task(tasks: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([tasks[found[DOCUMENT]], found], how="horizontal")


def _calls(tasks: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    occurred_at = pl.coalesce("initiated_at", "answered_at", "ended_at", "completed_at").alias("occurred_at")
    return _with_task(tasks, calls).with_columns(occurred_at).select(CALLS.frame_schema.names())


def _rejects(tasks: pl.DataFrame, parts: list[pl.DataFrame]) -> pl.DataFrame:
    found = pl.concat(parts).sort(DOCUMENT, "call_index", "path", nulls_last=True, maintain_order=True)
    return _with_task(tasks, found).select(REJECTS.frame_schema.names())


def _key_values(table: Table, tasks: pl.DataFrame, calls: pl.DataFrame, parts: Sequence[Found]) -> pl.DataFrame:
    """Sorted through one integer a row, the place of its call and of its key: sorting by text takes far longer."""
    place = calls.select(DOCUMENT, "call_index", "agent_name").with_row_index("call")
    found = pl.concat([part.keys[table.name] for part in parts])
    found = found.join(place, on=[DOCUMENT, "call_index"], how="inner", maintain_order="left")
    keys = found.select(pl.col("key").unique().sort()).with_row_index("rank")
    ranked = found.join(keys, on="key", how="left", maintain_order="left")
    order = ranked.select(pl.col("call").cast(pl.Int64) * keys.height + pl.col("rank")).to_series().arg_sort()
    return _with_task(tasks, found[order]).select(table.frame_schema.names())
