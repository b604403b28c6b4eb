"""Simulated calls, all but the last day synced, and a clean Superset that shows them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bi.superset.bundle import bundle, write_zip
from dialflo_pipeline.cli.sync import sync
from dialflo_pipeline.cli.tasks import register_file
from dialflo_pipeline.models import read_models, sql_folder
from dialflo_pipeline.settings import Settings
from dialflo_pipeline.simulator import SimulatorOptions, TaskRow, running_simulator, task_rows
from dialflo_pipeline.task_ids.files import read
from dialflo_pipeline.workspace import Workspace
from tests.bi.superset_page import DashboardPage, dashboard_page
from tests.bi.superset_server import Superset

# Some days back, so that no call becomes due while the tests run.
OPTIONS = SimulatorOptions(days=14, tasks_per_day=60, last_day=(datetime.now(UTC) - timedelta(days=3)).date())
ZONE = "Asia/Kolkata"
CAMPAIGN_KEY = "source"
"""That one of the simulated agents is given."""


@pytest.fixture(scope="session")
def sync_more(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Workspace]]:
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
        settings = Settings(
            data_dir=root / "data",
            base_url=simulator.base_url,
            api_token=SecretStr(simulator.token),
            rate_limit=0,
            timezone=ZONE,
            campaign_key=CAMPAIGN_KEY,
        )

        def more() -> Workspace:
            _register(settings, next(parts))
            assert sync(settings, history_apart=True) == 0
            return Workspace(settings.data_dir)

        yield more


def _register(settings: Settings, rows: list[TaskRow]) -> None:
    file = settings.data_dir.parent / "ids.csv"
    lines = ["task_id,completed_at", *(f"{row.task_id},{row.completed_at.isoformat()}" for row in rows)]
    file.write_text("\n".join(lines))
    register_file(settings, read(file, None, None, settings.zone))


@pytest.fixture(scope="session")
def workspace(sync_more: Callable[[], Workspace]) -> Workspace:
    """With all days but the last."""
    return sync_more()


@pytest.fixture(scope="session")
def superset(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Set up from nothing; the committed bundle imported, with its placeholder, and the path set afterwards."""
    root = tmp_path_factory.mktemp("superset")
    superset = Superset(root / "home")
    superset.set_up()
    committed = root / "dialflo.zip"
    write_zip(bundle(read_models(sql_folder())), committed)
    superset.command("import-dashboards", "--path", str(committed), "--username", "admin")
    with superset.running():
        superset.set_warehouse(workspace.published)
        yield superset


@pytest.fixture
def page(superset: Superset) -> Iterator[DashboardPage]:
    """A browser of this test's own."""
    with dashboard_page(superset) as page:
        yield page


@pytest.fixture
def published(workspace: Workspace) -> Path:
    """The file that Superset shows."""
    return workspace.published
