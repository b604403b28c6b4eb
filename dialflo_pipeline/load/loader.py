"""Loading the lake's Parquet files into the private DuckDB file: some days into it, or all of them into a new one.

A new file takes the place of the old one in one step, so nothing has to be undone in it: its tables are filled side by
side, each over a connection of its own. It also is as small as can be, where one that is changed again and again grows.
"""

import glob
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb

from dialflo_pipeline.core.errors import PermanentError
from dialflo_pipeline.core.schema import CALL_METADATA, CALLS, WAREHOUSE_TABLES, Table
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load.ddl import layout, prepare, stored_layout
from dialflo_pipeline.storage.atomic_write import write_atomically
from dialflo_pipeline.storage.duckdb_file.connection import connect, connect_read_only, log_of, with_memory_for
from dialflo_pipeline.storage.parquet.schema import DAY_OF_FILE, PARTITION_COLUMN

FEW_DAYS = 64
"""When more days than this are loaded, what goes is not kept: making the marts from all is no dearer then."""

_LARGEST_FIRST = sorted(WAREHOUSE_TABLES, key=[CALL_METADATA, CALLS, *WAREHOUSE_TABLES].index)

Days = Mapping[date, str | None]
"""The days to load, each with the fingerprint of what it is loaded from; None: only to remove."""


def stale_days(path: Path, wanted: Days) -> list[date]:
    """The days to load or remove: those loaded from another fingerprint than wanted, and those no longer wanted."""
    loaded = _loaded_days(path)
    return sorted(day for day in wanted.keys() | loaded.keys() if wanted.get(day) != loaded.get(day))


def have_same_days(first: Path, second: Path) -> bool:
    """Whether both files have the same days, each loaded from the same fingerprint."""
    return _loaded_days(first) == _loaded_days(second)


def load(path: Path, lake: Lake, days: Days) -> dict[str, int]:
    """Replace the rows of these days by those in the lake, all or nothing; the rows loaded, by table.

    Where that replaces every day there is, the file is made anew, without marts. Raises `DamagedFile` if a day's file
    is missing or not as it was written: DuckDB itself compares no checksum of a Parquet file.
    """
    for table in WAREHOUSE_TABLES:
        for day in sorted(day for day, wanted in days.items() if wanted is not None):
            lake.verify(table, lake.file(table, day))
    load_days = _load_some if _loaded_days(path).keys() - days.keys() else _load_all
    return with_memory_for(lambda: load_days(path, lake, days))


def _load_all(path: Path, lake: Lake, days: Days) -> dict[str, int]:
    with write_atomically(path, lake.aside) as unfinished:
        with connect(unfinished) as connection:
            connection.begin()
            prepare(connection)
            _record_loaded_days(connection, days)
            connection.commit()
            rows = _fill_in_parallel(connection, lake, days)
            # Closing would do it too, but keep to itself that the disk is full, and leave all of it in the log.
            connection.execute("CHECKPOINT")
        # Left by a process that was killed: DuckDB would replay it over the new file.
        log_of(path).unlink(missing_ok=True)
    return {table.name: rows[table.name] for table in WAREHOUSE_TABLES}


def _fill_in_parallel(connection: duckdb.DuckDBPyConnection, lake: Lake, days: Days) -> dict[str, int]:
    # Several small files on several threads become small row groups, twice the size: so one thread a connection.
    connection.execute("SET threads = 1")

    def fill(table: Table) -> tuple[str, int]:
        with closing(connection.cursor()) as cursor:
            return table.name, _insert(cursor, table, lake, days)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(pool.map(fill, _LARGEST_FIRST))


def _load_some(path: Path, lake: Lake, days: Days) -> dict[str, int]:
    with connect(path) as connection:
        connection.begin()
        _record_replaced_calls(connection, list(days))
        connection.execute("SET threads = 1")
        rows = {}
        for table in WAREHOUSE_TABLES:
            _delete(connection, f"main.{table.name}", days)
            rows[table.name] = _insert(connection, table, lake, days)
        _record_loaded_days(connection, days)
        connection.commit()
    return rows


def _loaded_days(path: Path) -> dict[date, str]:
    if not path.exists():
        return {}
    with connect_read_only(path) as connection:
        if stored_layout(connection) != layout():
            return {}
        return dict(connection.execute("SELECT call_date, fingerprint FROM pipeline.loaded_days").fetchall())


def _record_replaced_calls(connection: duckdb.DuckDBPyConnection, days: list[date]) -> None:
    if len(days) > FEW_DAYS:
        connection.execute("DELETE FROM pipeline.built_days; DELETE FROM pipeline.replaced_calls")
        return
    connection.execute(
        "INSERT INTO pipeline.replaced_calls SELECT DISTINCT call_date, agent_name, contact_number FROM main.calls"
        " WHERE call_date IN (SELECT unnest($days))",
        {"days": days},
    )


def _delete(connection: duckdb.DuckDBPyConnection, table: str, days: Days) -> None:
    connection.execute(f"DELETE FROM {table} WHERE call_date IN (SELECT unnest($days))", {"days": list(days)})


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, lake: Lake, days: Days) -> int:
    paths = [lake.file(table, day) for day in sorted(days) if days[day] is not None]
    if not paths:
        return 0
    names = [f'"{name}"' for name in table.sql_types]
    columns = [DAY_OF_FILE if name == f'"{PARTITION_COLUMN}"' else name for name in names]
    try:
        result = connection.execute(
            f"INSERT INTO main.{table.name} ({', '.join(names)}) SELECT {', '.join(columns)}"
            " FROM read_parquet($paths, filename = true, hive_partitioning = false)",
            # A folder's name may hold characters that DuckDB would take for a pattern.
            {"paths": [glob.escape(str(path)) for path in paths]},
        ).fetchone()
    except (duckdb.DataError, duckdb.IntegrityError) as error:
        # DuckDB's own sentence may quote a value, so only its class is told.
        found = f"The {len(paths)} files of {table.name} below {paths[0].parents[1]} do not load"
        raise PermanentError(f"{found} ({type(error).__name__}); run `dialflo rebuild`.") from None
    return int(result[0]) if result else 0


def _record_loaded_days(connection: duckdb.DuckDBPyConnection, days: Days) -> None:
    loaded = {day: days[day] for day in sorted(days) if days[day] is not None}
    _delete(connection, "pipeline.loaded_days", days)
    connection.execute(
        "INSERT INTO pipeline.loaded_days SELECT unnest($days), unnest($fingerprints)",
        {"days": list(loaded), "fingerprints": list(loaded.values())},
    )
