"""Column lineage of the lake's and the warehouse's tables, declared by hand. Shown on Dagster's asset pages."""

from collections.abc import Mapping
from typing import TypeAlias

from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS, TASKS, Table

Source: TypeAlias = "tuple[str, str]"
"""Full name of a table (`main.calls`, `lake.raw_answers`) and a column of it."""

Lineage: TypeAlias = "Mapping[str, list[Source]]"
"""Column to the columns that its values are made from; empty where no column is named, as in count(*)."""

_KEY = ("task_id", "call_date")


def _raw(column: str) -> Source:
    return f"lake.{RAW_ANSWERS.name}", column


def _task(column: str) -> Source:
    return f"lake.{TASK_IDS.name}", column


_FROM_ANSWERS: dict[str, list[Source]] = {
    **{name: [_raw(name)] for name in (*_KEY, "source")},
    "fetched_at": [_raw("received_at")],
    "occurred_at": [_raw("body"), _task("completed_at")],
}
_TASKS: dict[str, list[Source]] = {
    **{name: [_task(name)] for name in (*_KEY, "completed_at", "registered_at", "attributes")},
    "state": [
        *(_raw(name) for name in ("result", "is_complete", "is_last", "requested_at", "stopped_run")),
        *(_task(name) for name in ("completed_at", "registered_at")),
    ],
    "attempts": [_raw("attempt")],
    "last_status": [_raw("status")],
    "last_error": [_raw("error")],
    "next_try_at": [_raw("requested_at"), _task("completed_at"), _task("registered_at")],
}


def lake_lineage(table: Table) -> Lineage:
    """Where the columns of a derived table of the lake come from in the raw tables."""
    declared = _TASKS if table is TASKS else _FROM_ANSWERS
    body = [_raw("body")]
    return {name: declared.get(name, body) for name in table.columns}


def table_lineage(table: Table) -> Lineage:
    """A table of the warehouse is loaded from the lake as it stands there."""
    return {name: [(f"lake.{table.name}", name)] for name in table.columns}
