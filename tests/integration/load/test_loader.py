import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from dialflo_pipeline.core.errors import DamagedFile, DamagedWarehouse
from dialflo_pipeline.core.schema import CALLS, REJECTS, TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.storage import duckdb_file

PutDay = Callable[..., None]

MONDAY, TUESDAY = date(2024, 5, 6), date(2024, 5, 7)
THEN = datetime(2024, 5, 7, 12, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "work")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work" / "warehouse.duckdb"


@pytest.fixture
def put_day(lake: Lake) -> PutDay:
    """Write a day's derived files: tasks with these ids, attributes as given, all other tables empty."""

    def put(day: date, *task_ids: str, attributes: str | None = None, into: Lake = lake) -> None:
        for table in WAREHOUSE_TABLES:
            into.replace(table, [], day)
        tasks = [
            {"task_id": task_id, "call_date": day, "registered_at": THEN, "state": "pending", "attempts": 0}
            | {"attributes": attributes}
            for task_id in task_ids
        ]
        into.replace(TASKS, [pl.DataFrame(tasks, schema=TASKS.frame_schema)], day)

    return put


def read(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb_file.connect(path, read_only=True) as connection:
        return connection.execute(query).fetchall()


def loaded(path: Path) -> list[tuple[date, str]]:
    return read(path, "SELECT call_date, task_id FROM main.tasks ORDER BY ALL")


def test_every_wanted_day_is_stale_before_the_first_load(path: Path) -> None:
    assert loader.stale_days(path, {TUESDAY: "x", MONDAY: "y"}) == [MONDAY, TUESDAY]
    assert not path.exists()


def test_a_day_is_stale_when_its_fingerprint_differs_or_it_is_gone(path: Path, lake: Lake, put_day: PutDay) -> None:
    put_day(MONDAY, "a")
    put_day(TUESDAY, "b")
    counts = loader.load(path, lake, {TUESDAY: "2", MONDAY: "1"})
    assert counts == {"calls": 0, "call_metadata": 0, "call_context": 0, "rejects": 0, "tasks": 2}
    assert loaded(path) == [(MONDAY, "a"), (TUESDAY, "b")]
    assert loader.stale_days(path, {MONDAY: "1", TUESDAY: "2"}) == []
    assert loader.stale_days(path, {MONDAY: "1", TUESDAY: "changed"}) == [TUESDAY]
    assert loader.stale_days(path, {TUESDAY: "2"}) == [MONDAY]


def test_loading_a_day_again_replaces_it_and_leaves_the_others(path: Path, lake: Lake, put_day: PutDay) -> None:
    put_day(MONDAY, "a", "b")
    put_day(TUESDAY, "c")
    loader.load(path, lake, {MONDAY: "1", TUESDAY: "1"})
    put_day(MONDAY, "b", "d")
    for _ in range(2):
        assert loader.load(path, lake, {MONDAY: "2"})["tasks"] == 2
        assert loaded(path) == [(MONDAY, "b"), (MONDAY, "d"), (TUESDAY, "c")]
    assert loader.stale_days(path, {MONDAY: "2", TUESDAY: "1"}) == []


def test_a_day_without_a_fingerprint_is_removed(path: Path, lake: Lake, put_day: PutDay) -> None:
    put_day(MONDAY, "a")
    put_day(TUESDAY, "b")
    loader.load(path, lake, {MONDAY: "1", TUESDAY: "1"})
    assert loader.load(path, lake, {MONDAY: None})["tasks"] == 0
    assert loaded(path) == [(TUESDAY, "b")]
    assert loader.stale_days(path, {TUESDAY: "1"}) == []


@pytest.mark.parametrize("damage", ["missing", "broken"])
def test_a_load_that_fails_changes_nothing_and_names_the_table(
    damage: str, path: Path, lake: Lake, put_day: PutDay
) -> None:
    put_day(MONDAY, "a")
    loader.load(path, lake, {MONDAY: "1"})
    put_day(MONDAY, "changed")
    put_day(TUESDAY, "b")
    last = lake.file(WAREHOUSE_TABLES[-1], TUESDAY)
    last.unlink() if damage == "missing" else last.write_bytes(b"PAR1 this is no table PAR1")
    with pytest.raises(DamagedFile, match=WAREHOUSE_TABLES[-1].name):
        loader.load(path, lake, {MONDAY: "2", TUESDAY: "2"})
    assert loaded(path) == [(MONDAY, "a")]
    assert loader.stale_days(path, {MONDAY: "1"}) == []


def test_rows_stand_in_the_order_of_days_and_files(path: Path, lake: Lake, put_day: PutDay) -> None:
    put_day(TUESDAY, "a", "c", "b")
    put_day(MONDAY, "z", "y")
    loader.load(path, lake, {TUESDAY: "1", MONDAY: "1"})
    assert [task_id for (task_id,) in read(path, "SELECT task_id FROM main.tasks")] == ["z", "y", "a", "c", "b"]


def test_values_come_through_as_they_were_written(path: Path, lake: Lake, put_day: PutDay) -> None:
    put_day(MONDAY, "a", attributes='{"n": 123456789012345678901234567890, "s": "\\u0000é", "x": null}')
    value = "zero \x00 and newline \n 'quoted' ☎"
    reject = {"task_id": "a", "call_index": None, "call_date": MONDAY, "path": "", "reason": "r", "value": value}
    lake.replace(REJECTS, [pl.DataFrame([reject], schema=REJECTS.frame_schema)], MONDAY)
    loader.load(path, lake, {MONDAY: "1"})
    assert read(path, "FROM main.rejects") == [("a", None, MONDAY, "", "r", value)]
    attributes = '{"n": 123456789012345678901234567890, "s": "\\u0000é", "x": null}'
    assert read(path, "SELECT attributes, epoch(registered_at) FROM main.tasks") == [(attributes, THEN.timestamp())]


def test_a_folder_may_have_any_name(tmp_path: Path, put_day: PutDay) -> None:
    root = tmp_path / "it's [1]* {x} call_day=now"
    lake, path = Lake(root / "lake", root / "work"), root / "work" / "warehouse.duckdb"
    put_day(MONDAY, "a", into=lake)
    loader.load(path, lake, {MONDAY: "1"})
    assert loaded(path) == [(MONDAY, "a")]


def test_tables_have_the_declared_types_and_a_comment_on_everything(path: Path, lake: Lake) -> None:
    loader.load(path, lake, {})
    for table in WAREHOUSE_TABLES:
        columns = read(path, f"SELECT column_name, column_type FROM (DESCRIBE main.{table.name})")
        assert columns == [(name, str(duckdb.sqltype(type_))) for name, type_ in table.sql_types.items()]
    comments = dict(read(path, "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'calls'"))
    assert comments.keys() == CALLS.columns.keys()
    assert comments["call_duration_seconds"] == "Length of the call. [unit: seconds; privacy: none]"
    assert "privacy: personal" in comments["contact_number"]
    assert read(path, "SELECT comment FROM duckdb_tables() WHERE table_name = 'calls'") == [(CALLS.description,)]


def test_the_file_can_be_read_by_older_versions(path: Path, lake: Lake) -> None:
    loader.load(path, lake, {})
    ((tags,),) = read(path, "SELECT tags FROM duckdb_databases() WHERE database_name = current_database()")
    assert tags["storage_version"].startswith("v1.2.0")


def test_a_file_with_another_layout_is_filled_anew(path: Path, lake: Lake, put_day: PutDay) -> None:
    put_day(MONDAY, "a")
    put_day(TUESDAY, "b")
    loader.load(path, lake, {MONDAY: "1", TUESDAY: "1"})
    with duckdb_file.connect(path) as connection:
        connection.execute("UPDATE pipeline.layout SET fingerprint = 'older'; ALTER TABLE main.tasks DROP state")
        connection.execute("CREATE VIEW marts.on_it AS SELECT task_id FROM main.tasks")
    assert loader.stale_days(path, {MONDAY: "1", TUESDAY: "1"}) == [MONDAY, TUESDAY]
    loader.load(path, lake, {TUESDAY: "1"})
    assert loaded(path) == [(TUESDAY, "b")]
    assert loader.stale_days(path, {MONDAY: "1", TUESDAY: "1"}) == [MONDAY]


def test_a_file_that_is_no_warehouse_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("nothing that DuckDB knows" * 1000)
    with pytest.raises(DamagedFile, match=r"warehouse\.duckdb"):
        loader.stale_days(path, {})


def test_a_database_in_order_is_found_to_be_so(path: Path, lake: Lake, put_day: PutDay) -> None:
    put_day(MONDAY, "a")
    loader.load(path, lake, {MONDAY: "1"})
    duckdb_file.examine(path)


@pytest.mark.parametrize("seed", range(8))
def test_a_bit_flipped_anywhere_in_a_database_is_found(path: Path, lake: Lake, put_day: PutDay, seed: int) -> None:
    put_day(MONDAY, "a")
    loader.load(path, lake, {MONDAY: "1"})
    content = bytearray(path.read_bytes())
    dice = random.Random(seed)  # noqa: S311 - no secret
    # Its three headers are small, so that chance alone would seldom meet them.
    place = dice.randrange(3 * 4096 if seed % 2 else len(content))
    content[place] ^= 1 << dice.randrange(8)
    path.write_bytes(content)
    with pytest.raises(DamagedWarehouse):
        duckdb_file.examine(path)


def test_a_parquet_file_that_is_not_as_written_is_not_loaded(path: Path, lake: Lake, put_day: PutDay) -> None:
    put_day(MONDAY, "a")
    damaged = lake.file(WAREHOUSE_TABLES[0], MONDAY)
    content = bytearray(damaged.read_bytes())
    content[40] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(DamagedFile) as caught:
        loader.load(path, lake, {MONDAY: "1"})
    assert caught.value.path == damaged
    assert not path.exists()


def test_rows_that_do_not_fit_into_little_memory_are_loaded_with_more(
    lake: Lake, path: Path, put_day: PutDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some answers of tens of megabytes are enough; they cost time, not all the other rows."""
    monkeypatch.setitem(duckdb_file.connection._OPTIONS, duckdb_file.MEMORY_LIMIT, "30MB")
    large = json.dumps({"text": "x" * 8_000_000})
    for day in (MONDAY, TUESDAY):
        put_day(day, *(f"{day:%a}-{number}" for number in range(6)), attributes=large)
        loader.load(path, lake, {day: "1"})
    assert len(loaded(path)) == 12
    duckdb_file.examine(path)
