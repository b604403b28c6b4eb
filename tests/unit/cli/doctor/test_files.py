"""What `dialflo doctor` says of the data folder: whose it is, and whether the clock fits what lies there."""

import os
import time
from pathlib import Path

import pytest

from dialflo_pipeline.cli.doctor import files
from dialflo_pipeline.cli.doctor.files import examine_files
from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.lake.data_dir import DataDir


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    data_dir = DataDir(tmp_path / "data")
    (data_dir.root / "lake" / "calls").mkdir(parents=True)
    data_dir.work.mkdir()
    (data_dir.root / "lake" / "calls" / "one.parquet").write_text("")
    return data_dir


def found(data_dir: DataDir) -> dict[str, Finding]:
    return {each.what: each for each in examine_files(data_dir)}


def test_a_folder_in_order_is_well(data_dir: DataDir) -> None:
    assert [each.is_well for each in examine_files(data_dir)] == [True, True, True]


def test_a_folder_that_is_not_there_yet_is_nothing_wrong(tmp_path: Path) -> None:
    assert found(DataDir(tmp_path / "none" / "yet"))["data folder"].is_well is None


def test_little_space_is_wrong(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MIN_FREE_BYTES", 10**18)
    assert found(data_dir)["disk"].is_well is False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_of_somebody_else_is_named(data_dir: DataDir) -> None:
    foreign = data_dir.root / "lake" / "calls" / "one.parquet"
    os.chown(foreign, 12_345, 12_345)
    finding = found(data_dir)["data folder"]
    assert finding.is_well is False
    assert f"{foreign} belongs to user 12345" in finding.found
    assert "chown" in finding.found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_folder_of_somebody_else_is_told_whose_it_is(data_dir: DataDir) -> None:
    for path in (data_dir.root, *data_dir.root.rglob("*")):
        os.chown(path, 12_345, 12_345)
    finding = found(data_dir)["data folder"]
    assert finding.is_well is False
    assert "belongs to user 12345; you are root" in finding.found


def test_a_file_from_the_future_says_that_the_clock_is_behind(data_dir: DataDir) -> None:
    later = time.time() + 3_600
    (data_dir.work / "last_run.json").write_text("{}")
    os.utime(data_dir.work / "last_run.json", (later, later))
    finding = found(data_dir)["clock"]
    assert finding.is_well is False
    assert "NTP" in finding.found
