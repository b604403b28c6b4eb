"""Runs queries over frames in an in-memory DuckDB that stores nothing."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Final

import duckdb
import polars as pl

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 1,
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


@contextmanager
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for one thread, in which a time without an offset is read as UTC."""
    with closing(_database(os.getpid()).cursor()) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


@cache
def _database(_process: int) -> duckdb.DuckDBPyConnection:
    """Opening one takes as long as reading a thousand answers. A process has its own, for none outlives a fork."""
    return duckdb.connect(":memory:", config=_SETTINGS)


def query(connection: duckdb.DuckDBPyConnection, sql: str, given: pl.DataFrame) -> pl.DataFrame:
    """The result of a query over `given`, whose rows are in order. Raises `duckdb.Error`."""
    connection.register("given", given.to_arrow(compat_level=pl.CompatLevel.newest()))
    try:
        return pl.DataFrame(pl.from_arrow(connection.sql(sql).to_arrow_table()))
    except UnicodeDecodeError:
        # Of JSON that it refuses DuckDB quotes a number of bytes, whose last may be half a character.
        raise duckdb.InvalidInputException("JSON that DuckDB refuses") from None
