"""A DuckDB file: how it is opened, whether all of it is as it was written, and where it goes if not.

What is in it is not known here.
"""

import atexit
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from dialflo_pipeline.core.errors import DamagedWarehouse, TransientError
from dialflo_pipeline.storage.atomic_write import move
from dialflo_pipeline.storage.duckdb_file.pool import InstancePool

T = TypeVar("T")

# The oldest format that readers of the published copy must understand; without it only DuckDB 2 could open the file.
STORAGE_VERSION = "v1.2.0"
BLOCK_BYTES = 16_384
"""The smallest there can be: each column of each table has a block of its own at least, and most tables are small."""
MEMORY_LIMIT: Final = "memory_limit"
_takes_most_memory = ContextVar("takes most memory", default=False)
_OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    # Else a table name that is not there would be looked for among the variables of this program.
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    MEMORY_LIMIT: "1GB",
    "threads": min(4, os.cpu_count() or 1),
}
_NEW_FILE = {"storage_compatibility_version": STORAGE_VERSION, "default_block_size": str(BLOCK_BYTES)}
_DAMAGE = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
"""As what DuckDB tells of damage, beside errors of no class at all."""

_REMEDY = "All in it is derived: `dialflo sync` rebuilds it."

_DISK_ERRORS = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR,
    errno.EMFILE, errno.ENFILE,
)  # fmt: skip


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file without ever fetching an extension; leaving closes it, and undoes what was not committed.

    Raises `TransientError` while another program holds the file, `DamagedWarehouse` if it is no DuckDB file or, then
    and inside the block, one that is not as it was written; `OSError` where the disk or its permissions are the cause.
    """
    connection = open_file(path, read_only=read_only)
    try:
        with _raise_as_damage(path):
            yield connection
    finally:
        connection.close()


@contextmanager
def connect_read_only(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """As `connect` to read only, but sooner: for a look that takes little memory and leaves nothing in it."""
    with _raise_as_damage(path), _INSTANCE_POOL.borrow() as connection:
        _attach(connection, path)
        set_zone(connection)
        yield connection
        connection.execute("USE memory; DETACH warehouse")


def open_file(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """The connection of `connect`, for callers that close it themselves."""
    with _raise_as_damage(path):
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
        with allow_most_memory():
            return work()


@contextmanager
def allow_most_memory() -> Iterator[None]:
    """What is opened in the block may take four fifths of the machine's memory, as any client of DuckDB may."""
    token = _takes_most_memory.set(True)
    try:
        yield
    finally:
        _takes_most_memory.reset(token)


def log_of(path: Path) -> Path:
    """Where DuckDB keeps what it has not written into a file yet."""
    return path.with_name(f"{path.name}.wal")


@contextmanager
def _raise_as_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, duckdb.ConnectionException) or "Could not set lock" in str(error):
            raise TransientError(f"{path} is held open by another program; close it there and try again.") from error
        if (number := _disk_error(error)) is not None:
            raise OSError(number, os.strerror(number), str(path)) from error
        if not isinstance(error, _DAMAGE) and type(error) is not duckdb.Error:
            raise
        raise DamagedWarehouse(path, _REMEDY, "is not as DuckDB wrote it") from error


def _disk_error(error: duckdb.Error) -> int | None:
    """The system's number of what is wrong with the disk or its permissions, where DuckDB's sentence tells of it."""
    return next((number for number in _DISK_ERRORS if os.strerror(number) in str(error)), None)


def _options() -> dict[str, str | bool | int | float | list[str]]:
    """Without a limit of its own DuckDB takes up to four fifths of the memory."""
    return {name: value for name, value in _OPTIONS.items() if name != MEMORY_LIMIT or not _takes_most_memory.get()}


def _create_or_open(path: Path) -> duckdb.DuckDBPyConnection:
    _refuse_pipe(path)
    return duckdb.connect(path, config=_options() | _NEW_FILE)


def _open_to_read(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config=_options() | {"temp_directory": f"{path}.tmp"})
    _attach(connection, path)
    return connection


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    # Not by duckdb.connect(path): a process has one instance per path, so while it still holds a file that was
    # replaced since, it would get that one again.
    _refuse_pipe(path)
    quoted = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS warehouse (READ_ONLY); USE warehouse")


def _refuse_pipe(path: Path) -> None:
    """For DuckDB would wait for somebody to write into it."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise DamagedWarehouse(path, _REMEDY, "is not a file")


_INSTANCE_POOL = InstancePool(lambda: duckdb.connect(config=_OPTIONS | {"temp_directory": "", "threads": 1}))
atexit.register(_INSTANCE_POOL.close)  # while DuckDB is still there to close them
