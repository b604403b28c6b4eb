"""What a sync without new ids still notices: another program's changes to the published file, another time zone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from dialflo_pipeline.cli.commands.tasks import register_file
from dialflo_pipeline.cli.doctor.basics import examine_basics
from dialflo_pipeline.cli.sync import sync
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.run.time_zone import time_zone_change
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator, task_rows

OPTIONS = SimulatorOptions(days=2, tasks_per_day=3)
CHANGE = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("UPDATE main.calls SET agent_name = 'changed'")
os._exit(9) if sys.argv[2] == "killed" else connection.close()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A data folder after its first sync; nothing is left to do."""
    with running_simulator(OPTIONS) as simulator:
        token = SecretStr(simulator.token)
        settings = Settings(data_dir=tmp_path / "data", base_url=simulator.base_url, api_token=token, rate_limit=0)
        ids = tmp_path / "ids.csv"
        lines = [f"{row.task_id},{row.completed_at.isoformat()}" for row in task_rows(OPTIONS)]
        ids.write_text("\n".join(["task_id,completed_at", *lines]))
        register_file(settings, read(ids, None, None, settings.zone))
        assert sync(settings) == 0
        yield settings


def agents(settings: Settings) -> list[tuple[object, ...]]:
    with duckdb.connect(DataDir(settings.data_dir).published, read_only=True) as connection:
        return connection.execute("SELECT DISTINCT agent_name FROM main.calls ORDER BY ALL").fetchall()


def found(settings: Settings, what: str) -> tuple[str, bool | None]:
    return next((each.found, each.is_well) for each in examine_basics(settings) if each.what == what)


@pytest.mark.parametrize("end", ["killed", "closed"])
def test_another_programs_changes_are_undone_and_reported(
    settings: Settings, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    published, before = DataDir(settings.data_dir).published, agents(settings)
    published.chmod(0o644)
    subprocess.run([sys.executable, "-c", CHANGE, str(published), end], check=False)
    assert agents(settings) == [("changed",)]
    text, is_well = found(settings, "published warehouse")
    assert ("another program" in text, is_well) == ((True, False) if end == "killed" else (False, True))
    capsys.readouterr()
    assert sync(settings) == 0
    assert "another program" in capsys.readouterr().err
    assert agents(settings) == before
    assert not published.with_name("warehouse.duckdb.wal").exists()
    assert published.stat().st_mode & 0o222 == 0
    assert found(settings, "published warehouse")[1] is True
    assert sync(settings) == 0
    assert "another program" not in capsys.readouterr().err


def test_a_changed_time_zone_is_reported_once_with_its_effect(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = DataDir(settings.data_dir)
    assert time_zone_change(data_dir, "UTC") is None
    changed = settings.model_copy(update={"timezone": "Asia/Kolkata"})
    assert "from UTC to Asia/Kolkata" in found(changed, "time zone")[0]
    capsys.readouterr()
    assert sync(changed) == 0
    said = capsys.readouterr().err
    assert "from UTC to Asia/Kolkata" in said
    assert "keep their day" in said
    assert sync(changed) == 0
    assert "from UTC" not in capsys.readouterr().err


def test_before_the_first_sync_there_is_no_change_of_time_zone(tmp_path: Path) -> None:
    assert time_zone_change(DataDir(tmp_path), "Asia/Kolkata") is None
    duckdb.connect(tmp_path / "warehouse.duckdb").close()
    assert time_zone_change(DataDir(tmp_path), "Asia/Kolkata") is None
