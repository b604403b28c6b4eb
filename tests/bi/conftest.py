"""Simulated calls, all but the last day synced, and a clean Superset that shows them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bi.superset.bundle import bundle, write_zip
from dialflo_pipeline.core.settings import ENV_PREFIX
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.marts.project import read_models, sql_folder
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator, task_rows
from tests.bi.superset_page import DashboardPage, dashboard_page
from tests.bi.superset_server import Superset
from tests.support.dagster_page import browser

# Some days back, so that no call becomes due while the tests run.
OPTIONS = SimulatorOptions(days=14, tasks_per_day=60, last_day=(datetime.now(UTC) - timedelta(days=3)).date())
ZONE = "Asia/Kolkata"
CAMPAIGN_KEY = "source"
"""That one of the simulated agents is given."""


@pytest.fixture(scope="session")
def sync_more(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], DataDir]]:
    """Each call syncs more: at first all days but the last, then the last."""
    root = tmp_path_factory.mktemp("bi")
    last_day = OPTIONS.last_day
    parts = iter(
        [
            [row for row in task_rows(OPTIONS) if row.completed_at.date() < last_day],
            [row for row in task_rows(OPTIONS) if row.completed_at.date() == last_day],
        ]
    )
    with running_simulator(OPTIONS) as simulator:
        settings = {
            "DATA_DIR": str(root / "data"),
            "BASE_URL": simulator.base_url,
            "API_TOKEN": simulator.token,
            "RATE_LIMIT": "0",
            "TIMEZONE": ZONE,
            "CAMPAIGN_KEY": CAMPAIGN_KEY,
        }
        named = {f"{ENV_PREFIX}{name}": value for name, value in settings.items()}
        environment = {**os.environ, **named, "DAGSTER_HOME": str(root / "dagster")}

        def more() -> DataDir:
            file = root / "ids.csv"
            lines = ["task_id,completed_at", *(f"{row.task_id},{row.completed_at.isoformat()}" for row in next(parts))]
            file.write_text("\n".join(lines))
            for command in (("tasks", "add", str(file)), ("sync",)):
                program = [sys.executable, "-m", "dialflo_pipeline.cli", *command]
                done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr
            return DataDir(root / "data")

        yield more


@pytest.fixture(scope="session")
def data_dir(sync_more: Callable[[], DataDir]) -> DataDir:
    """With all days but the last."""
    return sync_more()


@pytest.fixture(scope="session")
def superset(data_dir: DataDir, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Set up from nothing; the committed bundle imported, with its placeholder, and the path set afterwards."""
    root = tmp_path_factory.mktemp("superset")
    superset = Superset(root / "home")
    superset.set_up()
    committed = root / "dialflo.zip"
    write_zip(bundle(read_models(sql_folder())), committed)
    superset.command("import-dashboards", "--path", str(committed), "--username", "admin")
    with superset.running():
        superset.set_warehouse(data_dir.published)
        yield superset


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    with browser() as running:
        yield running


@pytest.fixture
def page(superset: Superset, chromium: Any) -> Iterator[DashboardPage]:
    """A page of this test's own, logged in."""
    with dashboard_page(superset, chromium) as page:
        yield page


@pytest.fixture
def published(data_dir: DataDir) -> Path:
    """The file that Superset shows."""
    return data_dir.published
