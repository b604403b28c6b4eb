"""What checks can read beside the warehouse: which days to look at, the clock, and the lake's raw rows of these days.

All of it stands in memory beside the warehouse, which is open for reading only.
"""

import glob
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

import duckdb

from dialflo_pipeline.core.schema import RAW_TABLES
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.storage.parquet.schema import DAY_OF_FILE, PARTITION_COLUMN

LAKE_VIEWS = frozenset(f"lake.{table.name}" for table in RAW_TABLES)
INPUTS = frozenset({"checks.days", "checks.clock"} | LAKE_VIEWS)
"""Full names of all that stands here."""

SESSION = "SET TimeZone = 'UTC'; SET search_path = 'warehouse.main,memory.checks,memory.lake'"
"""What each connection has to be told by which checks run."""

GRACE = timedelta(days=1)
"""How long after a task should have been settled nobody is told that it is not: time for one more sync a day."""


@dataclass(frozen=True)
class Clock:
    """When the checks run, and the zone and patience that days and waiting are reckoned with."""

    now: datetime
    zone: ZoneInfo
    settle_after: timedelta

    @property
    def today(self) -> date:
        """The day that is not over yet."""
        return self.now.astimezone(self.zone).date()


RawFiles: TypeAlias = "Mapping[str, list[Path]]"
"""The files of one day by the names of the raw tables."""


def raw_files(lake: Lake, day: date) -> RawFiles:
    """The raw files of a day."""
    return {table.name: lake.files(table, day) for table in RAW_TABLES}


def offer(connection: duckdb.DuckDBPyConnection, clock: Clock, days: Mapping[date, RawFiles]) -> None:
    """Put `checks.days`, `checks.clock` and the views of `lake` beside the warehouse that is open for reading."""
    connection.execute(
        "CREATE SCHEMA memory.checks; CREATE SCHEMA memory.lake;"
        " CREATE TABLE memory.checks.days AS SELECT unnest($days::DATE[]) AS call_date",
        {"days": list(days)},
    )
    connection.execute(
        "CREATE TABLE memory.checks.clock AS SELECT $now::TIMESTAMPTZ AS now, $today::DATE AS today,"
        " $due::TIMESTAMPTZ AS settled_if_before",
        {"now": clock.now, "today": clock.today, "due": clock.now - clock.settle_after - GRACE},
    )
    for view in _views(days.values()):
        connection.execute(view)
    connection.execute(SESSION)


def _views(days: Collection[RawFiles]) -> Iterator[str]:
    for table in RAW_TABLES:
        if paths := [path for files in days for path in files[table.name]]:
            # A folder's name may hold characters that DuckDB would take for a pattern, or for the end of the text.
            listed = ", ".join("'{}'".format(glob.escape(str(path)).replace("'", "''")) for path in paths)
            rows = (
                f"SELECT * EXCLUDE (filename), {DAY_OF_FILE} AS {PARTITION_COLUMN}"
                f" FROM read_parquet([{listed}], filename = true, hive_partitioning = false)"
            )
        else:
            columns = ", ".join(f'NULL::{sql_type} AS "{name}"' for name, sql_type in table.sql_types.items())
            rows = f"SELECT {columns} WHERE false"
        yield f"CREATE VIEW memory.lake.{table.name} AS {rows}"
