"""What `dialflo doctor` says of Dagster's home and definitions; of storage in PostgreSQL, tests/services says more."""

import subprocess
import sys
from pathlib import Path

import pytest
from dagster import DagsterInstance

from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.deployment import examine as deployment
from dialflo_pipeline.defs.deployment.examine import examine_deployment
from tests.support.root_rights import give_up_roots_rights

POSTGRES = (Path(__file__).parents[4] / "deploy" / "dagster.yaml").read_text("utf-8")
SQLITE = "telemetry: {enabled: false}\n"
LOOKING = """
from dialflo_pipeline.defs.deployment.examine import examine_deployment
from dialflo_pipeline.core.settings import Settings

print(next(each.found for each in examine_deployment(Settings()) if each.what == "DAGSTER_HOME"))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text(SQLITE)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path / "data"))
    return home


@pytest.fixture(autouse=True)
def definitions_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading them takes a second, and is looked at by one test."""
    monkeypatch.setattr(deployment, "_definitions", lambda: Finding("definitions", "load", True))


def found() -> dict[str, Finding]:
    return {each.what: each for each in examine_deployment(Settings())}


def test_a_home_that_is_not_set_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert found()["DAGSTER_HOME"].is_well is False
    assert "not set" in found()["DAGSTER_HOME"].found


@pytest.mark.parametrize(("value", "why"), [("relative", "absolute"), ("/no/such/folder", "not a folder")])
def test_a_home_that_is_none_is_wrong(monkeypatch: pytest.MonkeyPatch, value: str, why: str) -> None:
    monkeypatch.setenv("DAGSTER_HOME", value)
    assert found().keys() == {"DAGSTER_HOME", "definitions"}
    assert why in found()["DAGSTER_HOME"].found


def test_a_home_without_settings_is_wrong_and_stays_as_it_is(home: Path) -> None:
    (home / "dagster.yaml").unlink()
    assert "no dagster.yaml" in found()["DAGSTER_HOME"].found
    assert list(home.iterdir()) == []


def test_a_home_in_which_one_may_not_write_is_wrong(home: Path) -> None:
    home.chmod(0o500)
    looking = [sys.executable, "-c", LOOKING]
    done = subprocess.run(looking, preexec_fn=give_up_roots_rights, capture_output=True, text=True, check=True)
    assert "may not write" in done.stdout


def test_a_history_in_files_is_looked_at_too(home: Path) -> None:
    with DagsterInstance.from_config(str(home)):
        pass
    assert found()["run history"].is_well is True
    assert "never run" in found()["daemon"].found
    assert found()["schedule and sensors"].is_well is True


def test_looking_begins_no_history(home: Path) -> None:
    assert "none yet" in found()["run history"].found
    assert [path.name for path in home.iterdir()] == ["dagster.yaml"]


def test_a_driver_that_is_missing_is_told_with_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "dagster.yaml").write_text(POSTGRES)
    monkeypatch.setitem(sys.modules, "dagster_postgres", None)
    assert "dialflo-pipeline[dagster-postgresql]" in found()["run history"].found


def test_settings_that_dagster_does_not_understand_are_told(home: Path) -> None:
    (home / "dagster.yaml").write_text("storage: {postgres: nonsense}\n")
    assert found()["run history"].is_well is False


def test_definitions_that_do_not_load_are_told_without_what_the_error_quotes(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("dagster.Definitions.validate_loadable", _quote)
    finding = deployment._definitions()
    assert (finding.is_well, finding.found) == (False, "do not load: ValueError. `dg check defs` says more")


def _quote(*_: object) -> None:
    raise ValueError("+917407656243")
