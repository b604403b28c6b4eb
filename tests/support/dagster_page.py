"""Dagster's web page on simulated calls, in a real browser: for tests, and for the pictures of docs/dagster.md.

Needs Chromium (Debian: `apt-get install chromium`) and the Python package playwright, which is told to use it.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.free_port import free_port

LOCATION = "dialflo_pipeline.definitions"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 300.0
"""For whatever a crowded machine takes to start."""

WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True)
class DagsterPage:
    """A running web server, asked as its own page asks it."""

    url: str

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of the answer to a GraphQL query; raises if it has errors."""
        answer = httpx.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
        assert not answer.get("errors"), answer["errors"]
        return dict(answer["data"])

    def is_loaded(self) -> bool:
        """Whether the page is up and the project's definitions are loaded."""
        try:
            found = self.ask("{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus } } } }")
            entries = found["workspaceOrError"]["locationEntries"]
        except (httpx.HTTPError, ValueError, KeyError):
            return False
        return bool(entries == [{"name": LOCATION, "loadStatus": "LOADED"}])


def until(is_true: Any, what: str) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_true():
        assert time.monotonic() < end, f"not within {PATIENCE_SECONDS:.0f} seconds: {what}"
        time.sleep(0.5)


@contextmanager
def dagster_page(environment: Mapping[str, str], folder: Path) -> Iterator[DagsterPage]:
    """`dialflo dev` with these settings, its output in `folder`."""
    port = free_port()
    command = [sys.executable, "-m", "dialflo_pipeline.cli", "dev", "--port", str(port)]
    with (folder / "dev.log").open("wb") as log:
        served = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            page = DagsterPage(f"http://127.0.0.1:{port}")
            until(lambda: served.poll() is not None or page.is_loaded(), "dialflo dev serves its page")
            assert served.poll() is None, (folder / "dev.log").read_text()[-2_000:]
            yield page
        finally:
            _end(served)


@contextmanager
def browser() -> Iterator[Any]:
    """A real browser without a window."""
    from playwright.sync_api import sync_playwright  # only who opens a browser has it

    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert program, "no Chromium on this machine: apt-get install chromium"
    with sync_playwright() as playwright:
        # A container's root has no sandbox to start in, and all it opens is this machine's own page.
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield running
        finally:
            running.close()


@contextmanager
def browser_page(running: Any = None) -> Iterator[Any]:
    """An empty page, without what other pages of the browser left; of `running`, else of a browser of its own."""
    with browser() if running is None else nullcontext(running) as shown, closing(shown.new_context()) as context:
        page = context.new_page()
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(PATIENCE_SECONDS * 1_000)
        yield page


def _end(served: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C on a terminal, which reaches all its processes."""
    if served.poll() is None:
        os.killpg(served.pid, signal.SIGINT)
    try:
        served.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(served.pid, signal.SIGKILL)
        served.wait()
