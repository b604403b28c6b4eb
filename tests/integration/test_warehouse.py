from pathlib import Path

import pytest

from dialflo_pipeline import loading, warehouse
from dialflo_pipeline.lake import Lake


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work" / "warehouse.duckdb"


def test_a_file_that_is_no_database_is_set_aside(path: Path) -> None:
    assert warehouse.set_aside_if_damaged(path) is None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half a header")
    aside = warehouse.set_aside_if_damaged(path)
    assert aside is not None
    assert aside.read_bytes() == b"half a header"
    assert not path.exists()


def test_a_database_in_order_stays_where_it_is(path: Path, tmp_path: Path) -> None:
    loading.load(path, Lake(tmp_path / "lake", tmp_path / "aside"), {})
    assert warehouse.set_aside_if_damaged(path) is None
    assert path.exists()
