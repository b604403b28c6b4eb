"""Every table, declared once: names, columns, types, keys and descriptions."""

from dialflo_pipeline.core.schema.call_details import CALL_CONTEXT, CALL_METADATA, REJECTS
from dialflo_pipeline.core.schema.calls import CALLS
from dialflo_pipeline.core.schema.columns import TASK_ID_PATTERN, ValueKind
from dialflo_pipeline.core.schema.lake_inputs import FORGOTTEN_IDS, RAW_ANSWERS, TASK_IDS
from dialflo_pipeline.core.schema.publication import PUBLICATION
from dialflo_pipeline.core.schema.table import Privacy, Table
from dialflo_pipeline.core.schema.tasks import TASKS
from dialflo_pipeline.core.schema.words import SOURCES, VALUE_TYPES, Outcome, Result, State

RAW_TABLES = (TASK_IDS, FORGOTTEN_IDS, RAW_ANSWERS)
"""Append-only tables that exist only in the lake."""

WAREHOUSE_TABLES = (CALLS, CALL_METADATA, CALL_CONTEXT, REJECTS, TASKS)
"""Tables made from the raw tables and loaded into DuckDB."""

__all__ = [
    "CALLS",
    "CALL_CONTEXT",
    "CALL_METADATA",
    "FORGOTTEN_IDS",
    "PUBLICATION",
    "RAW_ANSWERS",
    "RAW_TABLES",
    "REJECTS",
    "SOURCES",
    "TASKS",
    "TASK_IDS",
    "TASK_ID_PATTERN",
    "VALUE_TYPES",
    "WAREHOUSE_TABLES",
    "Outcome",
    "Privacy",
    "Result",
    "State",
    "Table",
    "ValueKind",
]
