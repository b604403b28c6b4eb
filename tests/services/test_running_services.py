"""The web page and the daemon as processes of their own, as docs/deploy.md starts them, on a real PostgreSQL."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from dialflo_pipeline.simulator import SimulatorOptions, running_simulator

pytestmark = pytest.mark.services

BIN = Path(sys.executable).parent
PATIENCE_SECONDS = 240.0
LAUNCH = """
mutation ($run: ExecutionParams!) {
  launchRun(executionParams: $run) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
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
def process(log: Path, *command: str) -> Iterator[None]:
    """A service with its output in a file; ends as systemd would end it."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            [str(BIN / command[0]), *command[1:]], stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield
        finally:
            started.terminate()
            try:
                started.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, 9)
                started.wait()


@pytest.fixture
def services(home: Path, tmp_path: Path) -> Callable[[], Any]:
    """Starts both services anew; gives the address of the web page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    workspace = str(home / "workspace.yaml")

    @contextmanager
    def start() -> Iterator[str]:
        with (
            process(tmp_path / "daemon.log", "dagster-daemon", "run", "-w", workspace),
            process(tmp_path / "web.log", "dagster-webserver", "-h", "127.0.0.1", "-p", port, "-w", workspace),
        ):
            yield f"http://127.0.0.1:{port}/graphql"

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
        return runs[run_id] if runs[run_id] in ("SUCCESS", "FAILURE", "CANCELED") else None

    return str(until(look, f"the end of run {run_id}"))


def test_a_run_launched_on_the_page_is_executed_told_once_and_still_there_after_a_restart(
    services: Callable[[], Any], told: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, texts = told
    with ExitStack() as stack:
        simulator = stack.enter_context(running_simulator(SimulatorOptions(days=1, tasks_per_day=2)))
        inbox = tmp_path / "data" / "inbox"
        inbox.mkdir(parents=True)
        (inbox / "ids.txt").write_text("one\ntwo\n")
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

        with services() as url:
            until(lambda: asked(url, RUNS), "the web page, again")
            after = asked(url, RUNS)["runsOrError"]["results"]
            assert {run["runId"] for run in before} <= {run["runId"] for run in after}
            doctor = subprocess.run([str(BIN / "dialflo"), "doctor"], capture_output=True, text=True, check=False)

    assert len(texts) == 1
    assert "Put a valid token in DIALFLO_API_TOKEN" in texts[0]
    assert "http://dagster.test/runs/" in texts[0]
    assert "Postgres is reached, its tables are of this version" in doctor.stdout
    assert "refuses the token" in doctor.stdout
