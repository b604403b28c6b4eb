"""What holds for all tests: generated examples may take long, nothing leaks; and a published warehouse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import hypothesis
import orjson
import polars as pl
import pytest

from dialflo_pipeline import pipeline as refresh
from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import registered_days, survey
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.simulator.campaign import campaign, task_rows
from dialflo_pipeline.simulator.documents import document
from dialflo_pipeline.simulator.options import SimulatorOptions
from tests.support.canaries import (
    _listening,
    canary_token,
    pytest_runtest_makereport,
    pytest_runtest_teardown,
    pytest_warning_recorded,
)
from tests.support.forked import ForkServer, fork_server
from tests.support.sql_subset import copy_sql

__all__ = [
    "_listening",
    "canary_token",
    "pytest_runtest_makereport",
    "pytest_runtest_teardown",
    "pytest_warning_recorded",
]

hypothesis.settings.register_profile("unhurried", deadline=None, print_blob=True)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def seed_of_run(pytestconfig: pytest.Config) -> int:
    """What all drawn inputs follow from: pytest-randomly prints it at the start, `--randomly-seed` sets it."""
    return int(pytestconfig.getoption("randomly_seed", 0))


@pytest.fixture(scope="session")
def forking() -> Iterator[ForkServer]:
    """A process that forks commands in milliseconds, started when the first test asks for it."""
    with fork_server() as running:
        yield running


@pytest.fixture(scope="session")
def sql_of_few_marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQL project with two of the marts."""
    return copy_sql(tmp_path_factory.mktemp("sql") / "sql", ("answer_rate", "redial_backlog"))


@pytest.fixture
def few_marts(sql_of_few_marts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that are not about the marts: build two of them only, in a third of the time."""
    monkeypatch.setattr("dialflo_pipeline.marts.build.sql_folder", lambda: sql_of_few_marts)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """Three weeks of simulated calls, published; a few tasks were never asked for, and a few are not known."""
    data_dir = DataDir(tmp_path_factory.mktemp("simulated") / "data")
    options = SimulatorOptions(days=21, tasks_per_day=40)
    _register(data_dir, options)
    _answer(data_dir, options)
    rules = LakeSettings("UTC", timedelta(hours=24))
    for _ in flatten_days(data_dir.lake, registered_days(data_dir.lake), rules):
        pass
    refresh.load_warehouse(data_dir, survey(data_dir.lake, rules))
    refresh.build_marts(data_dir, MartSettings("UTC", redial_max_attempts=3, redial_min_gap_minutes=30))
    refresh.publish_warehouse(data_dir)
    return data_dir


def _register(data_dir: DataDir, options: SimulatorOptions) -> None:
    for day, rows in groupby(task_rows(options), key=lambda row: row.completed_at.date()):
        ids = [
            (row.task_id, day, row.completed_at, datetime.now(UTC), orjson.dumps(row.attributes).decode())
            for row in rows
        ]
        data_dir.lake.append(TASK_IDS, pl.DataFrame(ids, schema=TASK_IDS.frame_schema, orient="row"), day)


def _answer(data_dir: DataDir, options: SimulatorOptions) -> None:
    for day, rows in groupby(_tries(options), key=lambda row: row["call_date"]):
        data_dir.lake.append(RAW_ANSWERS, pl.DataFrame(list(rows), schema=RAW_ANSWERS.frame_schema), day)


def _tries(options: SimulatorOptions) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    for place, task in enumerate(campaign(options)):
        if place % 50 == 1:
            continue
        is_known = place % 50 != 2
        answered = {"status": 200, "result": "usable", "is_complete": True} if is_known else {"status": 404}
        yield dict.fromkeys(RAW_ANSWERS.columns) | {
            "task_id": task.task_id,
            "call_date": task.completed_at.date(),
            "asking_id": f"{place:020d}-00000000",
            "attempt": 1,
            "is_last": True,
            "requested_at": now,
            "received_at": now,
            "result": "not_found",
            "body": orjson.dumps(document(task, options.seed)) if is_known else None,
            "stopped_run": False,
            "source": "api",
            **answered,
        }


@pytest.fixture
def data_dir_of_simulated(simulated: DataDir, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The commands of this test work on the simulated calls."""
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(simulated.root))
    return simulated.root
