"""The customer's database, read through SQLAlchemy: one query, from a cursor on, row by row and never more than a batch
in memory. What the rows mean is judged in `rows.py`; where reading goes on is `cursor.py`'s matter.

SQLAlchemy and the drivers are imported when a database is opened, and not before: most runs have none.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dialflo_pipeline.core.errors import TaskSourceError
from dialflo_pipeline.extract.task_ids.database.column_types import MYSQL_TIMESTAMP, first_value_of, lenient
from dialflo_pipeline.extract.task_ids.database.cursor import CursorValue
from dialflo_pipeline.extract.task_ids.database.driver_errors import told
from dialflo_pipeline.extract.task_ids.row_validation import ID_COLUMNS

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import URL, Connection, CursorResult, Engine

BATCH_ROWS: Final = 5_000
CURSOR: Final = "cursor"

_DRIVERS: Final = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql", "sqlite": "pysqlite"}
_EXTRAS: Final = {"psycopg": "tasks-postgresql", "pymysql": "tasks-mysql"}
_LIBPQ: Final[Mapping[str, int | str]] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "application_name": "dialflo",
}
_CONNECT_ARGUMENTS: Final[Mapping[str, Mapping[str, int | str]]] = {
    # A server that is gone without a word must not keep a run, and with it the run lock, for hours.
    "psycopg": _LIBPQ,
    "psycopg2": _LIBPQ,
    "pymysql": {"connect_timeout": 10, "read_timeout": 300},
    "pysqlite": {"timeout": 10},
}
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
        """Where in a row the cursor stands."""
        return self.columns.index(self.cursor_column)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        if not self.utc_places:
            return (tuple(row) for row in self.result)
        return (_with_zone(row, self.utc_places) for row in self.result)


@dataclass(frozen=True)
class TaskDatabase:
    """An open connection that reads, and the query to be asked on it."""

    connection: "Connection"
    query: str
    cursor_column: str | None

    @property
    def backend(self) -> str:
        """The kind of database."""
        return self.connection.dialect.name

    @contextmanager
    def rows(self, cursor: CursorValue | None) -> Iterator[Rows]:
        """The rows from `cursor` on; without one, all that the query can give."""
        with self._executed(self._first_value() if cursor is None else cursor) as rows:
            yield rows

    def _first_value(self) -> CursorValue:
        """A value that no cursor is before, of the type that the query compares with."""
        if self.backend == "sqlite":
            # Its columns have no types, its values have: every number is before every text.
            with self._executed(smallest := -(2**63)) as rows:
                row = next(iter(rows), None)
                return smallest if row and isinstance(row[rows.cursor_place], int | float) else ""
        with self._executed(None) as rows:
            value = first_value_of(self.backend, _type_codes(rows.result)[rows.cursor_place])
        if value is None:
            raise TaskSourceError(
                f"The cursor column {rows.cursor_column} of DIALFLO_TASKS_QUERY is neither a time, a day, a number nor"
                " text. Cast it to one of these in the query."
            )
        return value

    @contextmanager
    def _executed(self, cursor: CursorValue | None) -> Iterator[Rows]:
        from sqlalchemy import bindparam, text
        from sqlalchemy.types import NullType

        # Without a type of SQLAlchemy's no cast is put around the parameter, and the database finds what it is itself.
        statement = text(_only_cursor(self.query)).bindparams(bindparam(CURSOR, cursor, NullType()))
        with closing(self.connection.execute(statement)) as result:
            columns = tuple(result.keys())
            _check_columns(columns)
            in_utc = self.backend in ("mysql", "mariadb")
            utc = (place for place, code in enumerate(_type_codes(result)) if in_utc and code == MYSQL_TIMESTAMP)
            yield Rows(columns, _cursor_column(columns, self.cursor_column, self.query), result, tuple(utc))


@contextmanager
def opened(dsn: "SecretStr", query: str, cursor_column: str | None) -> Iterator[TaskDatabase]:
    """Connect for reading. Raises `TaskSourceError` or `TaskSourceDown`, also for what goes wrong within."""
    from sqlalchemy.exc import SQLAlchemyError

    url = _url(dsn)
    backend = url.get_backend_name()
    try:
        engine = _engine(url)
        options: dict[str, Any] = {"postgresql_readonly": True} if backend == "postgresql" else {}
        with engine.connect() as connection:
            connection = connection.execution_options(stream_results=True, yield_per=BATCH_ROWS, **options)
            yield TaskDatabase(connection, query, cursor_column)
    except (SQLAlchemyError, UnicodeDecodeError) as error:
        raise told(error, backend, _secrets(url, dsn)) from None


def identity(dsn: "SecretStr") -> str:
    """What names the database among others, without its secrets."""
    url = _url(dsn)
    return f"{url.get_backend_name()} {url.username} {url.host} {url.port} {url.database}"


def _url(dsn: "SecretStr") -> "URL":
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(dsn.get_secret_value())
    except (ArgumentError, ValueError):
        raise TaskSourceError(
            "DIALFLO_TASKS_DSN cannot be read as an address. Special characters in its user and password must be"
            " written as %40 and the like."
        ) from None
    backend, _, driver = url.drivername.partition("+")
    return url if driver else url.set(drivername=f"{backend}+{_DRIVERS[backend]}")


def _engine(url: "URL") -> "Engine":
    from sqlalchemy import NullPool, create_engine, event
    from sqlalchemy.exc import NoSuchModuleError

    driver = url.get_driver_name()
    arguments = {name: value for name, value in _CONNECT_ARGUMENTS.get(driver, {}).items() if name not in url.query}
    if url.get_backend_name() == "sqlite":
        _must_exist(url.database)
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    except (ImportError, NoSuchModuleError):
        extra = _EXTRAS.get(driver)
        remedy = f"pip install 'dialflo-pipeline[{extra}]'" if extra else "install it, or leave it out of the address"
        raise TaskSourceError(
            f"DIALFLO_TASKS_DSN needs the driver {driver}, which is not installed: {remedy}."
        ) from None
    if engine.dialect.is_async:
        raise TaskSourceError(f"DIALFLO_TASKS_DSN names an asynchronous driver, {driver}. Leave it out of the address.")
    event.listen(engine, "connect", lambda connection, _: _prepare(engine, connection))
    return engine


def _must_exist(path: str | None) -> None:
    # SQLite would make an empty file in its place.
    if path and path != ":memory:" and not path.startswith("file:") and not Path(path).is_file():
        raise TaskSourceError("The SQLite file in DIALFLO_TASKS_DSN does not exist. Mend that setting.")


def _prepare(engine: "Engine", connection: Any) -> None:
    """What each connection is told before its first query: to change nothing, and how to hand over odd values."""
    match engine.dialect.name:
        case "sqlite":
            connection.text_factory = _text_or_bytes
            connection.execute("PRAGMA query_only = ON")
        case "mysql" | "mariadb":
            cursor = connection.cursor()
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SET time_zone = '+00:00'")
            cursor.close()
        case "postgresql" if engine.dialect.driver == "psycopg":
            lenient(connection)


def _text_or_bytes(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def _only_cursor(query: str) -> str:
    """The query with no parameter but `:cursor`, whatever colons its literals have; in brackets for `:cursor::text`."""
    plain = query.strip().removesuffix(";")
    return _PARAMETER.sub(lambda found: "(:cursor)" if found[1] == CURSOR else f"\\{found[0]}", plain)


def _check_columns(columns: Sequence[str]) -> None:
    if twice := [name for name, count in Counter(columns).items() if count > 1]:
        raise TaskSourceError(f"DIALFLO_TASKS_QUERY gives two columns named {', '.join(twice)}. Name each once.")
    if not set(ID_COLUMNS) & set(columns):
        wanted, found = " or ".join(ID_COLUMNS), ", ".join(columns)
        raise TaskSourceError(
            f"DIALFLO_TASKS_QUERY gives no column {wanted}, but {found}. Name the one of the ids: … AS {ID_COLUMNS[0]}."
        )


def _cursor_column(columns: Sequence[str], named: str | None, query: str) -> str:
    compared = [found[1] for found in _COMPARED.finditer(query)]
    for name in [named] if named else [CURSOR, *compared]:
        if name in columns:
            return name
    missing = named or CURSOR
    raise TaskSourceError(
        f"DIALFLO_TASKS_QUERY gives no column {missing} to read on from, but {', '.join(columns)}."
        " Select the column that is compared with :cursor, and name it in DIALFLO_TASKS_CURSOR_COLUMN."
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


def _secrets(url: "URL", dsn: "SecretStr") -> list[str]:
    parts = [dsn.get_secret_value(), url.password, *(part for part in url.query.values() if isinstance(part, str))]
    return [part for part in parts if part and len(part) > 2]
