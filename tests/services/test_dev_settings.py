"""Settings that somebody mends while `dialflo dev` runs."""

from pathlib import Path

import pytest

from dialflo_pipeline.core.settings import ENV_PREFIX
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.simulator import SimulatorOptions, running_simulator, task_rows
from tests.support.dagster_page import DagsterPage, dagster_page, until

pytestmark = pytest.mark.services

RUNS = "{ runsOrError { ... on Runs { results { status jobName } } } }"


def syncs(served: DagsterPage) -> list[str]:
    """How the syncs ended or stand, the last one first."""
    runs = served.ask(RUNS)["runsOrError"]["results"]
    return [run["status"] for run in runs if run["jobName"] == "sync"]


def answered(data: Path) -> set[str]:
    """The ids of which readers have calls."""
    with read_published(data / "warehouse.duckdb") as connection:
        return {task_id for (task_id,) in connection.execute("SELECT task_id FROM calls").fetchall()}


def test_a_token_mended_in_the_env_file_is_the_next_runs_token_with_no_other_hand_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_TOKEN", "BASE_URL", "DATA_DIR"):
        monkeypatch.delenv(ENV_PREFIX + name, raising=False)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    inbox = tmp_path / "data" / "inbox"
    inbox.mkdir(parents=True)
    options = SimulatorOptions(days=1, tasks_per_day=2)
    ids = {row.task_id for row in task_rows(options)}
    (inbox / "ids.txt").write_text("\n".join(ids))
    with running_simulator(options) as simulator:
        settings = f"{ENV_PREFIX}BASE_URL={simulator.base_url}\n{ENV_PREFIX}API_TOKEN="
        (tmp_path / ".env").write_text(f"{settings}wrong-token\n")
        with dagster_page({}, tmp_path) as served:
            until(lambda: "FAILURE" in syncs(served), "a sync to be refused")
            assert syncs(served) == ["FAILURE"]
            (tmp_path / ".env").write_text(f"{settings}{simulator.token}\n")
            until(lambda: "SUCCESS" in syncs(served), "a sync with the token that was mended")
            assert syncs(served) == ["SUCCESS", "FAILURE"]
    assert answered(tmp_path / "data") == ids
