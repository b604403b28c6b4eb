"""Builds the frames of the warehouse's tables from what the readers found.

The columns of the task are added here; the readers know a document only by its number in the batch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

import polars as pl

from dialflo_pipeline.core.schema import CALL_CONTEXT, CALL_METADATA, CALLS, REJECTS, Table

DOCUMENT: Final = "document"
"""Number of an answer in its slice of a batch, which is in the order of call_date and task_id."""

ELEMENT: Final = "element"
"""Number of a call among all that one reader saw, by which the rows of its keys know it."""

_TASK_COLUMNS: Final = ("task_id", "call_date", "completed_at", "fetched_at", "source")


def _found(table: Table, first: list[str], *added_later: str) -> pl.Schema:
    columns = {name: type_ for name, type_ in table.frame_schema.items() if name not in added_later}
    return pl.Schema([*((name, pl.Int64()) for name in first), *columns.items()])


CALLS_FOUND: Final = _found(CALLS, [DOCUMENT, ELEMENT], "task_id", "call_date", "occurred_at", "fetched_at", "source")
KEYS_FOUND: Final = _found(CALL_METADATA, [ELEMENT], "task_id", "call_index", "call_date", "agent_name")
REJECTS_FOUND: Final = _found(REJECTS, [DOCUMENT], "task_id", "call_date")


@dataclass(frozen=True)
class ReaderResult:
    """What a reader found in some documents of a batch.

    Calls are in order of document and call_index. `keys` has the rows of each table of keys and values, by the table's
    name, in order of element and key.
    """

    calls: pl.DataFrame
    keys: dict[str, pl.DataFrame]
    rejects: pl.DataFrame

    @property
    def elements(self) -> int:
        """A number above that of every element."""
        return 0 if self.calls.is_empty() else int(self.calls[ELEMENT].max()) + 1  # type: ignore[arg-type]  # an Int64

    def renumber(self, first: int) -> "ReaderResult":
        """The same, elements numbered from `first` on."""
        later = pl.col(ELEMENT) + first
        keys = {name: found.with_columns(later) for name, found in self.keys.items()}
        return replace(self, calls=self.calls.with_columns(later), keys=keys)


@dataclass(frozen=True)
class Flattened:
    """The rows of the four tables that a batch of answers gives, each sorted by day and key, columns as declared."""

    calls: pl.DataFrame
    call_metadata: pl.DataFrame
    call_context: pl.DataFrame
    rejects: pl.DataFrame


def assemble(answers: pl.DataFrame, parts: Sequence[ReaderResult]) -> Flattened:
    """One `Flattened` from what was found in disjoint parts of `answers`, these in order."""
    tasks = answers.select(_TASK_COLUMNS)
    found = join(parts)
    calls = found.calls if found.calls[DOCUMENT].is_sorted() else found.calls.sort(DOCUMENT, "call_index")
    return Flattened(
        calls=_calls(tasks, calls),
        call_metadata=_key_values(CALL_METADATA, tasks, calls, found),
        call_context=_key_values(CALL_CONTEXT, tasks, calls, found),
        rejects=_rejects(tasks, found.rejects),
    )


def stack(parts: Iterable[Flattened]) -> Flattened:
    """What consecutive parts of a batch gave as one."""
    frames = [(part.calls, part.call_metadata, part.call_context, part.rejects) for part in parts]
    return Flattened(*map(pl.concat, zip(*frames, strict=True)))


def join(parts: Sequence[ReaderResult]) -> ReaderResult:
    """What was found in several parts as one, elements renumbered so that each has its own number."""
    firsts = accumulate((part.elements for part in parts), initial=0)
    parts = [part.renumber(first) for part, first in zip(parts, firsts, strict=False)]
    return ReaderResult(
        calls=pl.concat([part.calls for part in parts]),
        keys={name: pl.concat([part.keys[name] for part in parts]) for name in parts[0].keys},
        rejects=pl.concat([part.rejects for part in parts]),
    )


def _with_task(tasks: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([tasks[found[DOCUMENT]], found], how="horizontal")


def _calls(tasks: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    occurred_at = pl.coalesce("initiated_at", "answered_at", "ended_at", "completed_at").alias("occurred_at")
    return _with_task(tasks, calls).with_columns(occurred_at).select(CALLS.frame_schema.names())


def _rejects(tasks: pl.DataFrame, rejects: pl.DataFrame) -> pl.DataFrame:
    found = rejects.sort(DOCUMENT, "call_index", "path", nulls_last=True, maintain_order=True)
    return _with_task(tasks, found).select(REJECTS.frame_schema.names())


def _key_values(table: Table, tasks: pl.DataFrame, calls: pl.DataFrame, found: ReaderResult) -> pl.DataFrame:
    keys = found.keys[table.name]
    place_of_element = pl.repeat(0, found.elements, dtype=pl.Int64, eager=True).scatter(
        calls[ELEMENT], pl.int_range(calls.height, eager=True)
    )
    call = place_of_element.gather(keys[ELEMENT])
    if not call.is_sorted():
        order = pl.DataFrame({"call": call}).with_row_index("row").sort("call", maintain_order=True)["row"]
        call, keys = call[order], keys[order]
    of_calls = _with_task(tasks.select("task_id", "call_date"), calls.select(DOCUMENT, "call_index", "agent_name"))
    return pl.concat([of_calls[call], keys], how="horizontal").select(table.frame_schema.names())
