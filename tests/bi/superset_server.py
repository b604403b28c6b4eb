"""A clean Superset of this machine's own, with the bundle in it, and its page in a browser: for tests, and the picture.

Superset is in `.venv-bi` (`make test-bi` sets it up), apart from the pipeline, and is reached as a user reaches it: by
its command line, over HTTP and with a browser.
"""

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bi.superset.charts import CHARTS
from bi.superset.dashboard import SLUG
from tests.support.dagster_page import until
from tests.support.free_port import free_port

PROGRAMS = Path(__file__).resolve().parents[2] / ".venv-bi" / "bin"
USER = "admin"
CONFIG = """
import os
SQLALCHEMY_DATABASE_URI = f"sqlite:///{os.environ['SUPERSET_HOME']}/superset.db"
TALISMAN_ENABLED = False  # it is for a server that others reach
SUPERSET_WEBSERVER_TIMEOUT = 600  # seconds; the machine may be busy with other things
"""
REQUEST_SECONDS = 300


@dataclass
class Superset:
    """An installation in a folder: its command line and, while `running`, its API."""

    folder: Path
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    port: int = field(default_factory=free_port)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: int = 0
    """The number that all processes of the running server have in common."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """All that it is told."""
        names = {
            "SUPERSET_HOME": str(self.folder),
            "SUPERSET_CONFIG_PATH": str(self.folder / "superset_config.py"),
            "SUPERSET_SECRET_KEY": self.secret,
            "FLASK_APP": "superset",
            "SCARF_ANALYTICS": "false",
        }
        return {**os.environ, **names}

    def set_up(self) -> None:
        """As a new user does: a database for its own use, an administrator, roles."""
        self.folder.mkdir(parents=True)
        (self.folder / "superset_config.py").write_text(CONFIG)
        self.command("db", "upgrade")
        who = ("--username", USER, "--firstname", "A", "--lastname", "B", "--email", "a@example.com")
        self.command("fab", "create-admin", *who, "--password", self.password)
        self.command("init")

    def command(self, *arguments: str) -> None:
        """Run `superset …`; it must succeed."""
        program = str(PROGRAMS / "superset")
        done = subprocess.run([program, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (arguments[0], done.stderr[-3_000:])

    @contextmanager
    def running(self) -> Iterator[None]:
        """Its web server, one process with several threads."""
        address = ("--bind", f"127.0.0.1:{self.port}", "--no-control-socket")
        workers = ("--workers", "1", "--worker-class", "gthread", "--threads", "8", "--timeout", "300")
        command = [str(PROGRAMS / "gunicorn"), *address, *workers, "superset.app:create_app()"]
        with (self.folder / "server.log").open("wb") as log:
            server = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)
            self.session = server.pid
            try:
                until(lambda: server.poll() is not None or self._is_up(), "Superset answers")
                assert server.poll() is None, (self.folder / "server.log").read_text()[-3_000:]
                yield
            finally:
                _end(server)

    def _is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Its API, as the administrator."""
        with httpx.Client(base_url=f"{self.url}/api/v1", timeout=REQUEST_SECONDS) as client:
            who = {"username": USER, "password": self.password, "provider": "db"}
            client.headers["Authorization"] = (
                f"Bearer {_result(client.post('/security/login', json=who))['access_token']}"
            )
            client.headers["X-CSRFToken"] = _result(client.get("/security/csrf_token/"))["result"]
            client.headers["Referer"] = self.url
            yield client

    def database_id(self) -> int:
        """The number of the one database."""
        with self.client() as client:
            (database,) = _result(client.get("/database/"))["result"]
            return int(database["id"])

    def set_warehouse(self, path: Path) -> None:
        """What a person does under *Settings, Database Connections*."""
        number = self.database_id()
        with self.client() as client:
            _result(client.put(f"/database/{number}", json={"sqlalchemy_uri": f"duckdb:///{path}"}))

    def sql(self, statement: str) -> httpx.Response:
        """Run SQL as SQL Lab does."""
        asked = {"database_id": self.database_id(), "sql": statement, "schema": "main", "runAsync": False}
        with self.client() as client:
            return client.post("/sqllab/execute/", json=asked)

    def holds(self, path: str) -> bool:
        """Whether one of its processes has this file open; Linux says ` (deleted)` behind one that was replaced."""
        return path in _open_files(self.session)

    def chart_keys(self) -> dict[int, str]:
        """Number to key of each chart of the dashboard."""
        keys = {chart.title: chart.key for chart in CHARTS}
        with self.client() as client:
            charts = _result(client.get(f"/dashboard/{SLUG}/charts"))["result"]
        return {int(chart["id"]): keys[chart["slice_name"]] for chart in charts}

    def count(self, kind: str) -> int:
        """How many databases, datasets, charts or dashboards there are."""
        with self.client() as client:
            return int(_result(client.get(f"/{kind}/"))["count"])


def _open_files(session: int) -> set[str]:
    """The files that processes of a session have open, as Linux tells it."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(process.name)) == session:
                found |= {os.readlink(entry) for entry in (process / "fd").iterdir()}
        except (ProcessLookupError, FileNotFoundError):
            continue  # it, or the file, was closed meanwhile
    return found


def _result(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, (answer.status_code, answer.text[:1_000])
    return dict(answer.json())


def _end(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
