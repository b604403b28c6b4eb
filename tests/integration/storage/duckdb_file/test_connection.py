import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from dialflo_pipeline.core.errors import DamagedWarehouse
from dialflo_pipeline.storage import duckdb_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work" / "warehouse.duckdb"


def test_a_damaged_file_is_set_aside_with_its_log(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half a header")
    duckdb_file.log_of(path).write_bytes(b"half a log")
    with pytest.raises(DamagedWarehouse, match="rebuilds it"):
        duckdb_file.examine(path)
    aside = duckdb_file.set_aside(path, path.with_suffix(".damaged"))
    assert (aside.read_bytes(), duckdb_file.log_of(aside).read_bytes()) == (b"half a header", b"half a log")
    assert [each for each in path.parent.iterdir() if each.name.startswith("warehouse.duckdb")] == []


@pytest.mark.parametrize("opened", [duckdb_file.connect_read_only, duckdb_file.connect])
def test_a_pipe_in_the_place_of_a_file_is_told_and_not_waited_for(
    path: Path, opened: Callable[[Path], AbstractContextManager[object]]
) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    with pytest.raises(DamagedWarehouse, match="is not a file"), opened(path):
        pass
