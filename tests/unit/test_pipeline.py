from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dialflo_pipeline import pipeline as refresh
from dialflo_pipeline.core.schema import TASK_IDS, TASKS
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import DayStatus, survey
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.pipeline import days_to_load
from dialflo_pipeline.publish.publish import read_published

pytestmark = pytest.mark.usefixtures("few_marts")

DAYS = [date(2024, 5, 1), date(2024, 5, 2)]
RULES = LakeSettings("UTC", timedelta(hours=24))
MARTS = MartSettings("UTC", 3, 30)


def surveyed(data_dir: DataDir) -> list[DayStatus]:
    return survey(data_dir.lake, RULES)


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path)


@pytest.fixture
def register(data_dir: DataDir) -> Callable[[str, date], None]:
    def run(task_id: str, day: date) -> None:
        rows = [(task_id, day, None, datetime(2024, 5, 1, tzinfo=UTC), None)]
        data_dir.lake.append(TASK_IDS, pl.DataFrame(rows, schema=TASK_IDS.frame_schema, orient="row"), day)

    return run


@pytest.fixture
def refreshed(data_dir: DataDir) -> Callable[[], tuple[dict[str, int], dict[str, int], bool]]:
    """Load, build and publish; what each says it did."""

    def run() -> tuple[dict[str, int], dict[str, int], bool]:
        loaded = refresh.load_warehouse(data_dir, surveyed(data_dir))
        built = refresh.build_marts(data_dir, MARTS)
        return loaded, built, refresh.publish_warehouse(data_dir) is not None

    return run


Register = Callable[[str, date], None]
Refreshed = Callable[[], tuple[dict[str, int], dict[str, int], bool]]


def _published_tasks(data_dir: DataDir) -> list[str]:
    with read_published(data_dir.published) as connection:
        return [task_id for (task_id,) in connection.execute("SELECT task_id FROM tasks ORDER BY 1").fetchall()]


def test_readers_get_what_was_derived_and_then_nothing_is_to_do(
    data_dir: DataDir, register: Register, refreshed: Refreshed
) -> None:
    for day in DAYS:
        register(f"of-{day}", day)
        list(flatten_days(data_dir.lake, [day], RULES))
    assert not refresh.is_up_to_date(data_dir, surveyed(data_dir), MARTS)
    loaded, built, published = refreshed()
    assert (loaded["tasks"], bool(built), published) == (2, True, True)
    assert refresh.is_up_to_date(data_dir, surveyed(data_dir), MARTS)
    assert refreshed() == ({}, {}, False)
    assert _published_tasks(data_dir) == [f"of-{day}" for day in DAYS]


def test_only_days_that_changed_are_loaded_again(data_dir: DataDir, register: Register, refreshed: Refreshed) -> None:
    for day in DAYS:
        register(f"of-{day}", day)
        list(flatten_days(data_dir.lake, [day], RULES))
    refreshed()
    register("new", DAYS[1])
    list(flatten_days(data_dir.lake, [DAYS[1]], RULES))
    assert list(days_to_load(data_dir, surveyed(data_dir))) == [DAYS[1]]
    assert not refresh.is_up_to_date(data_dir, surveyed(data_dir), MARTS)
    assert refreshed()[0]["tasks"] == 2
    assert _published_tasks(data_dir) == ["new", f"of-{DAYS[0]}", f"of-{DAYS[1]}"]


def test_a_day_that_waits_to_be_derived_keeps_the_rows_it_has(
    data_dir: DataDir, register: Register, refreshed: Refreshed
) -> None:
    register("old", DAYS[0])
    list(flatten_days(data_dir.lake, [DAYS[0]], RULES))
    refreshed()
    register("new", DAYS[0])
    data_dir.lake.drop(TASKS, DAYS[0])
    assert days_to_load(data_dir, surveyed(data_dir)) == {}
    assert refreshed() == ({}, {}, False)
    assert _published_tasks(data_dir) == ["old"]


def test_a_day_that_left_the_lake_leaves_the_warehouse(
    data_dir: DataDir, register: Register, refreshed: Refreshed
) -> None:
    for day in DAYS:
        register(f"of-{day}", day)
        list(flatten_days(data_dir.lake, [day], RULES))
    refreshed()
    for path in data_dir.lake.files(TASK_IDS, DAYS[0]):
        path.unlink()
    data_dir.lake.files(TASKS, DAYS[0])[0].unlink()
    (data_dir.lake.root / "task_ids" / f"call_date={DAYS[0]}").rmdir()
    assert days_to_load(data_dir, surveyed(data_dir)) == {DAYS[0]: None}
    refreshed()
    assert _published_tasks(data_dir) == [f"of-{DAYS[1]}"]


def test_other_mart_settings_rebuild_the_marts_only(
    data_dir: DataDir, register: Register, refreshed: Refreshed
) -> None:
    register("a", DAYS[0])
    list(flatten_days(data_dir.lake, [DAYS[0]], RULES))
    refreshed()
    other = MartSettings("UTC", 4, 30)
    assert not refresh.is_up_to_date(data_dir, surveyed(data_dir), other)
    assert refresh.load_warehouse(data_dir, surveyed(data_dir)) == {}
    assert refresh.build_marts(data_dir, other)
    assert refresh.publish_warehouse(data_dir)
    assert refresh.is_up_to_date(data_dir, surveyed(data_dir), other)


def test_an_empty_lake_still_gives_readers_empty_tables(data_dir: DataDir, refreshed: Refreshed) -> None:
    refreshed()
    assert _published_tasks(data_dir) == []
    assert refresh.is_up_to_date(data_dir, surveyed(data_dir), MARTS)
