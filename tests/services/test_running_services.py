"""The web page and the daemon as processes of their own, as docs/deploy.md starts them, on a real PostgreSQL."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from dialflo_pipeline.core.schema import RAW_ANSWERS
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator, task_rows
from tests.support.free_port import free_port

pytestmark = pytest.mark.services

BIN = Path(sys.executable).parent
PATIENCE_SECONDS = 600.0
"""For whatever a crowded machine takes; a quiet one needs a fifth of it."""
LAUNCH = """
mutation ($run: ExecutionParams!) {
  launchRun(executionParams: $run) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
ENDED = ("SUCCESS", "FAILURE", "CANCELED")
DAYS = "{ assetNodes { assetKey { path } partitionKeys } }"
RUNS = "{ runsOrError { ... on Runs { results { runId status jobName } } } }"


def until(look: Callable[[], Any], what: str) -> Any:
    """What `look` finds, once it finds something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            if found := look():
                return found
        except httpx.HTTPError:
            pass  # not up yet
        time.sleep(0.5)
    raise AssertionError(f"waited in vain for {what}")


@contextmanager
def process(log: Path, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A service with its output in a file; ends as systemd would end it, unless it was killed."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            [str(BIN / command[0]), *command[1:]], stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, 9)
                started.wait()


@pytest.fixture
def daemon(home: Path, tmp_path: Path) -> Callable[[], Any]:
    """Starts the daemon alone."""
    return lambda: process(tmp_path / "daemon.log", "dagster-daemon", "run", "-w", str(home / "workspace.yaml"))


@pytest.fixture
def page(home: Path, tmp_path: Path) -> Callable[[], Any]:
    """Starts the web page alone; gives its address."""
    port = str(free_port())
    data_dir = str(home / "workspace.yaml")

    @contextmanager
    def start() -> Iterator[str]:
        with process(tmp_path / "web.log", "dialflo", "page", "-h", "127.0.0.1", "-p", port, "-w", data_dir):
            yield f"http://127.0.0.1:{port}/graphql"

    return start


@pytest.fixture
def services(daemon: Callable[[], Any], page: Callable[[], Any]) -> Callable[[], Any]:
    """Starts both services anew; gives the address of the web page."""

    @contextmanager
    def start() -> Iterator[str]:
        with daemon(), page() as url:
            yield url

    return start


@pytest.fixture
def told() -> Iterator[tuple[str, list[str]]]:
    """A web address for messages, and their texts."""
    texts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", texts
        server.shutdown()
        thread.join()


def asked(url: str, query: str, **variables: Any) -> dict[str, Any]:
    answer = httpx.post(url, json={"query": query, "variables": variables}, timeout=60).json()
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]
    return found


def launched(url: str, job: str, config: dict[str, Any] | None = None, day: str | None = None) -> str:
    selector = {"jobName": job, "repositoryLocationName": "dialflo", "repositoryName": "__repository__"}
    tags = [{"key": "dagster/partition", "value": day}] if day else []
    run = {"selector": selector, "runConfigData": config or {}, "executionMetadata": {"tags": tags}, "mode": "default"}
    result = asked(url, LAUNCH, run=run)["launchRun"]
    assert result["__typename"] == "LaunchRunSuccess", result
    return str(result["run"]["runId"])


def ended(url: str, run_id: str) -> str:
    """How a run ended, once it has."""

    def look() -> str | None:
        runs = {run["runId"]: run["status"] for run in asked(url, RUNS)["runsOrError"]["results"]}
        return runs[run_id] if runs[run_id] in ENDED else None

    return str(until(look, f"the end of run {run_id}"))


def test_a_run_launched_on_the_page_is_told_once_still_there_after_a_restart_and_made_up_for_with_another_token(
    services: Callable[[], Any], told: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, texts = told
    with ExitStack() as stack:
        options = SimulatorOptions(days=1, tasks_per_day=2)
        simulator = stack.enter_context(running_simulator(options))
        inbox = tmp_path / "data" / "inbox"
        inbox.mkdir(parents=True)
        (inbox / "ids.txt").write_text("\n".join(row.task_id for row in task_rows(options)))
        for name, value in {
            "API_TOKEN": "wrong-token",
            "BASE_URL": simulator.base_url,
            "NOTIFY_WEBHOOK": hook,
            "NOTIFY_UI_URL": "http://dagster.test",
        }.items():
            monkeypatch.setenv(f"DIALFLO_{name}", value)

        subprocess.run([str(BIN / "dagster"), "instance", "migrate"], check=True, capture_output=True)
        with services() as url:
            until(lambda: asked(url, RUNS), "the web page")
            until(
                lambda: (tmp_path / "data" / "inbox" / "done" / "ids.txt").exists(),
                "the inbox sensor to register a file",
            )
            today = time.strftime("%Y-%m-%d", time.gmtime())
            failed = [launched(url, "sync", day=today) for _ in range(2)]
            assert {ended(url, run_id) for run_id in failed} == {"FAILURE"}
            until(lambda: texts, "a message")
            again, registered = launched(url, "sync", day=today), launched(url, "register")
            assert (ended(url, again), ended(url, registered)) == ("FAILURE", "SUCCESS")
            before = asked(url, RUNS)["runsOrError"]["results"]
            doctor = subprocess.run([str(BIN / "dialflo"), "doctor"], capture_output=True, text=True, check=False)
            assert len(texts) == 1

        monkeypatch.setenv("DIALFLO_API_TOKEN", simulator.token)
        with services() as url:
            until(lambda: asked(url, RUNS), "the web page, again")
            until(lambda: ("sync", "SUCCESS") in statuses(url), "the sync that waits for nothing after a restart")
            after = asked(url, RUNS)["runsOrError"]["results"]
            assert {run["runId"] for run in before} <= {run["runId"] for run in after}
            until(lambda: len(texts) > 1, "the message that all is well")

    assert len(texts) == 2
    assert "Put a valid token in DIALFLO_API_TOKEN" in texts[0]
    assert "http://dagster.test/runs/" in texts[0]
    assert "resolved" in texts[1]
    assert "Postgres is reached, its tables are of this version" in doctor.stdout
    assert "rejects the token" in doctor.stdout


def test_a_daemon_killed_in_mid_run_goes_on_by_itself_and_every_id_lands_in_its_day_once(
    daemon: Callable[[], Any],
    page: Callable[[], Any],
    postgresql_url: str,
    run_sql: Callable[[str], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = SimulatorOptions(days=3, tasks_per_day=20)
    rows = {row.task_id: row.completed_at for row in task_rows(options)}
    given = list(rows.items())
    by_file, by_database, by_database_later = given[::2], given[1::4], given[3::4]
    run_sql("CREATE TABLE finished (n SERIAL, task_id TEXT, completed_at TIMESTAMPTZ)")
    run_sql(inserted(by_database))
    data_dir = DataDir(tmp_path / "data")
    data_dir.inbox.mkdir(parents=True)
    with running_simulator(options) as simulator:
        settings = {
            "API_TOKEN": simulator.token,
            "BASE_URL": simulator.base_url,
            "RATE_LIMIT": "4",
            "SETTLE_HOURS": "1",
            "TASKS_DSN": postgresql_url,
            "TASKS_QUERY": "SELECT task_id, completed_at, n FROM finished WHERE n >= :cursor",
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"DIALFLO_{name}", value)
        subprocess.run([str(BIN / "dagster"), "instance", "migrate"], check=True, capture_output=True)
        with page() as url:
            until(lambda: asked(url, RUNS), "the web page")
            lines = ["task_id,completed_at", *(f"{name},{at.isoformat()}" for name, at in by_file)]
            (data_dir.inbox / "ids.csv").write_text("\n".join(lines))
            with daemon() as killed:
                until(lambda: list(data_dir.lake.days(RAW_ANSWERS)), "the first answers")
                os.killpg(killed.pid, signal.SIGKILL)
            first_day = min(rows.values()).date().isoformat()
            until(lambda: first_day in days(url), "the page to show the first day")
            with daemon():
                run_sql(inserted(by_database_later))
                until(lambda: published(data_dir).keys() == rows.keys(), "all ids to be settled and published")
                until(lambda: all(status in ENDED for _, status in statuses(url)), "the last run to end")
                outcomes = Counter(statuses(url))
    assert set(outcomes) == {("register", "SUCCESS"), ("sync", "SUCCESS"), ("sync", "FAILURE")}
    assert outcomes["sync", "FAILURE"] == 1, "the one that was killed"
    assert published(data_dir) == {name: at.date() for name, at in rows.items()}


def inserted(rows: list[tuple[str, datetime]]) -> str:
    """The statement that puts these rows into the customer's table."""
    values = ", ".join(f"('{name}', '{at.isoformat()}')" for name, at in rows)
    return f"INSERT INTO finished (task_id, completed_at) VALUES {values}"


def days(url: str) -> list[str]:
    found = asked(url, DAYS)["assetNodes"]
    return next(node["partitionKeys"] for node in found if node["assetKey"]["path"] == ["lake", "raw_answers"])


def statuses(url: str) -> list[tuple[str, str]]:
    return [(run["jobName"], run["status"]) for run in asked(url, RUNS)["runsOrError"]["results"]]


def published(data_dir: DataDir) -> dict[str, date]:
    """The settled ids that readers have, each with its day."""
    if not data_dir.published.exists():
        return {}
    with read_published(data_dir.published) as connection:
        found = connection.execute("SELECT task_id, call_date FROM tasks WHERE state = 'settled'").fetchall()
    assert len(dict(found)) == len(found)
    return dict(found)
