"""Forgetting ids, and what then counts as registered."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.schema import FORGOTTEN_IDS
from dialflo_pipeline.extract.task_ids.register import Registration, register
from dialflo_pipeline.extract.task_ids.row_validation import TaskRow
from dialflo_pipeline.lake.registrations import Forgotten, forget, registered_tasks
from dialflo_pipeline.lake.store import Lake

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAYS = [date(2026, 5, 1), date(2026, 5, 2)]

Add = Callable[..., Registration]
Forget = Callable[..., Forgotten]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "aside")


@pytest.fixture
def add(lake: Lake, tmp_path: Path) -> Add:
    def run(*task_ids: str, day: date = DAYS[0], at: datetime = NOW, again: bool = False) -> Registration:
        rows = [TaskRow(line, task_id, day, None, None) for line, task_id in enumerate(task_ids)]
        return register(lake, rows, at, ZoneInfo("UTC"), work_dir=tmp_path, again=again)

    return run


@pytest.fixture
def forget_ids(lake: Lake, tmp_path: Path) -> Forget:
    def run(*task_ids: str, at: datetime = NOW + timedelta(hours=1)) -> Forgotten:
        return forget(lake, task_ids, at, work_dir=tmp_path)

    return run


def ids(lake: Lake) -> list[tuple[str, date]]:
    return registered_tasks(lake, DAYS).select("task_id", "call_date").sort("task_id").rows()


def test_a_forgotten_id_is_registered_no_more(lake: Lake, add: Add, forget_ids: Forget) -> None:
    add("a", "b")
    add("c", day=DAYS[1])
    assert forget_ids("b", "c", "x", "x") == Forgotten(2, 0, ["x"])
    assert ids(lake) == [("a", DAYS[0])]


def test_forgetting_twice_writes_once(lake: Lake, add: Add, forget_ids: Forget) -> None:
    add("a")
    forget_ids("a")
    assert forget_ids("a") == Forgotten(0, 1, [])
    assert len(lake.files(FORGOTTEN_IDS, DAYS[0])) == 1


def test_no_source_brings_a_forgotten_id_back(lake: Lake, add: Add, forget_ids: Forget) -> None:
    add("a")
    forget_ids("a")
    assert add("a", at=NOW + timedelta(days=1)) == Registration(0, 1)
    assert ids(lake) == []


def test_a_forgotten_id_can_be_registered_again_on_purpose_on_any_day(lake: Lake, add: Add, forget_ids: Forget) -> None:
    add("a", "b")
    forget_ids("a", "b")
    later = NOW + timedelta(days=1)
    assert add("a", at=later, again=True).registered == 1
    assert add("b", day=DAYS[1], at=later, again=True).registered == 1
    assert ids(lake) == [("a", DAYS[0]), ("b", DAYS[1])]
    assert add("a", "b", at=later, again=True) == Registration(0, 2)
    assert forget_ids("a", at=later + timedelta(hours=1)).forgotten == 1
    assert ids(lake) == [("b", DAYS[1])]
