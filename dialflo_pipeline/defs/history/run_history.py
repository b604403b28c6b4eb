"""Dagster's run history with fewer steps for the same: as the command line opens it, and days in one transaction.

What is written is what Dagster would write, in the same places. Nothing but how it gets there belongs in this module.
"""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    DagsterEvent,
    DagsterEventType,
    EventLogEntry,
)
from dagster._core.events import (  # what Dagster itself makes of a planned and of a logged materialization
    AssetMaterializationPlannedData,
    StepMaterializationData,
)
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage
from dagster._core.storage.sqlite import create_db_conn_string
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import NullPool, create_engine

from dialflo_pipeline.defs.history.event_log import KeptConnections
from dialflo_pipeline.defs.history.not_written import told_as_not_written
from dialflo_pipeline.defs.history.revisions import revisions_in

_Stored = TypeVar("_Stored", SqliteRunStorage, SqliteScheduleStorage)


class Runs(SqliteRunStorage):
    """Dagster's own list of runs, but for what becomes of a run that cannot be noted in it."""

    def handle_run_event(self, *args: Any, **kwargs: Any) -> None:
        """As Dagster does. Raises `NotWritten`."""
        with told_as_not_written():
            super().handle_run_event(*args, **kwargs)


class RunHistory(DagsterSqliteStorage):
    """Dagster's own storage in SQLite files, but for how it is opened and how its event log writes."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.base_dir = base_dir
        self._run_storage = _opened(Runs, Path(base_dir, "history"), "runs")
        self._event_log_storage = KeptConnections(str(Path(base_dir, "history", "runs")))
        self._schedule_storage = _opened(SqliteScheduleStorage, Path(base_dir, "schedules"), "schedules")
        self._inst_data = inst_data
        # Not of the class itself, which opens all of it.
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "RunHistory":
        """As Dagster makes it from an instance's settings."""
        return cls.from_local(inst_data=inst_data, **config_value)


def _opened(kind: type[_Stored], folder: Path, name: str) -> _Stored:
    """A storage over its file, whose tables are made if it is new; reading through all migrations finds no more."""
    address = create_db_conn_string(str(folder), name)
    if (folder / f"{name}.db").is_file() and revisions_in(create_engine(address, poolclass=NullPool)):
        return kind(address)
    return kind.from_local(str(folder))


class QuickInstance(InstanceRef):
    """An instance without what these runs have no use for: a place for definitions that are fetched from elsewhere."""

    @property
    def defs_state_storage(self) -> None:
        """None, instead of a place that takes long to load."""


def with_kept_connections(instance: InstanceRef) -> InstanceRef:
    """The same instance, but with `RunHistory` where its history is in SQLite files."""
    quick = QuickInstance._make(instance)
    data = instance.storage_data
    if data is None or data.class_name != DagsterSqliteStorage.__name__:
        return quick
    return quick._replace(storage_data=ConfigurableClassData(__name__, RunHistory.__name__, data.config_yaml))


def note_materialized(context: AssetExecutionContext, materializations: Sequence[AssetMaterialization]) -> None:
    """The same as `context.log_event` of each, for assets of which this step still reports a last one.

    That last one is what the list of assets in the history then points to.
    """
    storage = context.instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage):
        for materialization in materializations:
            context.log_event(materialization)
        return
    if not materializations:
        return
    rows = [storage._event_to_row(_entry(context, materialization)) for materialization in materializations]
    for opened in (storage.run_connection(context.run.run_id), storage.index_connection()):
        with opened as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)


def note_planned(context: AssetExecutionContext, key: AssetKey, partitions: Sequence[str]) -> None:
    """Note that this run was to make an asset for these partitions: where it fails, they are shown as failed.

    Dagster itself notes it, at the start of a run, of the run's own partitions.
    """
    run, step = context.run, context.get_step_execution_context().step
    for partition in partitions:
        planned = AssetMaterializationPlannedData(key, partition)
        event = DagsterEvent.build_asset_materialization_planned_event(run.job_name, step.key, planned)
        context.instance.report_dagster_event(event, run.run_id, logging.DEBUG)


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
