"""What a person does when the vendor corrected a day, or when an id should never have been registered."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.support.command import Command
from tests.support.scripted_api import ApiResponse, serving
from tests.support.warehouse_rows import read_tables


def _call(status: str) -> ApiResponse:
    call = {"agent_name": "ONEST", "to_number": "917407656243", "call_status": status}
    return ApiResponse(json.dumps([{**call, "call_insights": {"next_action": "REDIAL"}}]).encode())


def _states(command: Command) -> dict[str, str]:
    return {row["task_id"]: row["state"] for row in read_tables(command.published)["tasks"]}


def _statuses(command: Command) -> dict[str, str]:
    return {row["task_id"]: row["call_status"] for row in read_tables(command.published)["calls"]}


def test_a_corrected_day_is_asked_again_and_the_newer_answer_wins(
    tmp_path: Path, dialflo: Callable[..., Command]
) -> None:
    script = {
        "corrected": [_call("BUSY"), _call("ANSWERED")],
        "broken-later": [_call("BUSY"), ApiResponse(b"", 400)],
        "refused": [ApiResponse(b"", 400)],
        "other-day": [_call("BUSY"), _call("ANSWERED")],
    }
    file = tmp_path / "ids.csv"
    days = {"corrected": "2026-01-05", "broken-later": "2026-01-05", "refused": "2026-01-05", "other-day": "2026-01-06"}
    file.write_text("task_id,call_date\n" + "".join(f"{name},{day}\n" for name, day in days.items()))
    with serving(script) as api:
        command = dialflo(api.base_url)
        command("tasks", "add", file)
        assert command("sync").returncode == 1
        api.round = 2
        command("sync", "--refetch", "--from", "2026-01-05", "--to", "2026-01-05")
        assert api.asked_in(2) == {"corrected", "broken-later"}
        expected = {"corrected": "ANSWERED", "broken-later": "BUSY", "other-day": "BUSY"}
        assert _statuses(command) == expected
        assert _states(command)["broken-later"] == "settled"
        command("rebuild")
        assert _statuses(command) == expected


def test_a_forgotten_id_is_gone_from_everything_and_stays_so(tmp_path: Path, dialflo: Callable[..., Command]) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("keep\nwrong\nalone-on-its-day\n")
    with serving({name: [_call("BUSY")] for name in ("keep", "wrong", "alone-on-its-day")}) as api:
        command = dialflo(api.base_url)
        command("tasks", "add", file)
        assert command("sync").returncode == 0
        done = command("tasks", "forget", "wrong", "never-there")
        assert (done.returncode, done.stdout) == (1, "forgotten 1, already forgotten 0, unknown 1\n")
        assert "'never-there'" in done.stderr
        api.round = 2
        assert command("sync").returncode == 0
        assert api.asked_in(2) == set()
        for table, rows in read_tables(command.published).items():
            assert "wrong" not in {row.get("task_id") for row in rows}, table
        assert _states(command) == {"keep": "settled", "alone-on-its-day": "settled"}
        assert "already known 3" in command("tasks", "add", file).stdout
        command("rebuild")
        assert set(_states(command)) == {"keep", "alone-on-its-day"}
        assert "registered 1" in command("tasks", "add", file, "--again").stdout
        assert command("sync").returncode == 0
        assert len(_states(command)) == 3
