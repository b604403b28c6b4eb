"""A backfill that somebody starts with Dagster's own command."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.cli.commands.tasks import register_file
from dialflo_pipeline.core.settings import ENV_PREFIX, load_settings
from dialflo_pipeline.defs.deployment.home import home_beside
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator, task_rows
from tests.support.dagster_page import DagsterPage, dagster_page, until

pytestmark = pytest.mark.services

OPTIONS = SimulatorOptions(days=4, tasks_per_day=5)
RUNS = "{ runsOrError { ... on Runs { results { jobName status } } } }"


def runs(served: DagsterPage) -> list[tuple[str, str]]:
    """Each run by its job, and how it stands."""
    return [(run["jobName"], run["status"]) for run in served.ask(RUNS)["runsOrError"]["results"]]


def test_each_day_is_a_run_and_what_has_no_days_follows_once_after_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {row.task_id: row.completed_at for row in task_rows(OPTIONS)}
    days = sorted({at.date().isoformat() for at in rows.values()})
    data_dir = DataDir(tmp_path / "data")
    ids = tmp_path / "ids.csv"
    ids.write_text("\n".join(["task_id,completed_at", *(f"{name},{at.isoformat()}" for name, at in rows.items())]))
    with running_simulator(OPTIONS) as simulator:
        settings = {"API_TOKEN": simulator.token, "BASE_URL": simulator.base_url, "DATA_DIR": str(data_dir.root)}
        settings["SETTLE_HOURS"] = "1"  # so that no call is open any more
        for name, value in settings.items():
            monkeypatch.setenv(f"{ENV_PREFIX}{name}", value)
        monkeypatch.setenv("DAGSTER_HOME", str(home_beside(data_dir)))
        register_file(load_settings(), read(ids, None, None, ZoneInfo("UTC")))

        span = ["--from", days[0], "--to", days[-1]]
        backfill = ["job", "backfill", "-m", "dialflo_pipeline.definitions", "-j", "fetch_days", *span, "--noprompt"]
        subprocess.run([sys.executable, "-m", "dagster", *backfill], check=True, capture_output=True)
        with dagster_page({}, tmp_path) as served:
            until(lambda: ("derive", "SUCCESS") in runs(served), "what has no days to follow")
            assert Counter(runs(served)) == {("fetch_days", "SUCCESS"): len(days), ("derive", "SUCCESS"): 1}
    with read_published(data_dir.published) as connection:
        found = connection.execute("SELECT task_id, call_date FROM tasks WHERE state = 'settled'").fetchall()
    assert sorted(found) == sorted((name, at.date()) for name, at in rows.items())
