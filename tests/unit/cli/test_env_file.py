"""From where settings are read when no shell profile and no current folder help, as in cron."""

import os
from pathlib import Path

import pytest

from dialflo_pipeline.core.env_file import ENV_FILE, find_env_file, is_configured
from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.settings import env_file_changed_at
from tests.unit.cli.test_app import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, without any setting; its parents have no `.env` either."""
    for name in [name for name in os.environ if name.upper().startswith("DIALFLO_")]:
        monkeypatch.delenv(name)
    here = tmp_path / "here"
    here.mkdir()
    (here / "ids.txt").write_text("one\n")
    (here / "workspace.yaml").write_text("load_from: []\n")
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A folder elsewhere with a settings file."""
    there = tmp_path / "there"
    there.mkdir()
    (there / "settings.env").write_text("DIALFLO_TIMEZONE=Asia/Kolkata\n")
    return there / "settings.env"


@pytest.mark.parametrize("command", [["sync"], ["tasks", "add", "ids.txt"], ["page", "-w", "workspace.yaml"]])
def test_without_any_setting_no_data_folder_is_made(folder: Path, command: list[str]) -> None:
    before = sorted(folder.iterdir())
    done = run(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--env-file" in done.stderr
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("command", [["status"], ["metrics"], ["--help"]])
def test_a_command_that_only_reads_needs_no_setting(folder: Path, command: list[str]) -> None:
    assert run(*command).returncode == 0
    assert not (folder / "data").exists()


def test_any_setting_or_a_data_folder_is_enough(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "data").mkdir()
    assert run("tasks", "add", "ids.txt").returncode == 0
    monkeypatch.setenv("DIALFLO_DATA_DIR", "other")
    assert run("tasks", "add", "ids.txt").returncode == 0
    assert (folder / "other" / "lake").is_dir()


def test_the_option_names_the_file_and_its_folder_is_the_base_of_the_data(folder: Path, configured: Path) -> None:
    done = run("--env-file", str(configured), "tasks", "add", "ids.txt")
    assert done.returncode == 0
    assert (configured.parent / "data" / "lake").is_dir()
    assert not (folder / "data").exists()
    assert "Asia/Kolkata" in run("--env-file", f"../there/{configured.name}", "status").stdout


def test_the_variable_names_it_too_and_the_option_comes_first(
    folder: Path, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENV_FILE, str(configured))
    (folder / ".env").write_text("DIALFLO_TIMEZONE=Europe/Berlin\n")
    assert "Asia/Kolkata" in run("status").stdout
    assert "Europe/Berlin" in run("--env-file", ".env", "status").stdout


@pytest.mark.parametrize("name", ["none.env", "."])
def test_a_file_that_does_not_exist_is_named(folder: Path, name: str) -> None:
    done = run("--env-file", name, "sync")
    assert (done.returncode, done.stdout) == (2, "")
    assert str((folder / name).absolute()) in done.stderr
    assert "--env-file" in done.stderr
    assert not (folder / "data").exists()


def test_an_empty_variable_and_empty_settings_count_for_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_FILE, "")
    monkeypatch.setenv("DIALFLO_TIMEZONE", "")
    monkeypatch.setenv("DIALFLO_CALLED_IN", str(folder))
    assert find_env_file(folder) is None
    assert not is_configured(folder)
    monkeypatch.setenv("dialflo_timezone", "UTC")
    assert is_configured(folder)


def test_a_chosen_file_is_watched_for_changes(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_FILE, str(configured))
    assert env_file_changed_at() is not None
    configured.unlink()
    assert env_file_changed_at() is None
    with pytest.raises(SettingsError, match=r"settings\.env"):
        find_env_file(Path.cwd())
