"""Fixtures over real servers. `postgresql_url` and `mysql_url` each give a test an empty database of its own."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from sqlalchemy import URL, NullPool, create_engine, text

from tests.services.servers import (
    PASSWORD,
    USER,
    Server,
    connect_mariadb,
    connect_postgresql,
    mariadb_server,
    postgresql_server,
)

DEPLOY = Path(__file__).parents[2] / "deploy"


LONGEST = ("test_running_services.py", "test_dagster_page.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, whatever else is shuffled, so that nothing waits for it at the end."""
    items.sort(key=lambda item: [*LONGEST, item.path.name].index(item.path.name))


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


def execute(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Run one statement by itself; its rows, if it has any."""
    address = url.replace("postgresql://", "postgresql+psycopg2://")
    engine = create_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        result = connection.execute(text(sql))
        return [tuple(row) for row in result] if result.returns_rows else []


@pytest.fixture
def run_sql(postgresql_url: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """Runs one statement on this test's database."""
    return lambda sql: execute(postgresql_url, sql)


@pytest.fixture
def use_postgres(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets what deploy/dagster.yaml takes from the environment, from an address."""

    def use(url: str) -> None:
        parts = urlsplit(url)
        values = {
            "HOST": parts.hostname,
            "PORT": parts.port,
            "DATABASE": parts.path[1:],
            "USER": parts.username,
            "PASSWORD": unquote(parts.password or ""),
        }
        for name, value in values.items():
            monkeypatch.setenv(f"DAGSTER_PG_{name}", str(value))

    return use


@pytest.fixture
def home(
    tmp_path: Path, postgresql_url: str, use_postgres: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """DAGSTER_HOME as docs/deploy.md sets it up."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(DEPLOY / name, home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    use_postgres(postgresql_url)
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path / "data"))
    return home
