"""A data folder made by an older version is opened by this one: it syncs and rebuilds to the same rows."""

import tarfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dialflo_pipeline.cli.sync import rebuild, sync
from dialflo_pipeline.core.schema import WAREHOUSE_TABLES
from dialflo_pipeline.core.settings import Settings

ARCHIVE = Path(__file__).parents[2] / "cases" / "older_data_folder" / "data.tar.xz"
MARTS = ("marts.answer_rate", "marts.interest_distribution", "marts.metadata_coverage")
"""Some whose rules are as they were; those of the backlog have changed since."""
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The older data folder, and an API that nobody answers: there is nothing to fetch."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path / "data", filter="data")
    return Settings(data_dir=tmp_path / "data", base_url="http://127.0.0.1:9", settle_hours=1)


def rows(published: Path, columns: dict[str, str]) -> Rows:
    with duckdb.connect(published, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return {
            name: connection.execute(f"SELECT {listed} FROM {name} ORDER BY ALL").fetchall()
            for name, listed in columns.items()
        }


def columns(published: Path) -> dict[str, str]:
    """The columns that the older version had, by table."""
    names = [*(f"main.{table.name}" for table in WAREHOUSE_TABLES), *MARTS]
    with duckdb.connect(published, read_only=True) as connection:
        described = {name: connection.execute(f"DESCRIBE {name}").fetchall() for name in names}
    return {name: ", ".join(f'"{column}"' for column, *_ in found) for name, found in described.items()}


@pytest.mark.parametrize("run", [sync, rebuild])
def test_an_older_data_folder_gives_the_same_rows(settings: Settings, run: Any) -> None:
    published = settings.data_dir / "warehouse.duckdb"
    known = columns(published)
    before = rows(published, known)
    assert len(before["main.calls"]) > 40
    assert run(settings) == 0
    assert rows(published, known) == before
