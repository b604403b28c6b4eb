import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.extract.task_ids import inbox as inbox_module
from dialflo_pipeline.extract.task_ids.inbox import Clock, Fate, InboxReport, read_inbox
from dialflo_pipeline.extract.task_ids.refused_rows import lists_of_refused_rows
from dialflo_pipeline.extract.task_ids.register import register_each
from dialflo_pipeline.extract.task_ids.row_validation import BAD_ID
from dialflo_pipeline.lake.store import Lake

NOW = datetime(2025, 6, 25, 20, tzinfo=UTC)


class HandClock:
    """Time that passes only when somebody sleeps; `meanwhile` happens at every sleep."""

    def __init__(self, meanwhile: Callable[[float], None] = lambda seconds: None) -> None:
        self.now = 0.0
        self.meanwhile = meanwhile

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile(self.now)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)


class Desk:
    """An inbox and the lake behind it."""

    def __init__(self, root: Path) -> None:
        self.inbox = root / "inbox"
        self.inbox.mkdir()
        self.lake = Lake(root / "lake", root / "work" / "aside")
        self.work_dir = root / "work"

    def drop(self, name: str, content: str | bytes) -> Path:
        path = self.inbox / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def read_inbox(self, hand: HandClock | None = None) -> InboxReport:
        clock = (hand or HandClock()).clock
        return read_inbox(self.inbox, self.lake, NOW, ZoneInfo("UTC"), work_dir=self.work_dir, clock=clock)

    def registered(self) -> set[str]:
        frames = [self.lake.read(TASK_IDS, day) for day in self.lake.days(TASK_IDS)]
        return {task_id for frame in frames for task_id in frame.get_column("task_id")}

    def tree(self) -> list[str]:
        return sorted(str(path.relative_to(self.inbox)) for path in self.inbox.rglob("*") if path.is_file())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_file_is_registered_and_moved_to_done(desk: Desk) -> None:
    desk.drop("ids.CSV", "task_id\na\nb\na\n")
    report = desk.read_inbox()
    assert desk.registered() == {"a", "b"}
    assert desk.tree() == ["done/ids.CSV"]
    assert [(file.name, file.fate) for file in report.files] == [("ids.CSV", Fate.DONE)]
    assert (report.registration.registered, report.registration.already_known, report.refused_rows) == (2, 1, 0)


def test_a_file_with_some_bad_rows_is_done_with_a_list_of_them_beside_it(desk: Desk) -> None:
    desk.drop("ids.txt", "a\n" + "b/c\n" * 200)
    (file,) = desk.read_inbox().files
    assert file.fate is Fate.DONE
    assert [(refused.line, "id" in refused.reason) for refused in file.refused.first] == [
        (line, True) for line in range(2, 102)
    ]
    assert desk.tree() == ["done/ids.txt", "done/ids.txt.refused.csv"]
    written = (desk.inbox / "done" / "ids.txt.refused.csv").read_text().splitlines()
    assert written == ["line,reason", *(f'{line},"{BAD_ID}"' for line in range(2, 202))]
    assert lists_of_refused_rows(desk.inbox / "done") == [desk.inbox / "done" / "ids.txt.refused.csv"]


def test_a_list_of_refused_rows_is_not_left_aside(desk: Desk) -> None:
    desk.drop("ids.txt", "b/c\n")
    desk.drop("good.txt", "a\n")
    desk.read_inbox()
    assert not any(path.name.endswith(".refused.csv") for path in desk.inbox.parent.rglob("*"))


def test_one_bad_file_does_not_hold_up_the_others(desk: Desk) -> None:
    for name, content in [("a.txt", "a"), ("b.parquet", "b"), ("c.txt", "c")]:
        desk.drop(name, content)
    assert [file.fate for file in desk.read_inbox().files] == [Fate.DONE, Fate.REFUSED, Fate.DONE]
    assert desk.registered() == {"a", "c"}


def test_a_header_without_rows_is_done(desk: Desk) -> None:
    desk.drop("ids.csv", "task_id\n")
    assert desk.read_inbox().files[0].fate is Fate.DONE


def test_nothing_in_done_or_refused_is_overwritten(desk: Desk) -> None:
    for number in range(3):
        desk.drop("good.txt", f"id-{number}")
        desk.drop("bad.txt", f"id/{number}\n" * (number + 1))
        desk.read_inbox()
    assert desk.tree() == [
        "done/good-2.txt",
        "done/good-3.txt",
        "done/good.txt",
        "refused/bad-2.txt",
        "refused/bad-2.txt.reason.txt",
        "refused/bad-3.txt",
        "refused/bad-3.txt.reason.txt",
        "refused/bad.txt",
        "refused/bad.txt.reason.txt",
    ]
    assert "rows refused: 3" in (desk.inbox / "refused" / "bad-3.txt.reason.txt").read_text()
    assert (desk.inbox / "done" / "good-2.txt").read_text() == "id-1"


