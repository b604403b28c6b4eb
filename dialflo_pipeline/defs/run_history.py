"""Writing Dagster's run history with few commits: days in one transaction, and on the command line one connection.

Dagster's SQLite storage opens a connection for each event, twice for those of assets, and commits each by itself.
What is written is the same here, in the same places. Nothing but how it gets there belongs in this module.
"""

import os
import time
from collections.abc import Sequence
from itertools import islice

from dagster import AssetExecutionContext, AssetMaterialization, DagsterEvent, DagsterEventType, EventLogEntry
from dagster._core.events import StepMaterializationData  # what Dagster itself makes of a logged materialization
from dagster._core.storage.event_log import SqliteEventLogStorage

AT_ONCE = 500
"""Events in one statement; SQLite bounds the values that one may hold."""


def note_materialized(context: AssetExecutionContext, materializations: Sequence[AssetMaterialization]) -> None:
    """The same as `context.log_event` of each, for assets of which this step still reports a last one.

    That last one is what the list of assets in the history then points to.
    """
    storage = context.instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage):
        for materialization in materializations:
            context.log_event(materialization)
        return
    events = [_entry(context, materialization) for materialization in materializations]
    for opened in (storage.run_connection(context.run.run_id), storage.index_connection()):
        with opened as connection:
            remaining = iter(events)
            while some := list(islice(remaining, AT_ONCE)):
                connection.execute(storage.prepare_insert_event_batch(some))


def _entry(context: AssetExecutionContext, materialization: AssetMaterialization) -> EventLogEntry:
    step = context.get_step_execution_context()
    event = DagsterEvent(
        event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
        job_name=step.job_name,
        step_handle=step.step.handle,
        node_handle=step.step.node_handle,
        step_kind_value=step.step.kind.value,
        logging_tags=step.event_tags,
        event_specific_data=StepMaterializationData(materialization),
        message="Materialized value.",
        pid=os.getpid(),
    )
    return EventLogEntry(  # type: ignore[no-untyped-call]  # its constructor has no annotations
        error_info=None,
        level="DEBUG",
        user_message=event.message or "",
        run_id=context.run.run_id,
        timestamp=time.time(),
        step_key=step.step.key,
        job_name=step.job_name,
        dagster_event=event,
    )
