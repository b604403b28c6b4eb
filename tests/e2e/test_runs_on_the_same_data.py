"""Runs that meet: killed and run again, two at once, by days, and with files in the inbox."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.support.command import Command
from tests.support.oracle.warehouse import Exchange, Rules, expected_warehouse
from tests.support.scripted_api import ScriptedApi, serving
from tests.support.varied_campaign import campaign
from tests.support.warehouse_rows import differences, read_tables

# What an interrupted run may have tried before does not count.
NOT_COMPARED = frozenset({"attempts", "last_status", "has_error", "fetched_after", "deadline"})


def test_a_killed_run_goes_on_to_the_result_of_an_undisturbed_one(
    tmp_path: Path, dialflo: Callable[..., Command]
) -> None:
    made = campaign(3, "UTC", tmp_path, tasks=60, is_troubled=False)
    with serving(made.script) as api:
        command = dialflo(api.base_url)
        command("tasks", "add", *made.files)
        running = command.start("sync", DIALFLO_RATE_LIMIT="2")  # slow enough to be met at work
        try:
            _wait_for(lambda: len(api.headers) >= 10)
            second = command("sync")
            assert second.returncode == 4
            assert str(running.pid) in second.stderr, "who holds the lock"
        finally:
            running.kill()
            running.communicate()

        loading = command.start("sync")
        try:
            _wait_for((command.data / "work" / "warehouse.duckdb").exists)
        finally:
            loading.kill()  # while it loads, or on a slow machine a little later
            loading.communicate()
        assert command("sync").returncode == 0
        found = read_tables(command.published)
        expected = expected_warehouse(made.rows, _once_each(api), _registered(found), Rules())
        assert differences(found, expected, datetime.now(UTC), NOT_COMPARED) == []
    names = [path.name for path in (command.data / "lake").rglob("*") if path.is_file()]
    assert all(name.endswith(".parquet") for name in names)


def test_a_private_warehouse_that_cannot_be_opened_is_made_anew(
    tmp_path: Path, dialflo: Callable[..., Command]
) -> None:
    made = campaign(5, "UTC", tmp_path, tasks=20, is_troubled=False)
    with serving(made.script) as api:
        command = dialflo(api.base_url)
        command("tasks", "add", *made.files)
        assert command("sync").returncode == 0
        before = _call_keys(command)
        (command.data / "work" / "warehouse.duckdb").write_bytes(b"cut off while it was made")
        done = command("sync")
        assert done.returncode == 0, done.stderr
        assert "built again from the lake" in done.stderr
        assert _call_keys(command) == before != []


def test_days_and_inbox_files_are_taken_as_told(tmp_path: Path, dialflo: Callable[..., Command]) -> None:
    with serving({}) as api:
        command = dialflo(api.base_url)
        inbox = command.data / "inbox"
        inbox.mkdir(parents=True)
        (inbox / "good.csv").write_text("task_id,call_date\nearly,2026-01-01\nmiddle,2026-01-02\nlate,2026-01-03\n")
        (inbox / "bad.csv").write_text("name\nA\n")
        done = command("sync", "--from", "2026-01-02", "--to", "2026-01-02")
        assert done.returncode == 1
        assert "bad.csv" in done.stderr
        assert api.requests.keys() == {"middle"}
    assert [path.name for path in (inbox / "done").iterdir()] == ["good.csv"]
    refused = {path.name: path for path in (inbox / "refused").iterdir()}
    assert "bad.csv" in refused
    assert any("task_id" in path.read_text() for path in refused.values())
    assert [path for path in inbox.iterdir() if path.is_file()] == []
    states = {row["task_id"]: row["state"] for row in read_tables(command.published)["tasks"]}
    assert states == {"early": "pending", "middle": "pending", "late": "pending"}


def _call_keys(command: Command) -> list[tuple[str, int]]:
    """Of all calls: unsettled ones were asked for again, so other columns may differ."""
    return sorted((row["task_id"], row["call_index"]) for row in read_tables(command.published)["calls"])


def _once_each(api: ScriptedApi) -> dict[str, list[list[Exchange]]]:
    parts = {task_id: replies[-1].exchange_parts for task_id, replies in api.script.items()}
    now = datetime.now(UTC)
    return {task_id: [[Exchange(now, status, body)]] for task_id, (status, body) in parts.items()}


def _registered(found: dict[str, list[dict[str, datetime]]]) -> dict[str, datetime]:
    return {str(row["task_id"]): row["registered_at"] for row in found["tasks"]}


def _wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the run never got there"
        time.sleep(0.002)
