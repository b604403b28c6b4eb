"""The tables beside `calls`: metadata, context and rejected values."""

import dataframely as dy

from dialflo_pipeline.core.schema.columns import (
    boolean,
    call_date_column,
    call_index_column,
    one_of,
    task_id_column,
    text,
)
from dialflo_pipeline.core.schema.table import Privacy, Table
from dialflo_pipeline.core.schema.words import VALUE_TYPES


class _KeyValue(dy.Schema):
    task_id = task_id_column(regex=None)  # checked once a call, not at each of its many rows
    call_index = call_index_column()
    call_date = call_date_column()
    agent_name = text("Name of the AI agent that made the call.")
    key = text("The key.", key=True)
    value = text("The value; nested values as JSON text; NULL for null.", privacy=Privacy.PERSONAL)
    value_type = one_of("JSON type of the value.", VALUE_TYPES)
    is_filled = boolean("Whether the value says something: false for null, blank text, {} and [].")


class CallMetadata(_KeyValue):
    """One row per key of call_insights.metadata: a data point that the agent extracted from the talk."""


class CallContext(_KeyValue):
    """One row per key of call_context: a custom variable passed when the call was started."""


class Rejects(dy.Schema):
    """One row per value that did not fit its column, per array element that is not a call, per answer without one."""

    task_id = task_id_column(key=False)
    call_index = call_index_column(key=False, nullable=True)
    call_date = call_date_column()
    path = text("Dotted path from the call object; empty for a whole element or answer.", required=True)
    reason = text("Why the value was rejected; never holds the value.", required=True)
    value = text("The value as JSON text.", privacy=Privacy.PERSONAL)


CALL_METADATA = Table("call_metadata", CallMetadata)
CALL_CONTEXT = Table("call_context", CallContext)
REJECTS = Table("rejects", Rejects)
