"""Tables that stand in for views while the models that read these are filled.

A view is reckoned anew for every model that reads it. Where several do, or where only some of its rows are wanted, its
rows are put into a table once, temporary or elsewhere in memory, and the queries of the models read that. Nothing that
is stored changes.
"""

import re
from types import TracebackType
from typing import Self

import duckdb

from dialflo_pipeline.marts.model import Model

_FULL_NAME = re.compile(r"\b(?:main|staging|marts)\.\w+")
"""Of a table or model: such names stand for nothing else in SQL, and in comments it does not matter."""


class TempTables:
    """The stand-ins in one `schema`; those of one connection are dropped at the end of the block."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, schema: str = "temp") -> None:
        self._connection = connection
        self._schema = schema
        self._kinds: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:  # else the transaction is over, and they with it
            for full_name, table_or_view in reversed(self._kinds.items()):
                self._connection.execute(f"DROP {table_or_view} {self._name(full_name)}")

    def query_of(self, model: Model) -> str:
        """The query of a model, reading the stand-ins there are by now."""
        return _FULL_NAME.sub(lambda found: self._name(found[0]) if found[0] in self._kinds else found[0], model.query)

    def narrow(self, table: str, query: str) -> None:
        """Let `query` stand in for a table, by its full name."""
        self._make(table, "VIEW", query)

    def take_over(
        self, view: Model, connection: duckdb.DuckDBPyConnection | None = None, *, is_narrowed: bool = False
    ) -> None:
        """Stand in for a view where that is of use: to hold the few rows left of it, or those that several models read.

        One that reads others with stand-ins gets one too, so views are to come in their order. `connection`: over
        which, if not the usual one.
        """
        query = self.query_of(view)
        if is_narrowed or view.header.is_shared:
            self._make(view.full_name, "TABLE", query, connection)
        elif query != view.query:
            self._make(view.full_name, "VIEW", query, connection)

    def _make(
        self, full_name: str, table_or_view: str, query: str, connection: duckdb.DuckDBPyConnection | None = None
    ) -> None:
        kind = f"TEMP {table_or_view}" if self._schema == "temp" else table_or_view
        (connection or self._connection).execute(f"CREATE {kind} {self._name(full_name)} AS {query}")
        self._kinds[full_name] = table_or_view

    def _name(self, full_name: str) -> str:
        return f'{self._schema}."{full_name}"'
