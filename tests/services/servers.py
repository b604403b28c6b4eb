"""Real database servers for one test session: each in a folder of its own, on a free port, gone afterwards.

Root may run neither PostgreSQL nor MariaDB, so as root they run as a user without rights.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.free_port import free_port

USER, PASSWORD = "dialflo", "pa ss@w/rd-canary"
"""The password has characters that an address must write as %20 and the like."""

START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """Where a server listens."""

    port: int
    host: str = "127.0.0.1"


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL server with one user, who may do everything."""
    initdb, postgres = (_program(name, "/usr/lib/postgresql/*/bin") for name in ("initdb", "postgres"))
    with _folder() as folder:
        server, data, password = Server(free_port()), folder / "data", folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        encoding = ["-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", "--no-sync"]
        _run([initdb, "-D", data, "-U", USER, f"--pwfile={password}", *encoding])
        options = [f"port={server.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"]
        command: list[str | Path] = [postgres, "-D", data, *(part for option in options for part in ("-c", option))]
        with _running(command, folder, lambda: connect_postgresql(server).close()):
            yield server


@contextmanager
def mariadb_server() -> Iterator[Server]:
    """A MariaDB server with one user, who may do everything."""
    with _folder() as folder:
        server, data, first = Server(free_port()), folder / "data", folder / "first.sql"
        first.write_text(
            f"CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO {USER}@'127.0.0.1';\n"
        )
        first.chmod(0o644)
        _run([_program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db"])
        options = [f"--datadir={data}", f"--port={server.port}", "--bind-address=127.0.0.1", f"--init-file={first}"]
        more = [f"--socket={folder}/socket", f"--pid-file={folder}/pid", "--skip-name-resolve"]
        command = [_program("mariadbd", "/usr/sbin"), "--no-defaults", *options, *more]
        with _running(command, folder, lambda: connect_mariadb(server).close()):
            yield server


def connect_postgresql(server: Server, database: str = "postgres") -> Any:
    """A connection in which each statement stands by itself."""
    import psycopg

    return psycopg.connect(
        host=server.host, port=server.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
    )


def connect_mariadb(server: Server, database: str | None = None) -> Any:
    """The same."""
    import pymysql

    return pymysql.connect(
        host=server.host, port=server.port, user=USER, password=PASSWORD, database=database, autocommit=True
    )


def _unprivileged() -> dict[str, Any]:
    """Whom servers run as: whoever runs the tests, or for root a user without rights."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def _folder() -> Iterator[Path]:
    # Not below pytest's folders: those are closed to all other users.
    folder = Path(tempfile.mkdtemp(prefix="dialflo-server-"))
    try:
        if user := _unprivileged():
            os.chown(folder, user["user"], user["group"])
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str, elsewhere: str = "/usr/bin") -> str:
    folders = sorted(Path("/").glob(elsewhere.removeprefix("/")))
    found = [str(folder / name) for folder in folders if (folder / name).is_file()]
    program = shutil.which(name) or (found[-1] if found else None)
    assert program, f"{name} is not installed: make test-services installs it"
    return program


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", **_unprivileged(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _running(command: Sequence[str | Path], folder: Path, is_up: Callable[[], None]) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd="/", **_unprivileged())
    try:
        _wait(process, log, is_up)
        yield
    finally:
        process.terminate()
        try:
            process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", log: Path, is_up: Callable[[], None]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            return is_up()
        except Exception:  # of either driver: it is not there yet
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(log.read_text(errors="replace")) from None
            time.sleep(0.1)
