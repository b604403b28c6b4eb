"""Connections to the customer's database: its address, the driver, time limits, and sessions that only read.

SQLAlchemy and the drivers are imported when a database is opened, since most runs have none.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dialflo_pipeline.core.errors import TaskSourceError
from dialflo_pipeline.extract.task_ids.database.column_types import load_odd_times_as_text
from dialflo_pipeline.extract.task_ids.database.driver_errors import error_for

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import URL, Connection, Engine

BATCH_ROWS: Final = 5_000

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
    # A server that no longer answers must not hold the run, and its lock, for hours.
    "psycopg": _LIBPQ,
    "psycopg2": _LIBPQ,
    "pymysql": {"connect_timeout": 10, "read_timeout": 300},
    "pysqlite": {"timeout": 10},
}


@contextmanager
def connect(dsn: "SecretStr") -> "Iterator[Connection]":
    """Connect for reading. Raises `TaskSourceError` or `TaskSourceDown`, also for errors of the queries within."""
    from sqlalchemy.exc import SQLAlchemyError

    url = _url(dsn)
    backend = url.get_backend_name()
    try:
        engine = _engine(url)
        options: dict[str, Any] = {"postgresql_readonly": True} if backend == "postgresql" else {}
        with engine.connect() as connection:
            yield connection.execution_options(stream_results=True, yield_per=BATCH_ROWS, **options)
    except (SQLAlchemyError, UnicodeDecodeError) as error:
        raise error_for(error, backend, _secrets(url, dsn)) from None


def identity(dsn: "SecretStr") -> str:
    """A text that identifies the database, without secrets."""
    url = _url(dsn)
    return f"{url.get_backend_name()} {url.username} {url.host} {url.port} {url.database}"


def _url(dsn: "SecretStr") -> "URL":
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(dsn.get_secret_value())
    except (ArgumentError, ValueError):
        raise TaskSourceError(
            "DIALFLO_TASKS_DSN is not a valid address. Write special characters in the user and password as %40"
            " and the like."
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
        remedy = f"pip install 'dialflo-pipeline[{extra}]'" if extra else "install it, or remove it from the address"
        raise TaskSourceError(
            f"DIALFLO_TASKS_DSN needs the driver {driver}, which is not installed: {remedy}."
        ) from None
    if engine.dialect.is_async:
        raise TaskSourceError(f"DIALFLO_TASKS_DSN names an asynchronous driver, {driver}. Remove it from the address.")
    event.listen(engine, "connect", lambda connection, _: _prepare(engine, connection))
    return engine


def _must_exist(path: str | None) -> None:
    # SQLite would create an empty file.
    if path and path != ":memory:" and not path.startswith("file:") and not Path(path).is_file():
        raise TaskSourceError("The SQLite file in DIALFLO_TASKS_DSN does not exist. Correct that setting.")


def _prepare(engine: "Engine", connection: Any) -> None:
    """Set up each connection before its first query: read-only, and odd values as text."""
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
            load_odd_times_as_text(connection)


def _text_or_bytes(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def _secrets(url: "URL", dsn: "SecretStr") -> list[str]:
    parts = [dsn.get_secret_value(), url.password, *(part for part in url.query.values() if isinstance(part, str))]
    return [part for part in parts if part and len(part) > 2]
