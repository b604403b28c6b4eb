"""Every odd task-id file through the inbox: what can be used is registered, what cannot is refused, nothing is lost."""

import os
import resource
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.extract.task_ids.inbox import Clock, Fate, InboxReport, read_inbox
from dialflo_pipeline.lake.store import Lake
from tests.support.cases.task_files import TASK_FILES, TaskFile


class Desk:
    """An inbox, the lake behind it, and a clock that moves when somebody waits."""

    def __init__(self, root: Path) -> None:
        self.inbox = root / "inbox"
        self.inbox.mkdir()
        self.root = root
        self.lake = Lake(root / "lake", root / "work" / "aside")
        self._now = 0.0

    def drop(self, name: str | bytes, content: bytes) -> None:
        with open(os.path.join(os.fsencode(self.inbox), os.fsencode(name)), "wb") as file:
            file.write(content)

    def read_inbox(self) -> InboxReport:
        clock = Clock(lambda: self._now, self._wait)
        now = datetime(2025, 6, 25, 20, tzinfo=UTC)
        return read_inbox(self.inbox, self.lake, now, ZoneInfo("UTC"), work_dir=self.root / "work", clock=clock)

    def registered(self) -> list[str]:
        return [name for day in self.lake.days(TASK_IDS) for name in self.lake.read(TASK_IDS, day)["task_id"]]

    def tree(self) -> list[str]:
        return sorted(str(path.relative_to(self.inbox)) for path in self.inbox.rglob("*") if path.is_file())

    def _wait(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("file", TASK_FILES, ids=lambda file: f"{file.about} ({file.name})")
def test_of_a_file_what_can_be_used_is_registered_and_the_rest_told(desk: Desk, file: TaskFile) -> None:
    desk.drop(file.name, file.content)
    desk.drop("other.txt", b"other\n")
    report = desk.read_inbox()
    (seen,) = [each for each in report.files if each.name == file.name]
    assert sorted(desk.registered()) == sorted([*file.ids, "other"])
    assert (seen.registration.registered, seen.registration.already_known) == (len(file.ids), file.known)
    assert [tuple(row) for row in seen.refused.first] == list(file.refused)
    assert seen.fate is file.fate
    if file.reason:
        written = (desk.inbox / "refused" / f"{file.name}.reason.txt").read_text()
        assert file.reason in written
        assert written == f"{seen.reason}\n"
        assert desk.tree() == ["done/other.txt", f"refused/{file.name}", f"refused/{file.name}.reason.txt"]
    else:
        lists = [f"done/{file.name}.refused.csv"] if file.refused else []
        assert desk.tree() == sorted([f"done/{file.name}", "done/other.txt", *lists])


def test_ids_given_again_in_other_files_are_known_and_keep_their_day(desk: Desk) -> None:
    desk.drop("a.csv", b"task_id,call_date\na,2024-01-01\nb,2024-01-01\n")
    desk.drop(
        "b.jsonl", b'{"task_id": "b", "call_date": "2024-01-02"}\n{"task_uuid": "c", "call_date": "2024-01-02"}\n'
    )
    desk.read_inbox()
    desk.drop("c.txt", b"a\nb\nc\nd\n")
    report = desk.read_inbox()
    assert (report.registration.registered, report.registration.already_known) == (1, 3)
    days = {day.isoformat(): sorted(desk.lake.read(TASK_IDS, day)["task_id"]) for day in desk.lake.days(TASK_IDS)}
    assert days == {"2024-01-01": ["a", "b"], "2024-01-02": ["c"], "2025-06-25": ["d"]}


@pytest.mark.skipif(sys.platform == "darwin", reason="its file names are all UTF-8")
@pytest.mark.parametrize(("content", "fate"), [(b"a\n", Fate.DONE), (b"a/b\n", Fate.REFUSED)])
def test_a_name_that_is_not_utf8_costs_nothing(desk: Desk, content: bytes, fate: Fate) -> None:
    desk.drop(b"ids-\xff.txt", content)
    desk.drop("other.txt", b"other\n")
    assert [file.fate for file in desk.read_inbox().files] == [fate, Fate.DONE]
    assert "other" in desk.registered()
    assert not any(path.is_file() for path in desk.inbox.iterdir())


def test_a_name_of_full_length_leaves_room_for_a_number_and_a_reason(desk: Desk) -> None:
    for content in (b"a\n", b"b\n", b"a/b\n", b"a/b\n"):
        desk.drop("n" * 251 + ".txt", content)
        desk.read_inbox()
    assert sorted(desk.registered()) == ["a", "b"]
    folders = [path.split("/")[0] for path in desk.tree()]
    assert folders.count("done") == 2
    assert folders.count("refused") >= 3


def test_a_file_that_cannot_be_moved_stays_and_the_others_do_not(desk: Desk) -> None:
    desk.drop("refused", b"a file where a folder has to be")
    desk.drop("bad.txt", b"a/b\n")
    desk.drop("good.txt", b"a\n")
    seen = {file.name: file for file in desk.read_inbox().files}
    assert [seen[name].fate for name in ("bad.txt", "good.txt")] == [Fate.LEFT, Fate.DONE]
    assert "cannot be moved" in str(seen["bad.txt"].reason)
    assert desk.registered() == ["a"]


def test_what_is_no_plain_file_is_not_looked_at(desk: Desk) -> None:
    (desk.inbox / "folder.csv").mkdir()
    (desk.inbox / "itself.txt").symlink_to(desk.inbox / "itself.txt")
    (desk.inbox / "nowhere.txt").symlink_to(desk.inbox / "missing")
    os.mkfifo(desk.inbox / "pipe.txt")
    assert desk.read_inbox() == InboxReport()


def _sparse(path: Path, head: bytes, size: int) -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)


MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("name", "head", "size", "fate", "ids"),
    [
        ("ids.csv", b"task_id\na\n", 100 * MEBIBYTE, Fate.DONE, ["a"]),
        ("ids.jsonl", b'{"task_id": "a"}\n', 100 * MEBIBYTE, Fate.DONE, ["a"]),
        ("ids.txt", b"", 1024 * MEBIBYTE, Fate.REFUSED, []),
        ("ids.parquet", b"PAR1", 1024 * MEBIBYTE, Fate.REFUSED, []),
    ],
)
def test_a_large_file_of_nothing_costs_little_memory(
    desk: Desk, name: str, head: bytes, size: int, fate: Fate, ids: list[str]
) -> None:
    _sparse(desk.inbox / name, head, size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert [file.fate for file in desk.read_inbox().files] == [fate]
    assert desk.registered() == ids
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


@pytest.mark.exhaustive
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_file_of_1_gb_is_registered_in_bounded_memory(desk: Desk, suffix: str) -> None:
    note, rows = "n" * 5_000, 200_000
    line: Callable[[int], str] = {
        "csv": lambda number: f"id-{number},{note}\n",
        "jsonl": lambda number: f'{{"task_id":"id-{number}","note":"{note}"}}\n',
    }[suffix]
    with (desk.inbox / f"ids.{suffix}").open("w") as file:
        file.write("task_id,note\n" if suffix == "csv" else "")
        file.writelines(map(line, range(rows)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = desk.read_inbox()
    assert report.registration.registered == rows
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2 * 1024 * 1024
