"""Dagster's history in a real PostgreSQL, as deploy/dagster.yaml has it: sensors, and what `dialflo doctor` says."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, Definitions, asset, build_sensor_context, define_asset_job
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus  # how the web page switches off
from dagster._daemon.types import DaemonHeartbeat  # what the daemon leaves
from pydantic import SecretStr

from dialflo_pipeline.alerts.incidents import IncidentLog
from dialflo_pipeline.core.errors import TokenRefused
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.deployment.examine import examine_deployment
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.sensors.notifications import failure_sensors
from tests.services.servers import PASSWORD

RunSql = Callable[[str], list[tuple[Any, ...]]]

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("databases")]


@pytest.fixture
def instance(home: Path) -> Iterator[DagsterInstance]:
    with DagsterInstance.from_config(str(home)) as instance:
        yield instance


def problems() -> dict[str, str]:
    """What doctor finds wrong, by what it looked at."""
    return {each.what: each.found for each in examine_deployment(Settings()) if each.is_well is False}


def beat(instance: DagsterInstance, ago: float = 0.0) -> None:
    for kind in instance.get_required_daemon_types():
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - ago, kind, "one", []))


def test_one_cause_is_told_once_from_a_history_in_postgresql(
    instance: DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("dialflo_pipeline.alerts.webhook.Webhook.send", lambda _, message: sent.append(message.title))
    settings = Settings(data_dir=tmp_path / "data", notify_webhook=SecretStr("http://127.0.0.1/x"))

    @asset
    def fetch() -> None:
        raise TokenRefused("The API refused the token in DIALFLO_API_TOKEN.")

    job = Definitions(assets=[fetch], jobs=[define_asset_job("sync")]).resolve_job_def("sync")
    (sensor, _) = failure_sensors(Pipeline(lambda: settings), frozenset())
    cursor = None
    for _ in range(3):
        context = build_sensor_context(instance, cursor=cursor)
        sensor(context)
        cursor = context.cursor
        job.execute_in_process(instance=instance, raise_on_error=False)
    assert sent == ["Dialflo: sync failed at fetch"]
    (incident,) = IncidentLog.model_validate_json(cursor or "").open
    assert incident.times == 2


def test_a_set_up_in_order_has_no_problem(instance: DagsterInstance) -> None:
    beat(instance)
    assert problems() == {}


def test_looking_makes_no_tables(home: Path, run_sql: RunSql) -> None:
    assert problems() == {}
    assert run_sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'") == []


def test_a_daemon_that_never_ran_or_fell_silent_is_told(instance: DagsterInstance) -> None:
    assert "never run" in problems()["daemon"]
    beat(instance, ago=3_600)
    assert "silent for 3" in problems()["daemon"]
    beat(instance, ago=-3_600)
    assert "clocks differ" in problems()["daemon"]


def test_tables_of_another_version_are_told_with_the_command_that_mends_them(
    instance: DagsterInstance, run_sql: RunSql
) -> None:
    run_sql("UPDATE alembic_version SET version_num = '7f2b1a4ca7a5'")
    assert "dagster instance migrate" in problems()["run history"]


def test_a_sensor_that_was_switched_off_is_named(instance: DagsterInstance, tmp_path: Path) -> None:
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.remote_origin import (  # only a loaded code location makes them otherwise
        InProcessCodeLocationOrigin,
        RemoteInstigatorOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    beat(instance)
    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="dialflo_pipeline.definitions"))
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), "inbox")
    instance.add_instigator_state(InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.STOPPED))
    assert "switched off: inbox" in problems()["schedule and sensors"]


@pytest.mark.parametrize(
    ("pattern", "wrong", "told"),
    [
        (r":[^:@]+@", ":another@", "refuses user or password"),
        (r"/test_\w+$", "/no_such_db", "no such database"),
        (r":\d+/", ":1/", "no PostgreSQL answers"),
    ],
)
def test_a_storage_out_of_reach_is_told_without_its_password(
    home: Path, postgresql_url: str, use_postgres: Callable[[str], None], pattern: str, wrong: str, told: str
) -> None:
    use_postgres(re.sub(pattern, wrong, postgresql_url))
    found = problems()["run history"]
    assert told in found
    assert PASSWORD not in found


def test_a_variable_that_is_not_set_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_PG_PASSWORD")
    assert "DAGSTER_PG_PASSWORD" in problems()["run history"]
