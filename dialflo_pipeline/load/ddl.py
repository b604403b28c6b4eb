"""The tables of the private DuckDB file, made from their declarations, and the comments on all that is in it.

Nobody but the pipeline opens this file (`duckdb_file.py`); readers have the published copy (`publish.py`). What
fills the tables belongs in `loading.py`, what is computed from them in `marts.py`. All in here is derived, so a file
with another layout is simply made anew.
"""

import hashlib
from functools import cache
from pathlib import Path

import duckdb

from dialflo_pipeline.core.schema import (
    CALL_CONTEXT,
    CALL_METADATA,
    PUBLICATION,
    WAREHOUSE_TABLES,
    Privacy,
    Table,
)
from dialflo_pipeline.storage.duckdb_file.connection import connect_read_only

_INTERNAL_TABLES = {
    "loaded_days": (
        "call_date DATE NOT NULL, fingerprint VARCHAR NOT NULL",
        "Which days are loaded, and from which state of the lake.",
    ),
    "built_days": (
        "call_date DATE NOT NULL, fingerprint VARCHAR NOT NULL",
        "The loaded days that the marts were made from; none if a full build is due.",
    ),
    "replaced_calls": (
        "call_date DATE, agent_name VARCHAR, contact_number VARCHAR",
        "Of calls replaced or removed since the marts were made: what models may be incremental by.",
    ),
    "layout": ("fingerprint VARCHAR NOT NULL", "One row: the layout of the tables of main."),
}

_BY_TYPE = {"INTEGER": "bitpacking", "DATE": "bitpacking", "TIMESTAMPTZ": "bitpacking", "BOOLEAN": "rle"}
_MOSTLY_UNIQUE: dict[str, str | None] = dict.fromkeys(
    ("task_id", "call_id", "to_number", "to_number_e164", "contact_number", "call_recording_url"), "fsst"
)
"""Where a call or a task has a row; of keys and values it has many."""

_FREE_TEXT: dict[str, str | None] = dict.fromkeys(
    ("interest_reasoning", "next_action_reason", "outcome_reason", "value", "last_error", "path", "reason")
)


def count_rows(path: Path) -> dict[str, int]:
    """How many rows each declared table has."""
    counts = ", ".join(f"(SELECT count(*) FROM main.{table.name})" for table in WAREHOUSE_TABLES)
    with connect_read_only(path) as connection:
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
        connection.execute(table_script(table))
    for name, (columns, description) in _INTERNAL_TABLES.items():
        connection.execute(f"CREATE TABLE pipeline.{name} ({columns})")
        comment(connection, "TABLE", f"pipeline.{name}", description)
    connection.execute("INSERT INTO pipeline.layout VALUES (?)", [layout()])


@cache
def layout() -> str:
    """A fingerprint of all tables, declared and internal, and their comments."""
    script = "".join(table_script(table) for table in (*WAREHOUSE_TABLES, PUBLICATION)) + str(_INTERNAL_TABLES)
    return hashlib.sha256(script.encode()).hexdigest()


def stored_layout(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The layout that the file was made with; None if it was never prepared."""
    return fetch_fingerprint(connection, "pipeline", "layout")


def fetch_fingerprint(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str | None:
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
    of_columns = (
        _comment("COLUMN", f'{name}."{column}"', column_comment) for column, column_comment in columns.items()
    )
    connection.execute(" ".join([_comment(kind, name, text), *of_columns]))


def column_comments(table: Table) -> dict[str, str]:
    """The comments of a declared table's columns, by name."""
    metadata = {name: column.metadata or {} for name, column in table.columns.items()}
    return {
        name: column_comment(column.description or "", metadata[name]["unit"], metadata[name]["privacy"])
        for name, column in table.columns.items()
    }


def column_comment(description: str, unit: str | None, privacy: Privacy) -> str:
    """The comment of a column."""
    unit_text = f"unit: {unit}; " if unit else ""
    return f"{' '.join(description.split())} [{unit_text}privacy: {privacy}]"


def table_script(table: Table) -> str:
    """SQL that makes a declared table in `main`, empty, with its comments, in the place of an older one."""
    nullable = {name: "" if column.nullable else " NOT NULL" for name, column in table.columns.items()}
    columns = ", ".join(
        f'"{name}" {sql_type}{nullable[name]}{_compression(table, name, sql_type)}'
        for name, sql_type in table.sql_types.items()
    )
    comments = [_comment("TABLE", f"main.{table.name}", " ".join(table.description.split()))]
    comments += [
        _comment("COLUMN", f'main.{table.name}."{name}"', text) for name, text in column_comments(table).items()
    ]
    return f"CREATE OR REPLACE TABLE main.{table.name} ({columns}); {' '.join(comments)}"


def _compression(table: Table, name: str, sql_type: str) -> str:
    """How a column is stored: about as DuckDB would choose, but to try all ways takes each load an eighth longer.

    Of texts that may be anything it still has to try.
    """
    if sql_type == "VARCHAR":
        has_many_rows_a_call = table in (CALL_METADATA, CALL_CONTEXT)
        way = (_FREE_TEXT if has_many_rows_a_call else _MOSTLY_UNIQUE | _FREE_TEXT).get(name, "dictionary")
    else:
        way = _BY_TYPE.get(sql_type)
    return f" USING COMPRESSION {way}" if way else ""


def _comment(kind: str, name: str, text: str) -> str:
    quoted = text.replace("'", "''")
    return f"COMMENT ON {kind} {name} IS '{quoted}';"
