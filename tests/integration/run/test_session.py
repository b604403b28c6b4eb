"""One session a run: how often a sync cleans up and surveys all days, and that it runs without Dagster."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from dialflo_pipeline.cli.commands.tasks import register_file
from dialflo_pipeline.cli.sync import rebuild, sync
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.lake import partitions
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.recovery import cleanup
from dialflo_pipeline.run import session
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator, task_rows

OPTIONS = SimulatorOptions(days=3, tasks_per_day=4)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Three days of registered ids, the last one in the inbox."""
    with running_simulator(OPTIONS) as simulator:
        token = SecretStr(simulator.token)
        settings = Settings(data_dir=tmp_path / "data", base_url=simulator.base_url, api_token=token, rate_limit=0)
        lines = [f"{row.task_id},{row.completed_at.isoformat()}" for row in task_rows(OPTIONS)]
        ids = tmp_path / "ids.csv"
        ids.write_text("\n".join(["task_id,completed_at", *lines[:-1]]))
        register_file(settings, read(ids, None, None, settings.zone))
        inbox = DataDir(settings.data_dir).inbox
        inbox.mkdir()
        (inbox / "late.csv").write_text(f"task_id,completed_at\n{lines[-1]}\n")
        yield settings


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often all days are surveyed and leftovers are cleaned up, by whichever module."""
    counts: Counter[str] = Counter()
    survey, clean_up = partitions.survey, cleanup.clean_up

    def counting_survey(*arguments: Any) -> Any:
        counts["surveys"] += 1
        return survey(*arguments)

    def counting_clean_up(data_dir: DataDir) -> None:
        counts["clean-ups"] += 1
        clean_up(data_dir)

    for name, module in list(sys.modules.items()):
        if name.startswith("dialflo_pipeline.") and getattr(module, "survey", None) is survey:
            monkeypatch.setattr(module, "survey", counting_survey)
    monkeypatch.setattr(session, "clean_up", counting_clean_up)
    return counts


def test_a_sync_cleans_up_once_and_surveys_all_days_at_most_twice(settings: Settings, counted: Counter[str]) -> None:
    assert sync(settings) == 0
    assert counted["clean-ups"] == 1
    assert 1 <= counted["surveys"] <= 2


def test_an_idle_sync_and_a_rebuild_do_so_too(settings: Settings, counted: Counter[str]) -> None:
    assert sync(settings) == 0
    for run in (sync, rebuild):
        counted.clear()
        assert run(settings) == 0
        assert counted["clean-ups"] == 1
        assert 1 <= counted["surveys"] <= 2


def test_a_sync_imports_neither_dagster_nor_the_simulator(settings: Settings) -> None:
    code = (
        "import sys; from dialflo_pipeline.cli.sync import run_sync;"
        " assert run_sync((None, None), retry_failed=False, refetch=False) == 0;"
        " print(sorted(name for name in sys.modules if name.split('.')[0] == 'dagster'"
        " or name.startswith('dialflo_pipeline.simulator')))"
    )
    environment = {
        "DIALFLO_DATA_DIR": str(settings.data_dir),
        "DIALFLO_BASE_URL": settings.base_url,
        "DIALFLO_API_TOKEN": settings.api_token.get_secret_value() if settings.api_token else "",
        "DIALFLO_RATE_LIMIT": "0",
        "PYTHONPATH": str(Path(partitions.__file__).parents[2]),
    }
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=settings.data_dir.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "[]"
