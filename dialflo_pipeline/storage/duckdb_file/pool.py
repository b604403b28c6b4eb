"""An instance of DuckDB lent to one after the other: to make one takes several times as long as to attach a file to it.

Knows nothing of what is attached.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import duckdb

Connection = duckdb.DuckDBPyConnection


class Instances:
    """Instances that `make` opens, each kept for the next borrower once it is given back.

    They should have one thread: of others a fork of this process would know, and not have them.
    """

    def __init__(self, make: Callable[[], Connection]) -> None:
        self._make = make
        self._idle: list[Connection] = []

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """A connection to an instance that nobody else has, for the block.

        Whoever attaches something detaches it again. One whose block failed is closed, for what is left in it may be
        anything.
        """
        kept = self._taken()
        try:
            with closing(kept.cursor()) as connection:
                yield connection
        except BaseException:
            kept.close()
            raise
        self._idle.append(kept)

    def close(self) -> None:
        """Close those that wait; the next borrower has a new one made."""
        while self._idle:
            self._idle.pop().close()

    def _taken(self) -> Connection:
        try:
            return self._idle.pop()  # not asked for first whether there is one: two threads may come at once
        except IndexError:
            return self._make()
