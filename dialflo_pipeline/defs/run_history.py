"""Writing Dagster's run history with few commits: days in one transaction, and on the command line one connection.

Dagster's SQLite storage opens a connection for each event, twice for those of assets, and commits each by itself.
What is written is the same here, in the same places. Nothing but how it gets there belongs in this module.
"""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import AssetExecutionContext, AssetMaterialization, DagsterEvent, DagsterEventType, EventLogEntry
from dagster._core.events import StepMaterializationData  # what Dagster itself makes of a logged materialization
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, NullPool, create_engine, text

KEPT = 4
"""Connections kept open: the index of all runs, and the run under way."""


class KeptConnections(SqliteEventLogStorage):
    """The same event log over connections that stay open until it is disposed of.

    The last connection to close would otherwise move SQLite's log into its file, with several syncs, after each event.
    What the system had not written when the power went may be missing from the history; the file stays whole.
    """

    def __init__(self, base_dir: str) -> None:
        self._kept: dict[str, Connection] = {}
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._kept:
                self._kept[shard] = self._opened(shard)
            with self._kept[shard].begin():
                yield self._kept[shard]

    def dispose(self) -> None:
        """Close all."""
        while self._kept:
            self._kept.popitem()[1].close()
        super().dispose()

    def _opened(self, shard: str) -> Connection:
        while len(self._kept) >= KEPT:
            self._kept.popitem()[1].close()
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=NullPool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        connection = engine.connect()
        connection.execute(text("PRAGMA synchronous = NORMAL"))
        connection.commit()
        return connection


class RunHistory(DagsterSqliteStorage):
    """Dagster's own storage in SQLite files, but for the connections of its event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        index = Path(self._event_log_storage.path_for_shard(INDEX_SHARD_NAME))
        self._event_log_storage = KeptConnections(str(index.parent))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> "RunHistory":
        """As Dagster makes it from an instance's settings."""
        return cls.from_local(inst_data=inst_data, **config_value)


def with_kept_connections(instance: InstanceRef) -> InstanceRef:
    """The same instance, but with `RunHistory` where its history is in SQLite files."""
    data = instance.storage_data
    if data is None or data.class_name != DagsterSqliteStorage.__name__:
        return instance
    return instance._replace(storage_data=ConfigurableClassData(__name__, RunHistory.__name__, data.config_yaml))


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
