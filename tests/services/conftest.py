"""Real services for tests: a PostgreSQL cluster that lives as long as the session."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import pytest

PASSWORD = "Pg/s3cret@1"
_names = count()


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
    initdb = [programs / "initdb", "-D", data, "-U", "dagster", "--auth=scram-sha-256", "--pwfile", secret, "-N"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **as_user)
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    control = [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w"]
    subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)
    yield f"postgresql://dagster:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder, **as_user)
    shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres_cluster: str) -> str:
    """The address of an empty database of its own."""
    name = f"db{os.getpid()}_{next(_names)}"
    connection = psycopg2.connect(postgres_cluster)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return f"{postgres_cluster.rpartition('/')[0]}/{name}"


def _postgres_programs() -> Path:
    """The folder with initdb and pg_ctl; Debian keeps them out of the PATH."""
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert packaged, "PostgreSQL is not installed: apt-get install postgresql"
    return packaged[-1]


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
