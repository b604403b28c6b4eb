"""Where Dagster's run history goes."""

from pathlib import Path

import pytest
from dagster import DagsterInstance

from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.defs.deployment.home import dagster_home, home_beside
from dialflo_pipeline.lake.data_dir import DataDir


@pytest.fixture(autouse=True)
def no_home_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    home = tmp_path / "checkout" / "dagster_home"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return home.parent


def test_the_environment_goes_before_everything(
    tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "chosen"))
    assert dagster_home(DataDir(checkout / "data"), checkout) == tmp_path / "chosen"


def test_a_checkout_keeps_the_history_of_its_own_data(checkout: Path) -> None:
    inside = checkout / "somewhere" / "deeper"
    assert dagster_home(DataDir(checkout / "data"), inside) == checkout / "dagster_home"


def test_data_elsewhere_keeps_its_history_beside_itself(checkout: Path, tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "elsewhere")
    assert dagster_home(data_dir, checkout) == data_dir.work / "dagster"


def test_a_missing_configuration_is_put_there_and_a_present_one_is_kept(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    config = dagster_home(data_dir, tmp_path) / "dagster.yaml"
    assert "telemetry" in config.read_text()
    config.write_text("telemetry: {enabled: false}  # mine\n")
    dagster_home(data_dir, tmp_path)
    assert config.read_text().endswith("# mine\n")


def test_a_history_apart_is_below_the_data_whatever_is_set(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(checkout / "chosen"))
    data_dir = DataDir(checkout / "data")
    assert home_beside(data_dir) == data_dir.work / "dagster"
    assert (data_dir.work / "dagster" / "dagster.yaml").is_file()


def test_what_a_process_killed_while_it_wrote_the_settings_left_is_no_settings(tmp_path: Path) -> None:
    home = tmp_path / "work" / "dagster"
    home.mkdir(parents=True)
    (home / "dagster.yaml.unfinished").write_text("telem")
    assert home_beside(DataDir(tmp_path)) == home
    assert "enabled: false" in (home / "dagster.yaml").read_text()
    assert [path.name for path in home.iterdir()] == ["dagster.yaml"]


@pytest.mark.parametrize("name", ["a%2Fb", "100%25", "%41", "50% of it", "a+b", "a#b"])
def test_a_history_in_a_folder_with_percent_signs_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    data_dir = DataDir(tmp_path / name)
    home = dagster_home(data_dir, tmp_path)
    assert home.samefile(data_dir.work / "dagster")
    assert dagster_home(data_dir, tmp_path) == home
    with DagsterInstance.from_config(str(home)) as instance:
        assert instance.get_runs_count() == 0
    assert list((data_dir.work / "dagster").rglob("runs.db"))


def test_two_folders_with_percent_signs_have_two_histories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    first, second = (dagster_home(DataDir(tmp_path / name), tmp_path) for name in ("a%2Fb", "a%2fb"))
    assert not first.samefile(second)


def test_a_state_folder_with_percent_signs_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "%20"))
    with pytest.raises(SettingsError, match="DAGSTER_HOME"):
        dagster_home(DataDir(tmp_path / "a%2Fb"), tmp_path)
