"""The private DuckDB file: how it is opened, and its tables, made from their declarations.

Nobody but the pipeline opens this file; readers have the published copy (`publish.py`). What fills the tables belongs
in `loading.py`, what is computed from them in `marts.py`. All in here is derived, so a file with another layout is
simply made anew.
"""

import atexit
import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from dialflo_pipeline.durable import move
from dialflo_pipeline.errors import DamagedWarehouse, TransientError
from dialflo_pipeline.instances import Instances
from dialflo_pipeline.tables import CALL_CONTEXT, CALL_METADATA, STAMP, WAREHOUSE_TABLES, Privacy, Table

T = TypeVar("T")

# The oldest format that readers of the published copy must understand; without it only DuckDB 2 could open the file.
STORAGE_VERSION = "v1.2.0"
BLOCK_BYTES = 16_384
"""The smallest there can be: each column of each table has a block of its own at least, and most tables are small."""
LIMIT: Final = "memory_limit"
_takes_most_memory = ContextVar("takes most memory", default=False)
_OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    # Else a table name that is not there would be looked for among the variables of this program.
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    LIMIT: "1GB",
    "threads": min(4, os.cpu_count() or 1),
}
_NEW_FILE = {"storage_compatibility_version": STORAGE_VERSION, "default_block_size": str(BLOCK_BYTES)}
_DAMAGE = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
"""As what DuckDB tells of damage, beside errors of no class at all."""

_DISK_ERRORS = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR,
    errno.EMFILE, errno.ENFILE,
)  # fmt: skip
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


_BY_TYPE = {"INTEGER": "bitpacking", "DATE": "bitpacking", "TIMESTAMPTZ": "bitpacking", "BOOLEAN": "rle"}
_SELDOM_TWICE: dict[str, str | None] = dict.fromkeys(
    ("task_id", "call_id", "to_number", "to_number_e164", "contact_number", "call_recording_url"), "fsst"
)
"""Where a call or a task has a row; of keys and values it has many."""

_ANYTHING: dict[str, str | None] = dict.fromkeys(
    ("interest_reasoning", "next_action_reason", "outcome_reason", "value", "last_error", "path", "reason")
)


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file without ever fetching an extension; leaving closes it, and undoes what was not committed.

    Raises `TransientError` while another program holds the file, `DamagedWarehouse` if it is no DuckDB file or, then
    and inside the block, one that is not as it was written; `OSError` where the disk or its permissions are the cause.
    """
    connection = open_file(path, read_only=read_only)
    try:
        with _damage_told(path):
            yield connection
    finally:
        connection.close()


@contextmanager
def look_into(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """As `connect` to read only, but sooner: for a look that takes little memory and leaves nothing in it."""
    with _damage_told(path), _INSTANCES.lent() as connection:
        _attach(connection, path)
        set_zone(connection)
        yield connection
        connection.execute("USE memory; DETACH warehouse")


def open_file(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """The connection of `connect`, for callers that close it themselves."""
    with _damage_told(path):
        connection = _open_to_read(path) if read_only else _create_or_open(path)
    set_zone(connection)
    return connection


def set_zone(connection: duckdb.DuckDBPyConnection) -> None:
    """Have times shown and cast in UTC, whatever the machine's zone; each connection by itself."""
    connection.execute("SET TimeZone = 'UTC'")


def examine(path: Path) -> None:
    """Read all that a DuckDB file holds; raises `DamagedWarehouse` unless all of it is as it was written."""
    with_memory_for(partial(_read_all, path))


def _read_all(path: Path) -> None:
    with connect(path, read_only=True) as connection:
        tables = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
        )
        for schema, table in tables.fetchall():
            # Each block carries a checksum, which DuckDB compares when it reads the block.
            connection.execute(f'SELECT bit_xor(hash(read)) FROM "{schema}"."{table}" AS read')


def set_aside(path: Path, aside: Path) -> Path:
    """Move a damaged file out of the way, its log with it, so that it is made anew; where to."""
    if (log := log_of(path)).exists():
        move(log, log_of(aside))
    return move(path, aside)