@pytest.mark.parametrize("name", [".hidden.csv", "ids.csv.tmp", "ids.csv.part", "ids.csv.crdownload", "~$ids.csv"])
def test_hidden_and_unfinished_files_are_not_looked_at(desk: Desk, name: str) -> None:
    desk.drop(name, "task_id\na\n")
    assert desk.read_inbox() == InboxReport()
    assert desk.tree() == [name]


def test_an_empty_inbox_or_none_costs_no_waiting(desk: Desk) -> None:
    hand = HandClock()
    (desk.inbox / "folder.csv").mkdir()
    assert desk.read_inbox(hand) == InboxReport()
    desk.inbox = desk.inbox / "missing"
    assert desk.read_inbox(hand) == InboxReport()
    assert hand.now == 0


def test_a_file_is_read_after_two_seconds_of_standing_still(desk: Desk) -> None:
    desk.drop("ids.txt", "a\n")
    hand = HandClock()
    desk.read_inbox(hand)
    assert 2 <= hand.now <= 3


def test_a_growing_file_is_waited_for(desk: Desk) -> None:
    path = desk.drop("ids.txt", "id-0\n")

    def grow(seconds: float) -> None:
        if seconds <= 10:
            with path.open("a") as file:
                file.write(f"id-{seconds}\n")

    hand = HandClock(grow)
    assert desk.read_inbox(hand).files[0].fate is Fate.DONE
    assert "id-10.0" in (desk.inbox / "done" / "ids.txt").read_text()
    assert 12 <= hand.now <= 13


def test_a_file_whose_time_changes_is_waited_for_though_its_size_does_not(desk: Desk) -> None:
    path = desk.drop("ids.txt", "a\n")
    hand = HandClock(lambda seconds: os.utime(path, (seconds, seconds)) if seconds <= 10 else None)
    desk.read_inbox(hand)
    assert hand.now >= 12


def test_a_file_that_never_stands_still_is_left_for_next_time_and_the_others_are_not(desk: Desk) -> None:
    path = desk.drop("growing.txt", "a\n")
    desk.drop("still.txt", "b\n")

    def grow(seconds: float) -> None:
        with path.open("a") as file:
            file.write("x\n")

    hand = HandClock(grow)
    report = desk.read_inbox(hand)
    assert [(file.name, file.fate) for file in report.files] == [("growing.txt", Fate.LEFT), ("still.txt", Fate.DONE)]
    assert report.files[0].reason is not None
    assert 60 <= hand.now <= 61
    assert desk.registered() == {"b"}
    assert desk.tree() == ["done/still.txt", "growing.txt"]


def test_a_file_taken_away_while_waiting_is_forgotten(desk: Desk) -> None:
    path = desk.drop("ids.txt", "a\n")
    assert desk.read_inbox(HandClock(lambda seconds: path.unlink(missing_ok=True))) == InboxReport()


def test_a_file_changed_while_it_is_read_stays_and_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.drop("ids.txt", "a\n")

    def register_while_somebody_writes(*args: object, **options: object) -> object:
        results = list(register_each(*args, **options))  # type: ignore[arg-type]  # handed on as they came
        with path.open("a") as file:
            file.write("b\n")
        return results

    monkeypatch.setattr(inbox_module, "register_each", register_while_somebody_writes)
    assert desk.read_inbox().files[0].fate is Fate.LEFT
    monkeypatch.undo()
    assert desk.tree() == ["ids.txt"]
    report = desk.read_inbox()
    assert (report.registration.registered, report.registration.already_known) == (1, 1)
    assert desk.registered() == {"a", "b"}


def test_a_kill_between_registering_and_moving_loses_and_doubles_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.drop("ids.txt", "a\nb\n")

    class Killed(BaseException):
        pass

    def kill(file: object) -> Path:
        raise Killed

    monkeypatch.setattr(inbox_module, "_finish", kill)
    with pytest.raises(Killed):
        desk.read_inbox()
    monkeypatch.undo()
    report = desk.read_inbox()
    assert (report.registration.registered, report.registration.already_known) == (0, 2)
    assert desk.registered() == {"a", "b"}
    assert desk.tree() == ["done/ids.txt"]
