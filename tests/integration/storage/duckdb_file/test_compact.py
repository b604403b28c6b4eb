"""Compacting: when it is due, and that it changes nothing but the size."""

from pathlib import Path

import duckdb
import pytest

from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish import publish
from dialflo_pipeline.storage import duckdb_file
from dialflo_pipeline.storage.duckdb_file import compact as compacting


@pytest.fixture
def bloated(simulated: DataDir, tmp_path: Path) -> Path:
    """A private file most of which is free, since much was put into it and taken out again."""
    path = tmp_path / "work" / "warehouse.duckdb"
    path.parent.mkdir()
    path.write_bytes(simulated.private.read_bytes())
    with duckdb_file.connect(path) as connection:
        connection.execute("CREATE TABLE pipeline.much AS SELECT hash(range)::VARCHAR AS x FROM range(2_000_000)")
        connection.execute("CHECKPOINT")
        # Else what is free would be at the end of the file, which DuckDB cuts off by itself.
        connection.execute("CREATE TABLE pipeline.last AS SELECT hash(range)::VARCHAR AS x FROM range(10_000)")
        connection.execute("CHECKPOINT")
        connection.execute("DROP TABLE pipeline.much")
        connection.execute("CHECKPOINT")
    return path


def _content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables in their order, and what else there is with its comments."""
    with duckdb_file.connect(path, read_only=True) as connection:
        found = {
            f"{schema}.{name}": connection.execute(f"FROM {schema}.{name}").fetchall()
            for schema, name in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        }
        for about in (
            "SELECT schema_name, view_name, sql, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
            "SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()"
            " WHERE NOT internal ORDER BY ALL",
            "SELECT schema_name, table_name, comment FROM duckdb_tables() ORDER BY ALL",
            "SELECT schema_name, function_name, macro_definition FROM duckdb_functions() WHERE NOT internal"
            " ORDER BY ALL",
        ):
            found[about] = connection.execute(about).fetchall()
        return found


def test_publishing_gives_back_much_free_space_and_changes_nothing_else(bloated: Path, tmp_path: Path) -> None:
    before, size = _content(bloated), bloated.stat().st_size
    publish.publish(bloated, tmp_path / "warehouse.duckdb", bloated.parent)
    assert bloated.stat().st_size < size / 2
    assert (tmp_path / "warehouse.duckdb").read_bytes() == bloated.read_bytes()
    assert _content(bloated) == before
    assert publish.is_published(bloated, tmp_path / "warehouse.duckdb")
    assert [path.name for path in bloated.parent.iterdir()] == ["warehouse.duckdb"]


def test_a_compacted_file_can_be_loaded_into_again(bloated: Path, tmp_path: Path) -> None:
    publish.publish(bloated, tmp_path / "warehouse.duckdb", bloated.parent)
    with duckdb_file.connect(bloated) as connection:
        connection.execute("DELETE FROM main.tasks")
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("INSERT INTO main.tasks (task_id) VALUES (NULL)")


def test_a_small_file_or_one_with_little_free_is_left_alone(simulated: DataDir, bloated: Path) -> None:
    for path, is_due in ((simulated.private, False), (bloated, True)):
        with duckdb_file.connect(path, read_only=True) as connection:
            assert compacting.is_bloated(connection) is is_due
    with duckdb_file.connect(bloated) as connection:
        connection.execute("CREATE TABLE pipeline.more AS SELECT hash(range)::VARCHAR AS x FROM range(1_990_000)")
        connection.execute("CHECKPOINT")
        assert not compacting.is_bloated(connection)
