"""The dashboard beside the published file: when a sync makes it, and what it means when it cannot be made."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.scripted_api import ApiResponse, ScriptedApi, serving
from tests.support.warehouse_rows import read_tables

DONE = ApiResponse(json.dumps([{"agent_name": "ONEST", "to_number": "917407656243", "call_status": "ANSWERED",
                          "call_insights": {"next_action": "REDIAL"}}]).encode())  # fmt: skip


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with serving({"first": [DONE], "second": [DONE]}) as api:
        yield api


def _look(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def test_a_sync_makes_the_dashboard_and_one_with_nothing_to_do_leaves_it(
    api: ScriptedApi, dialflo: Callable[..., Command]
) -> None:
    command = dialflo(api.base_url)
    page = command.data / "dashboard.html"
    assert command("tasks", "add", "-", stdin=b"first\n").returncode == 0
    done = command("sync")
    assert done.returncode == 0
    assert str(page) in done.stdout
    before = _look(page)
    assert command("sync").returncode == 0
    assert _look(page) == before
    assert command("tasks", "add", "-", stdin=b"second\n").returncode == 0
    assert command("sync").returncode == 0
    assert _look(page) != before

    page.unlink()
    assert command("sync").returncode == 0
    assert page.exists()


def test_a_dashboard_that_cannot_be_made_costs_nothing_else(api: ScriptedApi, dialflo: Callable[..., Command]) -> None:
    command = dialflo(api.base_url)
    page = command.data / "dashboard.html"
    (page / "in the way").mkdir(parents=True)
    assert command("tasks", "add", "-", stdin=b"first\nsecond\n").returncode == 0
    failed = command("sync")
    assert failed.returncode == 1
    assert f"{page} could not be written" in failed.stderr
    assert "dialflo dashboard" in failed.stderr
    assert "published" in failed.stdout
    assert {row["state"] for row in read_tables(command.published)["tasks"]} == {"settled"}

    (page / "in the way").rmdir()
    page.rmdir()
    assert command("dashboard").returncode == 0
    assert command("sync").returncode == 0
