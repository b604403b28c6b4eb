"""The query on the customer's database: its rows from a cursor on, one batch in memory at a time.

Rows are validated in `row_validation.py`; `cursor.py` decides where reading continues.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from dialflo_pipeline.core.errors import TaskSourceError
from dialflo_pipeline.extract.task_ids.database.column_types import MYSQL_TIMESTAMP, first_value_of
from dialflo_pipeline.extract.task_ids.database.connection import connect
from dialflo_pipeline.extract.task_ids.database.cursor import CursorValue
from dialflo_pipeline.extract.task_ids.row_validation import ID_COLUMNS

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import Connection, CursorResult

CURSOR: Final = "cursor"

_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)")
_COMPARED = re.compile(r"(\w+)[\"`\]]?\s*>=?\s*:cursor\b")


@dataclass(frozen=True)
class Rows:
    """The rows of one execution of the query, given once, as tuples in the order of `columns`."""

    columns: tuple[str, ...]
    cursor_column: str
    result: "CursorResult[Any]"
    utc_places: tuple[int, ...] = ()

    @property
    def cursor_place(self) -> int:
        """The position of the cursor in a row."""
        return self.columns.index(self.cursor_column)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        if not self.utc_places:
            return (tuple(row) for row in self.result)
        return (_with_zone(row, self.utc_places) for row in self.result)


@dataclass(frozen=True)
class TaskDatabase:
    """An open read-only connection and the query to run on it."""

    connection: "Connection"
    query: str
    cursor_column: str | None

    @property
    def backend(self) -> str:
        """The kind of database."""
        return self.connection.dialect.name

    @contextmanager
    def rows(self, cursor: CursorValue | None) -> Iterator[Rows]:
        """The rows from `cursor` on; without one, all rows of the query."""
        with self._executed(self._first_value() if cursor is None else cursor) as rows:
            yield rows

    def _first_value(self) -> CursorValue:
        """The smallest value of the cursor column's type."""
        if self.backend == "sqlite":
            # Values have types here, columns do not: every number sorts before every text.
            with self._executed(smallest := -(2**63)) as rows:
                row = next(iter(rows), None)
                return smallest if row and isinstance(row[rows.cursor_place], int | float) else ""
        with self._executed(None) as rows:
            value = first_value_of(self.backend, _type_codes(rows.result)[rows.cursor_place])
        if value is None:
            raise TaskSourceError(
                f"The cursor column {rows.cursor_column} of DIALFLO_TASKS_QUERY must be a time, a day, a number or"
                " text. Cast it in the query."
            )
        return value

    @contextmanager
    def _executed(self, cursor: CursorValue | None) -> Iterator[Rows]:
        from sqlalchemy import bindparam, text
        from sqlalchemy.types import NullType

        # Without a SQLAlchemy type the parameter gets no cast, and the database infers its type.
        statement = text(_only_cursor(self.query)).bindparams(bindparam(CURSOR, cursor, NullType()))
        with closing(self.connection.execute(statement)) as result:
            columns = tuple(result.keys())
            _check_columns(columns)
            in_utc = self.backend in ("mysql", "mariadb")
            utc = (place for place, code in enumerate(_type_codes(result)) if in_utc and code == MYSQL_TIMESTAMP)
            yield Rows(columns, _cursor_column(columns, self.cursor_column, self.query), result, tuple(utc))


@contextmanager
def open_database(dsn: "SecretStr", query: str, cursor_column: str | None) -> Iterator[TaskDatabase]:
    """Connect for reading. Raises `TaskSourceError` or `TaskSourceDown`, also for errors of the queries within."""
    with connect(dsn) as connection:
        yield TaskDatabase(connection, query, cursor_column)


def _only_cursor(query: str) -> str:
    """The query with `:cursor` as its only parameter, in brackets for `:cursor::text`; other colons are escaped."""
    plain = query.strip().removesuffix(";")
    return _PARAMETER.sub(lambda found: "(:cursor)" if found[1] == CURSOR else f"\\{found[0]}", plain)


def _check_columns(columns: Sequence[str]) -> None:
    if twice := [name for name, count in Counter(columns).items() if count > 1]:
        raise TaskSourceError(f"DIALFLO_TASKS_QUERY has two columns named {', '.join(twice)}. Give each its own name.")
    if not set(ID_COLUMNS) & set(columns):
        wanted, found = " or ".join(ID_COLUMNS), ", ".join(columns)
        raise TaskSourceError(
            f"DIALFLO_TASKS_QUERY returns no column {wanted}, only {found}. Name the id column: … AS {ID_COLUMNS[0]}."
        )


def _cursor_column(columns: Sequence[str], named: str | None, query: str) -> str:
    compared = [found[1] for found in _COMPARED.finditer(query)]
    for name in [named] if named else [CURSOR, *compared]:
        if name in columns:
            return name
    missing = named or CURSOR
    raise TaskSourceError(
        f"DIALFLO_TASKS_QUERY returns no cursor column {missing}, only {', '.join(columns)}."
        " Select the column that is compared with :cursor and name it in DIALFLO_TASKS_CURSOR_COLUMN."
    )


def _type_codes(result: "CursorResult[Any]") -> list[Any]:
    description = result.cursor.description if result.cursor else None
    return [column[1] for column in description or ()]


def _with_zone(row: Any, places: Sequence[int]) -> tuple[Any, ...]:
    values = list(row)
    for place in places:
        if isinstance(values[place], datetime):
            values[place] = values[place].replace(tzinfo=UTC)
    return tuple(values)
