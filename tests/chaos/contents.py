"""What a data folder holds: every table of the lake and of the published file, and which files there are at all."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from tests.chaos.steps import kind_of

Row = tuple[Any, ...]

MOMENTS = "when it happened is another time in each run"
NAMES = "comes from the names of raw files, which hold the time and a random part"
ASIDE: dict[tuple[str, str], str] = {
    ("*", "fetched_at"): MOMENTS,
    ("*", "registered_at"): MOMENTS,
    ("task_ids", "file"): "holds the time and a random part",
    ("raw_answers", "requested_at"): MOMENTS,
    ("raw_answers", "received_at"): MOMENTS,
    ("raw_answers", "asking_id"): "holds the moment of the asking and a random part",
    ("tasks", "attempts"): "an id may have been asked before the kill as well: compared with the askings kept",
    ("*", "first_registered_at"): MOMENTS,
    ("*", "last_registered_at"): MOMENTS,
    ("*", "newest_answer_at"): MOMENTS,
    ("*", "next_try_at"): "reckoned from the moments of the askings",
    ("*", "held_back_tasks"): "the same",
    ("published", "as_of"): MOMENTS,
    ("published", "published_at"): MOMENTS,
    ("published", "data_version"): NAMES,
    ("loaded_days", "fingerprint"): NAMES,
    ("built_days", "fingerprint"): NAMES,
    ("marts_built", "fingerprint"): NAMES,
    ("redial_backlog", "age_days"): "reckoned when it is read",
    ("redial_backlog", "state"): "reckoned when it is read",
}
"""The columns that may differ between two runs over the same answers, each with the reason; all others must not."""

LEFTOVERS = {
    "work/warehouse.damaged": "a private DuckDB file that was cut off while it was made, set aside",
    "work/runs/<run>.lock": "the lock of a killed run, which nobody holds; a run an hour later removes it",
    "work/dagster/history/runs/<run>.db-wal": "SQLite's log in the history of a killed run, read with it",
    "work/dagster/history/runs/<run>.db-shm": "SQLite's index of that log",
    "work/dagster/history/runs/<run>.db-journal": "the same before SQLite was told to keep a log",
    "work/dagster/history/runs/index.db-wal": "the same for the list of runs, until Dagster next reads it",
    "work/dagster/history/runs/index.db-shm": "SQLite's index of that log",
}
"""The files that a killed run may leave for good, each with what it is; all others must not."""

UNTIL_THE_NEXT_SYNC = {"work/unfinished-registration/<aside>-<flush>.parquet"}
"""What killed registrations leave: a sync sweeps it, under the lock of registrations; `tasks add` does not."""


def compared(table: str, columns: list[str]) -> list[int]:
    """The places of the columns that must not differ."""
    return [place for place, name in enumerate(columns) if ("*", name) not in ASIDE and (table, name) not in ASIDE]


@dataclass(frozen=True)
class Table:
    """All rows of one table, as text; in their order where the order is promised."""

    columns: list[str]
    rows: list[Row]
    is_ordered: bool = False

    def of(self, name: str) -> "Table":
        """The same without the columns that may differ."""
        places = compared(name, self.columns)
        rows = [tuple(row[place] for place in places) for row in self.rows]
        return Table([self.columns[place] for place in places], rows, self.is_ordered)

    def differences(self, other: "Table") -> list[str]:
        """How this one is not like the other, which is as it should be."""
        if self.columns != other.columns:
            return [f"columns {self.columns}, not {other.columns}"]
        here, there = Counter(self.rows), Counter(other.rows)
        found = [f"lost: {row}" for row in (there - here).elements()]
        found += [f"too much: {row}" for row in (here - there).elements()]
        if not found and self.is_ordered and self.rows != other.rows:
            found.append("another order")
        return found


Tables = dict[str, Table]


def published_tables(published: Path) -> Tables:
    """Every table and view of the published file, and its catalogue with all comments."""
    with duckdb.connect(str(published), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        names = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() UNION ALL"
            " SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        found = {f"{schema}.{name}": _table(connection, schema, name) for schema, name in names}
        catalogue = (
            "SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()"
            " WHERE NOT internal"
            " UNION ALL SELECT schema_name, table_name, NULL, NULL, NULL, comment FROM duckdb_tables()"
            " UNION ALL SELECT schema_name, view_name, NULL, NULL, NULL, comment FROM duckdb_views() WHERE NOT internal"
        )
        rows = connection.execute(catalogue).fetchall()
    return found | {"catalogue": Table(["schema", "table", "column", "type", "null", "comment"], rows)}


def _table(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> Table:
    result = connection.execute(f'SELECT COLUMNS(*)::VARCHAR FROM "{schema}"."{name}"')
    columns = [column for column, *_ in result.description or []]
    # Views over keys and values group them, which gives no order.
    is_ordered = schema == "marts" and name != "redial_backlog" and not name.startswith("agent_metadata_")
    return Table(columns, result.fetchall(), is_ordered)


def lake_tables(lake: Path) -> Tables:
    """Every table of the lake; the day and the name of the file are columns."""
    found: Tables = {}
    for folder in sorted(path for path in lake.iterdir() if path.is_dir()) if lake.is_dir() else ():
        rows: list[Row] = []
        columns: list[str] = []
        for path in sorted(folder.glob("*/*.parquet")):
            read = pq.read_table(path, page_checksum_verification=True, partitioning=None)
            columns = ["call_date", "file", *read.column_names]
            rows += [(path.parent.name, path.name, *row.values()) for row in read.to_pylist()]
        found[folder.name] = Table(columns, rows)
    return found


def file_kinds(data: Path) -> set[str]:
    """Which files there are, without what is random in their names."""
    return {kind_of(str(path.relative_to(data))) for path in data.rglob("*") if not path.is_dir()} - {*LEFTOVERS}


def askings(lake: Tables) -> dict[str, list[list[dict[str, Any]]]]:
    """The tries in `raw_answers` by task and asking, in their order."""
    raw = lake.get("raw_answers", Table([], []))
    tries: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in raw.rows:
        named = dict(zip(raw.columns, row, strict=True))
        tries[named["task_id"], named["asking_id"]].append(named)
    found: dict[str, list[list[dict[str, Any]]]] = defaultdict(list)
    for (task_id, _), some in sorted(tries.items()):
        found[task_id].append(sorted(some, key=lambda row: row["attempt"]))
    return found
