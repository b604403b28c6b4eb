"""Damaged files through the installed command: what a user sees, and what the files hold."""

import random
from collections.abc import Callable
from pathlib import Path

from tests.support.command import Command
from tests.support.scripted_api import ScriptedApi, serving
from tests.support.varied_campaign import Campaign, campaign
from tests.support.warehouse_rows import lasting, read_tables

NOT_COMPARED = {"fetched_at", "registered_at", "attempts", "last_status", "last_error", "next_try_at"}
NOT_COMPARED |= {"first_registered_at", "last_registered_at", "newest_answer_at"}


def _synced(tmp_path: Path, dialflo: Callable[..., Command], made: Campaign, api: ScriptedApi) -> Command:
    command = dialflo(api.base_url)
    command("tasks", "add", *made.files)
    assert command("sync").returncode == 0
    return command


def _campaign(tmp_path: Path) -> Campaign:
    return campaign(5, "UTC", tmp_path, tasks=20, is_troubled=False)


def _compared(command: Command) -> dict[str, list[str]]:
    return lasting(read_tables(command.published), NOT_COMPARED)


def _flip(path: Path, seed: int) -> None:
    dice, content = random.Random(seed), bytearray(path.read_bytes())  # noqa: S311 - no secret
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


def _one(command: Command, table: str) -> Path:
    return sorted((command.data / "lake" / table).rglob("*.parquet"))[0]


def test_damaged_files_are_named_and_made_good_by_one_sync(tmp_path: Path, dialflo: Callable[..., Command]) -> None:
    made = _campaign(tmp_path)
    with serving(made.script) as api:
        command = _synced(tmp_path, dialflo, made, api)
        before, asked = _compared(command), sum(map(len, api.requests.values()))
        paths = [_one(command, table) for table in ("raw_answers", "task_ids", "calls", "tasks")]
        paths += [command.data / "work" / "warehouse.duckdb", command.published]
        for seed, path in enumerate(paths):
            _flip(path, seed)
        doctor = command("doctor")
        assert (doctor.returncode, "PROBLEM" in doctor.stdout) == (1, True)
        done = command("sync")
        assert done.returncode == 0, done.stderr
        assert all(str(path) in done.stderr for path in paths)
        assert _compared(command) == before
        assert sum(map(len, api.requests.values())) > asked
        kept = [path.name for path in (command.data / "quarantine").rglob("*.parquet")]
        assert sorted(kept) == sorted(path.name for path in paths[:2])
        idle = command("sync")
        assert (idle.returncode, "damaged:" in idle.stderr) == (0, False)
        assert command("doctor").returncode == 0


def test_a_rebuild_says_what_it_cannot_make_again_and_the_next_sync_fetches_it(
    tmp_path: Path, dialflo: Callable[..., Command]
) -> None:
    made = _campaign(tmp_path)
    with serving(made.script) as api:
        command = _synced(tmp_path, dialflo, made, api)
        before = _compared(command)
        damaged = _one(command, "raw_answers")
        damaged.write_bytes(damaged.read_bytes()[:-9])
        shown = command("status")
        assert shown.returncode == 0  # the day is settled, and its footer says so
        done = command("rebuild")
        assert done.returncode == 1
        assert "dialflo sync" in done.stderr
        assert "pending" in done.stdout
        assert command("sync").returncode == 0
        assert _compared(command) == before


def test_strangers_in_the_lake_break_no_run(tmp_path: Path, dialflo: Callable[..., Command]) -> None:
    made = _campaign(tmp_path)
    with serving(made.script) as api:
        command = _synced(tmp_path, dialflo, made, api)
        before = _compared(command)
        for table in ("task_ids", "raw_answers", "calls"):
            path = _one(command, table)
            (path.parents[1] / "call_date=x").mkdir()
            (path.parents[1] / "notes.txt").write_text("mine")
            (path.parent / f".{path.name}.swp").write_bytes(b"PAR1")
            (path.parent / "leads.parquet").write_bytes(_one(command, "call_context").read_bytes())
        for arguments in (["sync"], ["rebuild"], ["status"]):
            done = command(*arguments)
            assert done.returncode == 0, done.stderr
        assert _compared(command) == before
        assert {path.name for path in (command.data / "quarantine").rglob("*.parquet")} == {"leads.parquet"}
