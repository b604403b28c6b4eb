from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dialflo_pipeline import pipeline as refresh
from dialflo_pipeline.core.schema.tables import TASK_IDS, TASKS
from dialflo_pipeline.flatten.derive import derive_days
from dialflo_pipeline.lake.data_dir import Workspace
from dialflo_pipeline.lake.partitions import DayStatus, survey
from dialflo_pipeline.lake.settings import Rules
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.pipeline import days_to_load
from dialflo_pipeline.publish.publish import read_published

DAYS = [date(2024, 5, 1), date(2024, 5, 2)]
RULES = Rules("UTC", timedelta(hours=24))
MARTS = MartSettings("UTC", 3, 30)


def surveyed(workspace: Workspace) -> list[DayStatus]:
    return survey(workspace.lake, RULES)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def register(workspace: Workspace) -> Callable[[str, date], None]:
    def run(task_id: str, day: date) -> None:
        rows = [(task_id, day, None, datetime(2024, 5, 1, tzinfo=UTC), None)]
        workspace.lake.append(TASK_IDS, pl.DataFrame(rows, schema=TASK_IDS.frame_schema, orient="row"), day)

    return run


@pytest.fixture
def refreshed(workspace: Workspace) -> Callable[[], tuple[dict[str, int], dict[str, int], bool]]:
    """Load, build and publish; what each says it did."""

    def run() -> tuple[dict[str, int], dict[str, int], bool]:
        loaded = refresh.load_warehouse(workspace, surveyed(workspace))
        built = refresh.build_marts(workspace, MARTS)
        return loaded, built, refresh.publish_warehouse(workspace) is not None

    return run


Register = Callable[[str, date], None]
Refreshed = Callable[[], tuple[dict[str, int], dict[str, int], bool]]


def _published_tasks(workspace: Workspace) -> list[str]:
    with read_published(workspace.published) as connection:
        return [task_id for (task_id,) in connection.execute("SELECT task_id FROM tasks ORDER BY 1").fetchall()]


def test_readers_get_what_was_derived_and_then_nothing_is_to_do(
    workspace: Workspace, register: Register, refreshed: Refreshed
) -> None:
    for day in DAYS:
        register(f"of-{day}", day)
        list(derive_days(workspace.lake, [day], RULES))
    assert not refresh.is_up_to_date(workspace, surveyed(workspace), MARTS)
    loaded, built, published = refreshed()
    assert (loaded["tasks"], bool(built), published) == (2, True, True)
    assert refresh.is_up_to_date(workspace, surveyed(workspace), MARTS)
    assert refreshed() == ({}, {}, False)
    assert _published_tasks(workspace) == [f"of-{day}" for day in DAYS]


def test_only_days_that_changed_are_loaded_again(
    workspace: Workspace, register: Register, refreshed: Refreshed
) -> None:
    for day in DAYS:
        register(f"of-{day}", day)
        list(derive_days(workspace.lake, [day], RULES))
    refreshed()
    register("new", DAYS[1])
    list(derive_days(workspace.lake, [DAYS[1]], RULES))
    assert list(days_to_load(workspace, surveyed(workspace))) == [DAYS[1]]
    assert not refresh.is_up_to_date(workspace, surveyed(workspace), MARTS)
    assert refreshed()[0]["tasks"] == 2
    assert _published_tasks(workspace) == ["new", f"of-{DAYS[0]}", f"of-{DAYS[1]}"]


def test_a_day_that_waits_to_be_derived_keeps_the_rows_it_has(
    workspace: Workspace, register: Register, refreshed: Refreshed
) -> None:
    register("old", DAYS[0])
    list(derive_days(workspace.lake, [DAYS[0]], RULES))
    refreshed()
    register("new", DAYS[0])
    workspace.lake.drop(TASKS, DAYS[0])
    assert days_to_load(workspace, surveyed(workspace)) == {}
    assert refreshed() == ({}, {}, False)
    assert _published_tasks(workspace) == ["old"]


def test_a_day_that_left_the_lake_leaves_the_warehouse(
    workspace: Workspace, register: Register, refreshed: Refreshed
) -> None:
    for day in DAYS:
        register(f"of-{day}", day)
        list(derive_days(workspace.lake, [day], RULES))
    refreshed()
    for path in workspace.lake.files(TASK_IDS, DAYS[0]):
        path.unlink()
    workspace.lake.files(TASKS, DAYS[0])[0].unlink()
    (workspace.lake.root / "task_ids" / f"call_date={DAYS[0]}").rmdir()
    assert days_to_load(workspace, surveyed(workspace)) == {DAYS[0]: None}
    refreshed()
    assert _published_tasks(workspace) == [f"of-{DAYS[1]}"]


def test_other_mart_settings_rebuild_the_marts_only(
    workspace: Workspace, register: Register, refreshed: Refreshed
) -> None:
    register("a", DAYS[0])
    list(derive_days(workspace.lake, [DAYS[0]], RULES))
    refreshed()
    other = MartSettings("UTC", 4, 30)
    assert not refresh.is_up_to_date(workspace, surveyed(workspace), other)
    assert refresh.load_warehouse(workspace, surveyed(workspace)) == {}
    assert refresh.build_marts(workspace, other)
    assert refresh.publish_warehouse(workspace)
    assert refresh.is_up_to_date(workspace, surveyed(workspace), other)


def test_an_empty_lake_still_gives_readers_empty_tables(workspace: Workspace, refreshed: Refreshed) -> None:
    refreshed()
    assert _published_tasks(workspace) == []
    assert refresh.is_up_to_date(workspace, surveyed(workspace), MARTS)