def with_memory_for(work: Callable[[], T]) -> T:
    """What `work` gives, which opens its own connections: done anew with most of the memory if little is too little.

    A few answers of tens of megabytes are enough for that, and are to cost time rather than all the others.
    """
    try:
        return work()
    except duckdb.OutOfMemoryException:
        token = _takes_most_memory.set(True)
        try:
            return work()
        finally:
            _takes_most_memory.reset(token)


def log_of(path: Path) -> Path:
    """Where DuckDB keeps what it has not written into a file yet."""
    return path.with_name(f"{path.name}.wal")


def count_rows(path: Path) -> dict[str, int]:
    """How many rows each declared table has."""
    counts = ", ".join(f"(SELECT count(*) FROM main.{table.name})" for table in WAREHOUSE_TABLES)
    with look_into(path) as connection:
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
    script = "".join(table_script(table) for table in (*WAREHOUSE_TABLES, STAMP)) + str(_INTERNAL_TABLES)
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


def about_columns(table: Table) -> dict[str, str]:
    """The comments of a declared table's columns, by name."""
    metadata = {name: column.metadata or {} for name, column in table.columns.items()}
    return {
        name: about(column.description or "", metadata[name]["unit"], metadata[name]["privacy"])
        for name, column in table.columns.items()
    }


def about(description: str, unit: str | None, privacy: Privacy) -> str:
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
    comments += [_comment("COLUMN", f'main.{table.name}."{name}"', text) for name, text in about_columns(table).items()]
    return f"CREATE OR REPLACE TABLE main.{table.name} ({columns}); {' '.join(comments)}"


def _compression(table: Table, name: str, sql_type: str) -> str:
    """How a column is stored: about as DuckDB would choose, but to try all ways takes each load an eighth longer.

    Of texts that may be anything it still has to try.
    """
    if sql_type == "VARCHAR":
        has_many_rows_a_call = table in (CALL_METADATA, CALL_CONTEXT)
        way = (_ANYTHING if has_many_rows_a_call else _SELDOM_TWICE | _ANYTHING).get(name, "dictionary")
    else:
        way = _BY_TYPE.get(sql_type)
    return f" USING COMPRESSION {way}" if way else ""


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, duckdb.ConnectionException) or "Could not set lock" in str(error):
            raise TransientError(f"{path} is held open by another program; close it there and try again.") from error
        if (number := _disk_error(error)) is not None:
            raise OSError(number, os.strerror(number), str(path)) from error
        if not isinstance(error, _DAMAGE) and type(error) is not duckdb.Error:
            raise
        remedy = "All in it is derived: `dialflo sync` makes it anew."
        raise DamagedWarehouse(path, remedy, "is not as DuckDB wrote it") from error


def _disk_error(error: duckdb.Error) -> int | None:
    """The system's number of what is wrong with the disk or its permissions, where DuckDB's sentence tells of it."""
    return next((number for number in _DISK_ERRORS if os.strerror(number) in str(error)), None)


def _options() -> dict[str, str | bool | int | float | list[str]]:
    """Without a limit of its own DuckDB takes up to four fifths of the memory."""
    return {name: value for name, value in _OPTIONS.items() if name != LIMIT or not _takes_most_memory.get()}


def _create_or_open(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(path, config=_options() | _NEW_FILE)


def _open_to_read(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config=_options() | {"temp_directory": f"{path}.tmp"})
    _attach(connection, path)
    return connection


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    # Not by duckdb.connect(path): a process has one instance per path, so while it still holds a file that was
    # replaced since, it would get that one again.
    quoted = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS warehouse (READ_ONLY); USE warehouse")


_INSTANCES = Instances(lambda: duckdb.connect(config=_OPTIONS | {"temp_directory": "", "threads": 1}))
atexit.register(_INSTANCES.close)  # while DuckDB is still there to close them


def _comment(kind: str, name: str, text: str) -> str:
    quoted = text.replace("'", "''")
    return f"COMMENT ON {kind} {name} IS '{quoted}';"
