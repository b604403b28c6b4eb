"""The sensor that starts a sync when something is due."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, DagsterRunStatus, Definitions, RunRequest, SkipReason, build_sensor_context
from dagster._core.test_utils import create_run_for_test  # the only way to a run of a chosen state
from dagster._daemon.types import DaemonHeartbeat  # what the daemon leaves
from filelock import FileLock

from dialflo_pipeline import pipeline as refresh
from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.runs import active_runs as under_way
from dialflo_pipeline.defs.sensors.due import earliest_start
from dialflo_pipeline.defs.sensors.killed_runs import report_killed
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import day_status, survey
from dialflo_pipeline.lake.settings import lake_settings_of
from dialflo_pipeline.marts.settings import mart_settings_of
from dialflo_pipeline.storage.locks import RUN_LOCK

DAY, LATER = date(2026, 1, 5), date(2026, 1, 8)
Register = Callable[..., None]
Tick = Callable[[], Any]


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def tick(definitions: Callable[[], Definitions], instance: DagsterInstance) -> Tick:
    """What the sensor asks for now; one look after another."""
    cursor = None

    def look() -> Any:
        nonlocal cursor
        context = build_sensor_context(instance=instance, cursor=cursor)
        asked = definitions().resolve_sensor_def("due")(context)
        cursor = context.cursor
        return asked

    return look


@pytest.fixture
def derived(data_dir: DataDir, settings: Settings, register: Register) -> None:
    """A day whose id is pending, as after a run in which it gave no answer."""
    register(DAY, ["a"])
    list(flatten_days(data_dir.lake, [DAY], lake_settings_of(settings)))
    assert day_status(data_dir.lake, DAY, lake_settings_of(settings)).waiting


def ended(instance: DagsterInstance, *statuses: DagsterRunStatus, job: str = "sync") -> None:
    for status in statuses:
        create_run_for_test(instance, job_name=job, status=status)


def publish(data_dir: DataDir, settings: Settings) -> None:
    refresh.load_warehouse(data_dir, survey(data_dir.lake, lake_settings_of(settings)))
    refresh.build_marts(data_dir, mart_settings_of(settings))
    refresh.publish_warehouse(data_dir)


def test_nothing_is_asked_for_when_nothing_is_registered(tick: Tick) -> None:
    assert isinstance(tick(), SkipReason)


def test_new_ids_get_a_run_over_their_days(tick: Tick, register: Register) -> None:
    register(DAY, ["a"])
    register(LATER, ["b"])
    asked = tick()
    assert isinstance(asked, RunRequest)
    assert asked.partition_key == LATER.isoformat()
    for step in ("raw_answers", "lake_tables"):
        span = {"first_day": DAY.isoformat(), "last_day": LATER.isoformat()}
        assert asked.run_config["ops"][step]["config"].items() >= span.items()


@pytest.mark.parametrize("status", [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTED])
def test_one_run_at_a_time(status: DagsterRunStatus, tick: Tick, register: Register, instance: DagsterInstance) -> None:
    register(DAY, ["a"])
    ended(instance, status)
    assert isinstance(tick(), SkipReason)


def test_a_run_that_was_killed_holds_up_nothing(
    tick: Tick, register: Register, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(DAY, ["a"])
    ended(instance, DagsterRunStatus.STARTED)
    monkeypatch.setattr(under_way, "STARTS_WITHIN_SECONDS", -1)
    assert isinstance(tick(), RunRequest)


def test_new_ids_do_not_wait_after_a_run_that_ended_well(
    tick: Tick, register: Register, instance: DagsterInstance
) -> None:
    register(DAY, ["a"])
    ended(instance, DagsterRunStatus.FAILURE, DagsterRunStatus.SUCCESS)
    assert isinstance(tick(), RunRequest)


@pytest.mark.usefixtures("derived")
def test_ids_in_trouble_wait_a_while_for_their_next_run(
    tick: Tick, instance: DagsterInstance, data_dir: DataDir, settings: Settings
) -> None:
    assert tick().job_name == "sync"
    ended(instance, DagsterRunStatus.SUCCESS)
    assert tick().job_name == "derive", "readers do not have that day yet"
    publish(data_dir, settings)
    assert isinstance(tick(), SkipReason)


def test_what_was_fetched_is_derived_while_the_next_sync_has_to_wait(
    tick: Tick, register: Register, instance: DagsterInstance
) -> None:
    register(DAY, ["a"])
    ended(instance, *[DagsterRunStatus.FAILURE] * 2)
    assert tick().job_name == "derive"
    ended(instance, *[DagsterRunStatus.FAILURE] * 2, job="derive")
    skipped = tick()
    assert isinstance(skipped, SkipReason)
    assert "could not be derived" in (skipped.skip_message or "")


@pytest.mark.usefixtures("derived")
def test_whoever_is_at_work_is_not_disturbed_by_a_look(
    tick: Tick, instance: DagsterInstance, data_dir: DataDir
) -> None:
    ended(instance, DagsterRunStatus.SUCCESS)
    with FileLock(data_dir.work / RUN_LOCK):
        assert isinstance(tick(), SkipReason)


@pytest.mark.parametrize("failures", [1, 2])
def test_a_run_that_was_killed_is_followed_at_once_but_not_again_and_again(
    failures: int, instance: DagsterInstance
) -> None:
    for _ in range(failures):
        run = create_run_for_test(instance, job_name="sync", status=DagsterRunStatus.STARTED)
        assert report_killed(instance, run)
    is_at_once = earliest_start(instance, "sync", has_news=False) < datetime.now(UTC)
    assert is_at_once == (failures == 1)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 15), (2, 30), (3, 60), (9, 60)], ids=lambda number: str(number))
def test_after_failures_the_next_run_waits_longer_each_time(
    failures: int, minutes: int, instance: DagsterInstance
) -> None:
    ended(instance, DagsterRunStatus.SUCCESS, *[DagsterRunStatus.FAILURE] * failures)
    (latest,) = instance.get_run_records(limit=1)
    waits_until = earliest_start(instance, "sync", has_news=True)
    assert waits_until - latest.create_timestamp == timedelta(minutes=minutes)


def start_daemon(instance: DagsterInstance, name: str) -> None:
    instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), "SENSOR", name, []))


@pytest.fixture
def in_vain(register: Register, instance: DagsterInstance, tick: Tick) -> None:
    """An id of which three syncs have failed, as with a wrong token; nothing is to be done for a while."""
    register(DAY, ["a"])
    start_daemon(instance, "one")
    ended(instance, *[DagsterRunStatus.FAILURE] * 3)
    ended(instance, *[DagsterRunStatus.FAILURE] * 3, job="derive")
    assert isinstance(tick(), SkipReason)


@pytest.mark.usefixtures("in_vain")
def test_after_a_restart_the_next_run_waits_for_nothing(tick: Tick, instance: DagsterInstance) -> None:
    start_daemon(instance, "two")
    assert tick().job_name == "sync"
    ended(instance, DagsterRunStatus.FAILURE)
    ended(instance, DagsterRunStatus.FAILURE, job="derive")
    assert isinstance(tick(), SkipReason), "the same settings have failed again"


@pytest.mark.usefixtures("in_vain")
def test_after_a_change_of_the_env_file_the_next_run_waits_for_nothing(
    tick: Tick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert isinstance(tick(), SkipReason)
    (tmp_path / ".env").write_text("DIALFLO_API_TOKEN=another\n")
    assert tick().job_name == "sync"


@pytest.mark.usefixtures("in_vain")
def test_an_env_file_that_was_there_before_changes_nothing(
    tick: Tick, instance: DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("DIALFLO_API_TOKEN=another\n")
    ended(instance, DagsterRunStatus.FAILURE)
    ended(instance, DagsterRunStatus.FAILURE, job="derive")
    assert isinstance(tick(), SkipReason)


def test_runs_that_bring_the_services_down_are_not_begun_by_each_restart(
    tick: Tick, register: Register, instance: DagsterInstance
) -> None:
    register(DAY, ["a"])
    start_daemon(instance, "one")
    for job in ("sync", "derive"):
        for _ in range(2):
            run = create_run_for_test(instance, job_name=job, status=DagsterRunStatus.STARTED)
            assert report_killed(instance, run)
    assert isinstance(tick(), SkipReason)
    start_daemon(instance, "two")
    assert isinstance(tick(), SkipReason)


@pytest.mark.parametrize("job", ["sync", "register", "derive"])
def test_what_starts_by_itself_goes_before_the_runs_of_a_backfill(
    job: str, definitions: Callable[[], Definitions]
) -> None:
    assert int(definitions().resolve_job_def(job).tags["dagster/priority"]) > 0


def test_days_registered_since_the_partitions_were_loaded_wait_for_the_next_reload(
    definitions: Callable[[], Definitions], instance: DagsterInstance, register: Register, data_dir: DataDir
) -> None:
    loaded_before = definitions().resolve_sensor_def("due")
    register(DAY, ["a"])
    skipped = loaded_before(build_sensor_context(instance=instance))
    assert isinstance(skipped, SkipReason)
    assert "once they are partitions" in (skipped.skip_message or "")
    loaded_after: Any = definitions().resolve_sensor_def("due")(build_sensor_context(instance=instance))
    assert loaded_after.partition_key == DAY.isoformat()

    for file in data_dir.lake.files(TASK_IDS, DAY):
        os.utime(file, (0, 0))
    never_reloaded: Any = loaded_before(build_sensor_context(instance=instance))
    assert never_reloaded.partition_key == datetime.now(UTC).astimezone(ZoneInfo("Asia/Kolkata")).date().isoformat()


def test_days_from_before_the_first_partition_wait_for_no_reload(
    instance: DagsterInstance, register: Register, settings: Settings
) -> None:
    register(DAY, ["a"])
    chosen = settings.model_copy(update={"start_date": LATER})
    sensor = build_definitions(Pipeline(lambda: chosen)).resolve_sensor_def("due")
    asked = sensor(build_sensor_context(instance=instance))
    assert isinstance(asked, RunRequest)
    assert asked.run_config["ops"]["raw_answers"]["config"]["first_day"] == DAY.isoformat()


def fetch_days(instance: DagsterInstance, *days: date, status: DagsterRunStatus = DagsterRunStatus.STARTED) -> None:
    for day in days:
        create_run_for_test(instance, job_name="fetch_days", status=status, tags={"dagster/partition": day.isoformat()})


def test_the_days_of_a_backfill_are_left_to_it_and_what_it_fetched_waits_for_the_last_of_them(
    tick: Tick, register: Register, instance: DagsterInstance, data_dir: DataDir, settings: Settings
) -> None:
    register(DAY, ["a"])
    register(LATER, ["b"])
    fetch_days(instance, DAY, LATER)
    assert "backfill" in tick().skip_message
    for _ in flatten_days(data_dir.lake, [DAY], lake_settings_of(settings)):
        pass
    assert "backfill" in tick().skip_message


def test_new_ids_of_other_days_do_not_wait_for_a_backfill(
    tick: Tick, register: Register, instance: DagsterInstance
) -> None:
    register(DAY, ["a"])
    fetch_days(instance, DAY)
    register(LATER, ["b"])
    asked = tick()
    assert asked.job_name == "sync"
    assert asked.run_config["ops"]["raw_answers"]["config"]["first_day"] == LATER.isoformat()


@pytest.mark.usefixtures("derived")
def test_ids_in_trouble_are_no_reason_for_a_sync_in_the_midst_of_a_backfill(
    tick: Tick, instance: DagsterInstance
) -> None:
    fetch_days(instance, LATER)
    assert "backfill" in tick().skip_message


def test_after_a_backfill_what_it_fetched_goes_on_by_itself(
    tick: Tick, register: Register, instance: DagsterInstance
) -> None:
    register(DAY, ["a"])
    fetch_days(instance, DAY, status=DagsterRunStatus.SUCCESS)
    assert isinstance(tick(), RunRequest)
