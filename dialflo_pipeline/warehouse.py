"""The private DuckDB file: how it is opened, and its tables, made from their declarations.

Nobody but the pipeline opens this file; readers have the published copy (`publish.py`). What fills the tables belongs
in `loading.py`, what is computed from them in `marts.py`. All in here is derived, so a file with another layout is
simply made anew.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dialflo_pipeline.errors import DamagedFile, TransientError
from dialflo_pipeline.tables import WAREHOUSE_TABLES, Privacy, Table

# The oldest format that readers of the published copy must understand; without it only DuckDB 2 could open the file.
STORAGE_VERSION = "v1.2.0"
_OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    # Else a table name that is not there would be looked for among the variables of this program.
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": "1GB",
    "threads": min(4, os.cpu_count() or 1),
}
_INTERNAL_TABLES = {
    "loaded_days": (
        "call_date DATE NOT NULL, fingerprint VARCHAR NOT NULL",
        "Which days are loaded, and from which state of the lake.",
    ),
    "built_days": (
        "call_date DATE NOT NULL, fingerprint VARCHAR NOT NULL",
        "The loaded days that the marts were made from; none when they have to be made from all anew.",
    ),
    "replaced_calls": (
        "call_date DATE, agent_name VARCHAR, contact_number VARCHAR",
        "Of calls replaced or removed since the marts were made: what models may be incremental by.",
    ),
    "layout": ("fingerprint VARCHAR NOT NULL", "One row: the layout of the tables of main."),
}


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file without ever fetching an extension; leaving closes it, and undoes what was not committed.

    Raises `TransientError` while another program holds the file, `DamagedFile` if it is no DuckDB file.
    """
    connection = open_file(path, read_only=read_only)
    try:
        yield connection
    finally:
        connection.close()


def open_file(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """The connection of `connect`, for callers that close it themselves."""
    try:
        connection = _attach(path) if read_only else _create_or_open(path)
    except duckdb.Error as error:
        if isinstance(error, duckdb.ConnectionException) or "Could not set lock" in str(error):
            raise TransientError(f"{path} is held open by another program; close it there and try again.") from error
        found = str(error).partition("\n")[0]
        raise DamagedFile(
            f"{path} cannot be opened ({found}). All in it is derived: remove it and run `dialflo sync`."
        ) from error
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def set_aside_if_damaged(path: Path) -> Path | None:
    """Move a file that DuckDB cannot open out of the way, so that it is made anew; where to, or None if all is well.

    A process killed while it makes the file may leave such a one. Only for the holder of the run lock.
    """
    if not path.exists():
        return None
    try:
        with connect(path, read_only=True):
            return None
    except DamagedFile:
        aside = path.with_suffix(".damaged")
        os.replace(path, aside)
        log_of(path).unlink(missing_ok=True)
        return aside


def log_of(path: Path) -> Path:
    """The write-ahead log beside a DuckDB file."""
    return path.with_name(f"{path.name}.wal")


def count_rows(path: Path) -> dict[str, int]:
    """How many rows each declared table has."""
    counts = ", ".join(f"(SELECT count(*) FROM main.{table.name})" for table in WAREHOUSE_TABLES)
    with connect(path, read_only=True) as connection:
        row = connection.execute(f"SELECT {counts}").fetchone() or ()
    return {table.name: count for table, count in zip(WAREHOUSE_TABLES, row, strict=True)}


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the declared tables, empty, unless they are there already; views on older ones go with these."""
    if stored_layout(connection) == layout():
        return
    for schema in ("marts", "staging", "pipeline"):
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        connection.execute(f"CREATE SCHEMA {schema}")
    for table in WAREHOUSE_TABLES:
        connection.execute(_table_script(table))
    for name, (columns, description) in _INTERNAL_TABLES.items():
        connection.execute(f"CREATE TABLE pipeline.{name} ({columns})")
        comment(connection, "TABLE", f"pipeline.{name}", description)
    connection.execute("INSERT INTO pipeline.layout VALUES (?)", [layout()])


def layout() -> str:
    """A fingerprint of all tables, declared and internal, and their comments."""
    script = "".join(_table_script(table) for table in WAREHOUSE_TABLES) + str(_INTERNAL_TABLES)
    return hashlib.sha256(script.encode()).hexdigest()


def stored_layout(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The layout that the file was made with; None if it was never prepared."""
    return one_text(connection, "pipeline", "layout")


def one_text(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str | None:
    """The fingerprint in a table of one row; None if there is no such table or row."""
    # Looked up rather than tried: a failed statement would end the transaction that this may run in.
    known = (
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ? AND table_name = ?"
    )
    if connection.execute(known, [schema, table]).fetchone() is None:
        return None
    row = connection.execute(f"SELECT fingerprint FROM {schema}.{table}").fetchone()
    return str(row[0]) if row else None


def comment(connection: duckdb.DuckDBPyConnection, kind: str, name: str, text: str) -> None:
    """Set the comment of a `kind` (TABLE, VIEW, COLUMN)."""
    connection.execute(_comment(kind, name, text))


def describe(connection: duckdb.DuckDBPyConnection, kind: str, name: str, text: str, columns: dict[str, str]) -> None:
    """Set the comments of a table or view and of its columns, all at once."""
    of_columns = (_comment("COLUMN", f'{name}."{column}"', about) for column, about in columns.items())
    connection.execute(" ".join([_comment(kind, name, text), *of_columns]))


def about(description: str, unit: str | None, privacy: Privacy) -> str:
    """The comment of a column."""
    unit_text = f"unit: {unit}; " if unit else ""
    return f"{' '.join(description.split())} [{unit_text}privacy: {privacy}]"


def _create_or_open(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(path, config=_OPTIONS | {"storage_compatibility_version": STORAGE_VERSION})


def _attach(path: Path) -> duckdb.DuckDBPyConnection:
    # Not by duckdb.connect(path): a process has one instance per path, so while it still holds a file that was
    # replaced since, it would get that one again.
    connection = duckdb.connect(config=_OPTIONS | {"temp_directory": f"{path}.tmp"})
    quoted = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS warehouse (READ_ONLY); USE warehouse")
    return connection


def _table_script(table: Table) -> str:
    nullable = {name: "" if column.nullable else " NOT NULL" for name, column in table.columns.items()}
    columns = ", ".join(f'"{name}" {sql_type}{nullable[name]}' for name, sql_type in table.sql_types.items())
    comments = [_comment("TABLE", f"main.{table.name}", " ".join(table.description.split()))]
    for name, column in table.columns.items():
        metadata = column.metadata or {}
        text = about(column.description or "", metadata["unit"], metadata["privacy"])
        comments.append(_comment("COLUMN", f'main.{table.name}."{name}"', text))
    return f"CREATE OR REPLACE TABLE main.{table.name} ({columns}); {' '.join(comments)}"


def _comment(kind: str, name: str, text: str) -> str:
    quoted = text.replace("'", "''")
    return f"COMMENT ON {kind} {name} IS '{quoted}';"
