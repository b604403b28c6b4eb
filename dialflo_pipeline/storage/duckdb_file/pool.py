"""Connections to share: a pool of DuckDB instances, and parallel queries over one open file."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TypeVar

import duckdb

Connection = duckdb.DuckDBPyConnection
Item = TypeVar("Item")
QueryResult = TypeVar("QueryResult")


class InstancePool:
    """DuckDB instances that `make` opens, each kept for the next user.

    To open an instance takes several times as long as to attach a file to it. Each should have one thread: a fork of
    this process would know of other threads but not have them.
    """

    def __init__(self, make: Callable[[], Connection]) -> None:
        self._make = make
        self._idle: list[Connection] = []

    @contextmanager
    def borrow(self) -> Iterator[Connection]:
        """A connection to an instance that no other thread uses in this block.

        What the block attaches it must detach. After a failed block the instance is closed: its content is unknown.
        """
        instance = self._pop_or_make()
        try:
            with closing(instance.cursor()) as connection:
                yield connection
        except BaseException:
            instance.close()
            raise
        self._idle.append(instance)

    def close(self) -> None:
        """Close the idle instances; the next user gets a new one."""
        while self._idle:
            self._idle.pop().close()

    def _pop_or_make(self) -> Connection:
        try:
            return self._idle.pop()  # no check for emptiness first: two threads may come at the same time
        except IndexError:
            return self._make()


def query_parallel(
    connection: Connection, session: str, read: Callable[[Connection, Item], QueryResult], items: Iterable[Item]
) -> list[QueryResult]:
    """The result of `read` for each item, in their order, each over a cursor of its own.

    `session` has the statements that set up a cursor like `connection`. A query over some hundred thousand rows keeps
    one processor busy, however many threads DuckDB may use for it.
    """

    def read_one(item: Item) -> QueryResult:
        with closing(connection.cursor()) as cursor:
            cursor.execute(session)
            return read(cursor, item)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(read_one, items))
