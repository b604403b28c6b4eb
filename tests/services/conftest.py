"""Fixtures over real servers. `postgresql_url` and `mysql_url` each give a test an empty database of its own."""

import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from tests.services.servers import (
    PASSWORD,
    USER,
    Server,
    connect_mariadb,
    connect_postgresql,
    mariadb_server,
    postgresql_server,
)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server, started when the first test asks for it."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """A MariaDB server, which speaks as MySQL does."""
    with mariadb_server() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: Server) -> Iterator[str]:
    """The address, password included, of an empty database."""
    name = f"test_{secrets.token_hex(6)}"
    with connect_postgresql(postgresql) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield _url("postgresql", postgresql, name)
    with connect_postgresql(postgresql) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def mysql_url(mariadb: Server) -> str:
    """The same."""
    name = f"test_{secrets.token_hex(6)}"
    connection = connect_mariadb(mariadb)
    connection.cursor().execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    connection.close()
    return _url("mysql", mariadb, name)


def _url(backend: str, server: Server, name: str) -> str:
    url = URL.create(backend, USER, PASSWORD, server.host, server.port, name)
    return url.render_as_string(hide_password=False)
