"""Reading with several queries at once, over connections of their own to one opened DuckDB file.

Queries over some hundred thousand rows keep one processor busy each, however many threads DuckDB may use for them.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

import duckdb

Item = TypeVar("Item")
Read = TypeVar("Read")


def query_parallel(
    connection: duckdb.DuckDBPyConnection,
    session: str,
    read: Callable[[duckdb.DuckDBPyConnection, Item], Read],
    items: Iterable[Item],
) -> list[Read]:
    """What `read` gives for each item, in their order. `session` says what `connection` was told for itself alone."""

    def read_one(item: Item) -> Read:
        with closing(connection.cursor()) as cursor:
            cursor.execute(session)
            return read(cursor, item)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(read_one, items))
