"""Real services for tests: a PostgreSQL cluster that lives as long as the session."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from sqlalchemy import NullPool, create_engine, text

PASSWORD = "Pg/s3cret@1"
DEPLOY = Path(__file__).parents[2] / "deploy"
_names = count()


def execute(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Run one statement by itself; its rows, if it has any."""
    address = url.replace("postgresql://", "postgresql+psycopg2://")
    engine = create_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        result = connection.execute(text(sql))
        return [tuple(row) for row in result] if result.returns_rows else []


@pytest.fixture
def run_sql(postgres_url: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """Runs one statement on this test's database."""
    return lambda sql: execute(postgres_url, sql)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """A throwaway cluster; the address of its maintenance database, with a password that needs escaping."""
    programs = _postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        other = pwd.getpwnam("postgres" if any(each.pw_name == "postgres" for each in pwd.getpwall()) else "nobody")
        os.chown(folder, other.pw_uid, other.pw_gid)
        as_user = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    initdb: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "dagster",
        "--auth=scram-sha-256",
        "--pwfile",
        secret,
        "-N",
    ]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **as_user)
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    control: list[str | Path] = [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w"]
    subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)
    yield f"postgresql://dagster:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder, **as_user)
    shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres_cluster: str) -> str:
    """The address of an empty database of its own."""
    name = f"db{os.getpid()}_{next(_names)}"
    execute(postgres_cluster, f"CREATE DATABASE {name}")
    return f"{postgres_cluster.rpartition('/')[0]}/{name}"


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
    tmp_path: Path, postgres_url: str, use_postgres: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """DAGSTER_HOME as docs/deploy.md sets it up."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(DEPLOY / name, home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    use_postgres(postgres_url)
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path / "data"))
    return home


def _postgres_programs() -> Path:
    """The folder with initdb and pg_ctl; Debian keeps them out of the PATH."""
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert packaged, "PostgreSQL is not installed: apt-get install postgresql"
    return packaged[-1]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
