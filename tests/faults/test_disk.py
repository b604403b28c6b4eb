"""Disks that are full and folders that are forbidden, through the installed command: told, and nothing lost."""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.forked import Hook
from tests.support.root_rights import give_up_roots_rights
from tests.support.sampling import sampled
from tests.support.scripted_api import ApiResponse, ScriptedApi, serving
from tests.support.varied_campaign import Campaign, campaign
from tests.support.warehouse_rows import read_tables


def _campaign(tmp_path: Path) -> Campaign:
    return campaign(5, "UTC", tmp_path, tasks=20, is_troubled=False)


def _all_there(command: Command, made: Campaign) -> bool:
    tasks = read_tables(command.published)["tasks"]
    settled = {row["state"] for row in tasks} <= {"settled", "unsettled"}
    return settled and len(tasks) == len(made.script) and not list((command.data / "work").glob("unfinished*/*"))


def _stopped_by(command: Command, made: Campaign, before: Hook | None) -> str:
    """What a sync says of what stopped it: the last line, which tells the user how to go on, and no library's own."""
    assert command("tasks", "add", *made.files).returncode in (0, 1)
    command.prepare = before
    done = command("sync")
    command.prepare = None
    assert done.returncode == 1
    assert "logger call" not in done.stderr
    assert "INSERT" not in done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("limit", sampled([60_000, 700_000], [3_000, 300_000]))
def test_a_file_that_may_not_grow_is_told_in_a_sentence_and_the_next_run_goes_on(
    tmp_path: Path, dialflo: Callable[..., Command], limit: int
) -> None:
    """A limit on the size of files stops each write at another place: lake, warehouse, copy."""
    made = _campaign(tmp_path)
    with serving(made.script) as api:
        command = dialflo(api.base_url)
        limited = ("resource:setrlimit", [resource.RLIMIT_FSIZE, [limit, limit]])
        assert "again" in _stopped_by(command, made, limited)
        assert command("sync").returncode == 0
    assert _all_there(command, made)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """A disk of its own at <tmp_path>/data, as large as is said, and later as large as is said then."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounted: list[str] = []

    def resize(size: str) -> None:
        options = f"remount,size={size}" if mounted else f"size={size}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True, capture_output=True)
        mounted.append(size)

    yield resize
    if mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _may_mount() -> bool:
    """Whether the kernel lets this process: a container may forbid it to root too."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0 or not _may_mount(), reason="a disk of its own is root's to make")
@pytest.mark.parametrize("size", sampled(["64k", "1m"], ["256k", "2m"]))
def test_a_full_disk_is_told_in_a_sentence_and_once_there_is_room_the_next_run_goes_on(
    tmp_path: Path, dialflo: Callable[..., Command], small_disk: Callable[[str], None], size: str
) -> None:
    small_disk(size)
    made = _campaign(tmp_path)
    with serving(made.script) as api:
        command = dialflo(api.base_url)
        assert "again" in _stopped_by(command, made, None)
        small_disk("200m")
        assert command("tasks", "add", *made.files).returncode in (0, 1)
        assert command("sync").returncode == 0
    assert _all_there(command, made)


@pytest.mark.parametrize("name", sampled(["inbox", "lake/raw_answers", "work/warehouse.duckdb"], ["work", "lake"]))
def test_what_stands_where_something_else_has_to_be_is_named_and_the_next_run_goes_on(
    tmp_path: Path, dialflo: Callable[..., Command], name: str
) -> None:
    with serving({"a": [ApiResponse(b'[{"agent_name": "A", "call_status": "BUSY"}]')]}) as api:
        command = dialflo(api.base_url)
        in_the_way = command.data / name
        in_the_way.parent.mkdir(parents=True)
        if name.endswith(".duckdb"):
            in_the_way.mkdir()
        else:
            in_the_way.write_text("in the way")
        (tmp_path / "ids.txt").write_text("a\n")
        added = command("tasks", "add", tmp_path / "ids.txt")
        done = command("sync")
        assert 1 in (added.returncode, done.returncode)
        assert str(in_the_way) in added.stderr + done.stderr
        in_the_way.rmdir() if in_the_way.is_dir() else in_the_way.unlink()
        assert command("tasks", "add", tmp_path / "ids.txt").returncode == 0
        assert command("sync").returncode == 0
        assert [row["task_id"] for row in read_tables(command.published)["tasks"]] == ["a"]


@pytest.mark.parametrize("name", sampled(["", "lake/raw_answers"], ["work"]))
def test_a_folder_that_may_not_be_written_is_named_and_later_runs_go_on(
    tmp_path: Path, dialflo: Callable[..., Command], name: str
) -> None:
    made = _campaign(tmp_path)
    (tmp_path / "ids.txt").write_text("another\n")
    with serving(made.script) as api:
        command = _synced(dialflo, made, api)
        before, folder = read_tables(command.published), command.data / name
        folders = [each for each in [folder, *folder.rglob("*")] if each.is_dir()]
        command.before_exec = give_up_roots_rights
        _forbid(folders)
        done = [command("tasks", "add", tmp_path / "ids.txt"), command("sync")]
        _allow(folders)
        assert 1 in [each.returncode for each in done]
        assert str(folder) in "".join(each.stderr for each in done)
        assert read_tables(command.published)["calls"] == before["calls"]
        assert command("tasks", "add", tmp_path / "ids.txt").returncode == 0
        assert command("sync").returncode == 0
        states = {row["task_id"]: row["state"] for row in read_tables(command.published)["tasks"]}
    assert states["another"] == "not_found"


def _synced(dialflo: Callable[..., Command], made: Campaign, api: ScriptedApi) -> Command:
    command = dialflo(api.base_url)
    command("tasks", "add", *made.files)
    assert command("sync").returncode == 0
    return command


def _forbid(folders: list[Path]) -> None:
    for each in folders:
        each.chmod(0o555)


def _allow(folders: list[Path]) -> None:
    for each in folders:
        each.chmod(0o755)
