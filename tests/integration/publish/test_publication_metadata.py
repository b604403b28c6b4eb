"""The row that the published file has about itself."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dialflo_pipeline.core.schema import TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish import publish
from dialflo_pipeline.storage import duckdb_file

pytestmark = pytest.mark.usefixtures("few_marts")

SETTINGS = MartSettings("Asia/Kolkata", 3, 30)
FIRST = date(2024, 5, 1)
REGISTERED = datetime(2024, 5, 9, 12, tzinfo=UTC)

Row = dict[str, Any]


def _publish_days(root: Path, days: dict[date, list[str]]) -> Row:
    """Publish tasks in these states, by day; the stamp."""
    private, lake = root / "work" / "warehouse.duckdb", Lake(root / "lake", root / "work")
    for day, states in days.items():
        tasks = [
            {"task_id": f"{day}-{place}", "registered_at": REGISTERED, "state": state, "attempts": 0}
            for place, state in enumerate(states)
        ]
        for table in WAREHOUSE_TABLES:
            rows = tasks if table is TASKS else []
            lake.replace(table, [pl.DataFrame(rows, schema=table.frame_schema)], day)
    loader.load(private, lake, {day: ",".join(states) for day, states in days.items()})
    marts.build(private, SETTINGS)
    publish.publish(private, root / "warehouse.duckdb", root / "work")
    return _stamp(root / "warehouse.duckdb")


def _stamp(published: Path) -> Row:
    with closing(publish.read_published(published)) as connection:
        rows = connection.execute("FROM published").fetchall()
        (row,) = rows
        return dict(zip([name for name, *_ in connection.description or []], row, strict=True))


@pytest.fixture
def publish_days(tmp_path: Path) -> Callable[..., Row]:
    """Publish so many days from the first on, each with tasks in these states; the stamp."""

    def run(*states: list[str]) -> Row:
        return _publish_days(tmp_path, {FIRST + timedelta(days=place): each for place, each in enumerate(states)})

    return run


def test_the_stamp_counts_tasks_by_state_and_days(publish_days: Callable[..., Row]) -> None:
    stamp = publish_days(["settled", "not_found"], ["settled", "pending", "failed"], ["settled"], ["unsettled"])
    assert {name: stamp[name] for name in ("tasks", "settled", "unsettled", "not_found", "failed", "pending")} == {
        "tasks": 7,
        "settled": 3,
        "unsettled": 1,
        "not_found": 1,
        "failed": 1,
        "pending": 1,
    }
    assert (stamp["first_day"], stamp["last_day"], stamp["days"]) == (FIRST, FIRST + timedelta(days=3), 4)
    assert (stamp["latest_settled_day"], stamp["settled_through"]) == (FIRST + timedelta(days=2), FIRST)
    assert not stamp["is_complete"]
    assert (stamp["as_of"], stamp["timezone"], stamp["calls"]) == (REGISTERED, "Asia/Kolkata", 0)


def test_a_warehouse_without_open_tasks_is_complete(publish_days: Callable[..., Row]) -> None:
    stamp = publish_days(["settled"], ["failed"])
    assert stamp["is_complete"]
    assert stamp["settled_through"] == stamp["latest_settled_day"] == FIRST + timedelta(days=1)


def test_an_empty_warehouse_has_a_stamp_too(publish_days: Callable[..., Row]) -> None:
    stamp = publish_days()
    assert (stamp["as_of"], stamp["first_day"], stamp["settled_through"], stamp["tasks"]) == (None, None, None, 0)
    assert stamp["is_complete"]


def test_calls_count_for_how_new_it_is(simulated: DataDir) -> None:
    stamp = _stamp(simulated.published)
    with closing(publish.read_published(simulated.published)) as connection:
        newest = connection.execute(
            "SELECT greatest((SELECT max(fetched_at) FROM calls), (SELECT max(registered_at) FROM tasks)),"
            " (SELECT count(*) FROM calls)"
        ).fetchone()
    assert (stamp["as_of"], stamp["calls"]) == newest
    assert stamp["published_at"] > stamp["as_of"]


def test_the_same_state_published_twice_gives_the_same_bytes(simulated: DataDir, tmp_path: Path) -> None:
    copies = [tmp_path / "one.duckdb", tmp_path / "two.duckdb"]
    for copy in copies:
        publish.publish(simulated.private, copy, tmp_path)
    assert copies[0].read_bytes() == copies[1].read_bytes() == simulated.published.read_bytes()


def test_a_state_keeps_its_stamp_when_it_is_made_anew(publish_days: Callable[..., Row], tmp_path: Path) -> None:
    first = publish_days(["settled"])
    (tmp_path / "work" / "warehouse.duckdb").unlink()
    assert publish_days(["settled"]) == first


def test_another_state_has_another_stamp(publish_days: Callable[..., Row]) -> None:
    first, second = publish_days(["pending"]), publish_days(["settled"])
    assert first["data_version"] != second["data_version"]
    assert first["published_at"] < second["published_at"]
    assert (first["pending"], second["pending"]) == (1, 0)


def test_a_published_file_that_cannot_be_read_is_no_hindrance(publish_days: Callable[..., Row], tmp_path: Path) -> None:
    publish_days(["pending"])
    (tmp_path / "warehouse.duckdb").write_bytes(b"broken" * 10_000)
    assert publish_days(["settled"])["settled"] == 1


def test_every_column_of_the_stamp_has_its_comment(simulated: DataDir) -> None:
    with duckdb_file.connect(simulated.published, read_only=True) as connection:
        found = connection.execute(
            "SELECT count(*), count(comment) FROM duckdb_columns() WHERE table_name = 'published'"
        ).fetchone()
    assert found == (18, 18)
