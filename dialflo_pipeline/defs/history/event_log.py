"""Dagster's event log in SQLite as the command line writes it: one connection, and one commit for many events.

Dagster's own opens a connection for each event, twice for those of assets, asks again and again which columns and
tables there are, and commits each event by itself. What is written is the same here, in the same places.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dagster import DagsterEventType, EventLogEntry, EventRecordsResult
from dagster._core.storage.event_log import AssetKeyTable, SqlEventLogStorageMetadata, SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DatabaseError

from dialflo_pipeline.defs.history.not_written import told_as_not_written
from dialflo_pipeline.defs.history.revisions import revisions_in, stamp

KEPT = 4
"""Connections kept open: the index of all runs, and the run under way."""

FOLLOWED = frozenset(
    {
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        DagsterEventType.STEP_OUTPUT,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_CHECK_EVALUATION,
    }
)
"""Events after which others come at once: a run's start after what it plans, a step's end after what it made."""

CHECKED = frozenset({DagsterEventType.STEP_OUTPUT, DagsterEventType.ASSET_CHECK_EVALUATION})
"""Of these, what the steps that check write."""


class KeptConnections(SqliteEventLogStorage):
    """The same event log over connections that stay open until it is disposed of.

    The last connection to close would otherwise move SQLite's log into its file, with several syncs, after each event.
    What the system had not written when the power went may be missing from the history; the file stays whole. Events
    of the kinds in `FOLLOWED` wait for the next one of another kind, or for the next question, and are written with it:
    a process killed in that moment takes them along, and its run is seen to have been killed.
    """

    def __init__(self, base_dir: str) -> None:
        self._kept: dict[str, Connection] = {}
        self._waiting: list[EventLogEntry] = []
        self._known: set[str] = set()
        super().__init__(base_dir)
        self._db_lock = threading.RLock()  # type: ignore[assignment]  # what is written together is in one transaction, which others here join

    def store_event(self, event: EventLogEntry) -> None:
        """Write an event, and before it those that wait; or let it wait too. Raises `NotWritten`."""
        with self._db_lock:
            self._waiting.append(event)
            if event.dagster_event_type not in FOLLOWED:
                with told_as_not_written():
                    self._write_waiting()

    def dispose(self) -> None:
        """Write what waits, and close all."""
        try:
            with self._db_lock:
                self._write_waiting()
        finally:
            while self._kept:
                self._kept.popitem()[1].close()
            super().dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            self._write_waiting()
            with self._transaction(shard) as connection:
                yield connection

    def _write_waiting(self) -> None:
        events, self._waiting = self._waiting, []
        for run_id in {event.run_id for event in events}:
            with self._transaction(run_id), self._transaction(INDEX_SHARD_NAME):
                for event in events:
                    if event.run_id == run_id:
                        super().store_event(event)

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[Connection]:
        """A transaction, or the one under way; the lock is held."""
        if shard not in self._kept:
            self._kept[shard] = self._opened(shard)
        if self._kept[shard].in_transaction():
            yield self._kept[shard]
        else:
            with self._kept[shard].begin():
                yield self._kept[shard]

    def _opened(self, shard: str) -> Connection:
        idle = [name for name, kept in self._kept.items() if not kept.in_transaction()]
        while len(self._kept) >= KEPT and idle:
            self._kept.pop(idle.pop()).close()
        engine = self._engine(shard)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        connection = engine.connect()
        connection.execute(text("PRAGMA synchronous = NORMAL"))
        connection.commit()
        return connection

    def _engine(self, shard: str) -> Engine:
        options = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        return create_engine(self.conn_string_for_shard(shard), poolclass=NullPool, connect_args=options)

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        """Make the tables unless they are there, without reading through Dagster's migrations where none can be due.

        The file of a run has the tables of the index, and so its revision.
        """
        if revisions_in(engine):
            return
        if not for_index_shard and (revisions := revisions_in(self._engine(INDEX_SHARD_NAME))):
            with suppress(DatabaseError):  # another process makes the same tables: Dagster's own way is to try again
                with engine.connect() as connection:
                    SqlEventLogStorageMetadata.create_all(connection)
                    connection.execute(text("PRAGMA journal_mode = WAL"))
                    stamp(connection, revisions)
                return
        super()._initdb(engine, for_index_shard)

    def fetch_materializations(self, *args: Any, **kwargs: Any) -> EventRecordsResult:
        """As Dagster does; it asks for each check, and nothing about what the other checks of the step have found."""
        with self._db_lock, self._still_waiting():
            return super().fetch_materializations(*args, **kwargs)

    @contextmanager
    def _still_waiting(self) -> Iterator[None]:
        if any(event.dagster_event_type not in CHECKED for event in self._waiting):
            yield
            return
        waiting, self._waiting = self._waiting, []
        try:
            yield
        finally:
            self._waiting = [*waiting, *self._waiting]

    def has_secondary_index(self, name: str) -> bool:
        """Whether a migration of the index was made; one that was is not undone."""
        return self._is_known(f"{name} was made", lambda: SqliteEventLogStorage.has_secondary_index(self, name))

    def has_table(self, table_name: str) -> bool:
        """Whether the index has such a table; one that was there stays."""
        return self._is_known(table_name, lambda: SqliteEventLogStorage.has_table(self, table_name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        ask = super()._has_asset_key_col_on_connection
        return self._is_known(f"{AssetKeyTable.name}.{column_name}", lambda: ask(conn, column_name))

    def _is_known(self, name: str, ask: Callable[[], bool]) -> bool:
        if name not in self._known and ask():
            self._known.add(name)
        return name in self._known
