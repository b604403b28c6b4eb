"""What checks do to a run of the command line: warnings are shown, and a blocking check prevents publication."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import SecretStr

from dialflo_pipeline.checks.check import Check, Severity
from dialflo_pipeline.checks.run import all_checks
from dialflo_pipeline.cli.commands.tasks import register_file
from dialflo_pipeline.cli.sync import rebuild, sync
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.run import stages
from dialflo_pipeline.run.asset_events import Checked
from dialflo_pipeline.run.event_file import read_events
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator, task_rows

OPTIONS = SimulatorOptions(days=2, tasks_per_day=8)
ODD = Check(
    name="odd",
    asset="main.calls",
    description="Finds something whatever there is.",
    query="SELECT call_date, count(*) AS rows FROM main.calls GROUP BY call_date",
    says="{rows} calls are odd.",
)
BLOCKING = Check(
    name="dreadful",
    asset="marts.answer_rate",
    description="Finds something whatever there is.",
    query="SELECT 3 AS rows",
    says="{rows} days are dreadful.",
    severity=Severity.ERROR,
    is_blocking=True,
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A data folder that was synced."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    with running_simulator(OPTIONS) as simulator:
        settings = Settings(
            data_dir=tmp_path / "data",
            base_url=simulator.base_url,
            api_token=SecretStr(simulator.token),
            rate_limit=0,
        )
        ids = tmp_path / "ids.csv"
        lines = [f"{row.task_id},{row.completed_at.isoformat()}" for row in task_rows(OPTIONS)]
        ids.write_text("\n".join(["task_id,completed_at", *lines]))
        register_file(settings, read(ids, None, None, settings.zone))
        assert sync(settings) == 0
    return settings


def with_check(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def more(folder: Path | None = None, models: Iterable[Model] | None = None) -> list[Check]:
        return [*all_checks(folder, models), check]

    monkeypatch.setattr(stages, "all_checks", more)


def test_a_warning_is_shown_and_changes_neither_publication_nor_exit_code(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    published = DataDir(settings.data_dir).published
    before = published.stat().st_ino
    with_check(ODD, monkeypatch)
    assert rebuild(settings) == 0
    calls = len(task_rows(OPTIONS))
    told = [line for line in capfd.readouterr().err.splitlines() if line.startswith("check ")]
    assert len(told) == 1
    assert told[0].startswith("check warning: main.calls, odd: ")
    assert int(told[0].split()[4]) >= calls
    assert published.stat().st_ino != before


def test_a_check_that_blocks_keeps_readers_on_what_they_have_until_it_passes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    published = DataDir(settings.data_dir).published
    before = published.stat().st_ino
    with monkeypatch.context() as patch:
        with_check(BLOCKING, patch)
        assert rebuild(settings) == 1
        printed = capfd.readouterr()
        assert "check blocks: marts.answer_rate, dreadful: 3 days are dreadful." in printed.err
        assert "not published, readers keep what they have" in printed.out
        assert published.stat().st_ino == before
    assert rebuild(settings) == 0
    assert published.stat().st_ino != before


def test_the_event_file_has_each_check_with_its_sentence(settings: Settings) -> None:
    events = [stored.event for stored in read_events(DataDir(settings.data_dir).work)]
    checks = [event for event in events if isinstance(event, Checked)]
    assert {f"{'/'.join(each.asset)} {each.check}" for each in checks} >= {
        "warehouse/tasks every_id_once",
        "marts/answer_rate grain_unique",
    }
    assert all(each.passed and each.description.startswith("Nothing found") for each in checks)
