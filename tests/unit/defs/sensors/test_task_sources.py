"""What the sensors on the sources of task ids ask for, and when."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRunStatus, Definitions, RunRequest, SkipReason, build_sensor_context
from dagster._core.remote_origin import (  # only a loaded code location makes them otherwise
    InProcessCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.test_utils import create_run_for_test  # the only way to a run that never ended
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from pydantic import SecretStr

from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.runs import active_runs as under_way
from dialflo_pipeline.defs.sensors import task_sources as sources
from dialflo_pipeline.extract.task_ids.database.source import SourceReport
from dialflo_pipeline.extract.task_ids.inbox import InboxReport
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.run.asset_events import sources_read
from dialflo_pipeline.storage.liveness import mark_alive

QUERY = "SELECT task_id, n AS cursor FROM t WHERE n >= :cursor"
Drop = Callable[[str], Path]
Tick = Callable[[str], RunRequest | SkipReason]


class Time:
    """The clock of the sensors: an hour on, so that files have stood still, unless `now` is set back."""

    def __init__(self) -> None:
        self.ahead = 3600.0
        self.meanwhile: Callable[[], object] = lambda: None

    def time(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds
        self.meanwhile()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(sources, "time", made)
    return made


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def tick(definitions: Callable[[], Definitions], instance: DagsterInstance, clock: Time) -> Tick:
    """What a sensor asks for now."""
    loaded = definitions()  # beforehand: it takes longer than files have to stand still

    def run(name: str) -> Any:
        return loaded.resolve_sensor_def(name)(build_sensor_context(instance=instance))

    return run


@pytest.fixture
def drop(data_dir: DataDir) -> Drop:
    """Puts a file in the inbox."""

    def put(name: str) -> Path:
        data_dir.inbox.mkdir(parents=True, exist_ok=True)
        (data_dir.inbox / name).write_text("id-1\n")
        return data_dir.inbox / name

    return put


def ran(instance: DagsterInstance, status: DagsterRunStatus, asked: RunRequest | SkipReason) -> None:
    assert isinstance(asked, RunRequest)
    create_run_for_test(instance, job_name="register", status=status, tags=dict(asked.tags))


def skipped(result: RunRequest | SkipReason) -> str:
    assert isinstance(result, SkipReason)
    return result.skip_message or ""


def test_an_empty_inbox_asks_for_nothing(tick: Tick) -> None:
    assert "empty" in skipped(tick("inbox"))


def test_files_that_stand_still_are_registered_in_one_run(tick: Tick, drop: Drop) -> None:
    for number in range(50):
        drop(f"{number}.txt")
    assert isinstance(tick("inbox"), RunRequest)


def test_a_file_just_written_is_given_a_moment(tick: Tick, drop: Drop, clock: Time) -> None:
    drop("ids.txt")
    clock.ahead = 0
    assert isinstance(tick("inbox"), RunRequest)


def test_a_file_that_grows_is_waited_for(tick: Tick, drop: Drop, clock: Time) -> None:
    path = drop("ids.txt")
    clock.ahead = 0
    clock.meanwhile = lambda: os.utime(path, (clock.time(), clock.time()))
    assert "still being written" in skipped(tick("inbox"))


def test_no_second_registration_is_asked_for_while_one_is_under_way(
    tick: Tick, drop: Drop, instance: DagsterInstance
) -> None:
    drop("ids.txt")
    ran(instance, DagsterRunStatus.STARTED, tick("inbox"))
    assert "under way" in skipped(tick("inbox"))


def test_a_run_that_was_killed_holds_up_nothing(
    tick: Tick, drop: Drop, instance: DagsterInstance, data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("ids.txt")
    ran(instance, DagsterRunStatus.STARTED, tick("inbox"))
    (run,) = instance.get_runs()
    monkeypatch.setattr(under_way, "STARTS_WITHIN_SECONDS", -1)
    with mark_alive(data_dir.work, run.run_id):
        assert "under way" in skipped(tick("inbox"))
    assert isinstance(tick("inbox"), RunRequest)


def test_a_run_in_the_queue_is_waited_for_however_long_that_is(
    tick: Tick, drop: Drop, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("ids.txt")
    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="dialflo_pipeline.definitions"))
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), "register")
    create_run_for_test(instance, job_name="register", status=DagsterRunStatus.QUEUED, remote_job_origin=origin)
    monkeypatch.setattr(under_way, "STARTS_WITHIN_SECONDS", -1)
    assert "under way" in skipped(tick("inbox"))


@pytest.mark.parametrize("status", [DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED])
def test_files_of_a_run_that_failed_are_tried_again(
    tick: Tick, drop: Drop, instance: DagsterInstance, status: DagsterRunStatus
) -> None:
    drop("ids.txt")
    ran(instance, status, tick("inbox"))
    assert isinstance(tick("inbox"), RunRequest)


def test_files_that_a_run_left_are_tried_again_later_or_when_another_comes(
    tick: Tick, drop: Drop, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("ids.txt")
    ran(instance, DagsterRunStatus.SUCCESS, tick("inbox"))
    assert "left there" in skipped(tick("inbox"))
    monkeypatch.setattr(sources, "LEFT_SECONDS", -1)
    assert isinstance(tick("inbox"), RunRequest)
    monkeypatch.undo()
    drop("more.txt")
    assert isinstance(tick("inbox"), RunRequest)


@pytest.fixture
def customer(tmp_path: Path, settings: Settings) -> Iterator[tuple[sqlite3.Connection, Pipeline]]:
    """A customer's database, and the pipeline that reads it."""
    file = tmp_path / "customer.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("CREATE TABLE t (task_id TEXT, n INTEGER)")
    changed = {"tasks_dsn": SecretStr(f"sqlite:///{file}"), "tasks_query": QUERY}
    yield connection, Pipeline(lambda: settings.model_copy(update=changed))
    connection.close()


def test_without_a_database_its_sensor_rests(tick: Tick) -> None:
    assert "DIALFLO_TASKS_DSN is not set" in skipped(tick("database"))


def test_new_rows_of_the_database_are_registered_by_a_run(
    customer: tuple[sqlite3.Connection, Pipeline], instance: DagsterInstance
) -> None:
    connection, pipeline = customer
    loaded = build_definitions(pipeline)

    def tick() -> Any:
        return loaded.resolve_sensor_def("database")(build_sensor_context(instance=instance))

    assert "nothing new" in skipped(tick())
    connection.execute("INSERT INTO t VALUES ('a', 1), ('b c', 2)")
    assert isinstance(tick(), RunRequest)
    ran_job = loaded.resolve_job_def("register").execute_in_process(instance=instance)
    (check,) = ran_job.get_asset_check_evaluations()
    assert (check.passed, check.severity.value) == (False, "WARN")
    assert "rows refused: 1" in (check.description or "")
    assert "nothing new" in skipped(tick())


def test_a_database_that_cannot_be_read_has_a_check_fail_once_a_day_and_pass_when_it_can_again(
    customer: tuple[sqlite3.Connection, Pipeline], instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, pipeline = customer
    loaded, cursor = build_definitions(pipeline), None

    def tick() -> Any:
        nonlocal cursor
        context = build_sensor_context(instance=instance, cursor=cursor)
        asked = loaded.resolve_sensor_def("database")(context)
        cursor = context.cursor
        return asked

    def check() -> tuple[bool, str]:
        ran_job = loaded.resolve_job_def("register").execute_in_process(instance=instance)
        (found,) = ran_job.get_asset_check_evaluations()
        return found.passed, found.severity.value

    connection.execute("DROP TABLE t")
    assert isinstance(tick(), RunRequest)
    assert check() == (False, "ERROR")
    assert "no such table" in skipped(tick())
    monkeypatch.setattr(sources, "FAILS_AGAIN_AFTER", timedelta(0))
    assert isinstance(tick(), RunRequest)
    connection.execute("CREATE TABLE t (task_id TEXT, n INTEGER)")
    assert isinstance(tick(), RunRequest)
    assert check() == (True, "WARN")
    assert "nothing new" in skipped(tick())


def test_the_check_of_the_sources_passes_when_all_were_read() -> None:
    assert sources_read(InboxReport(), SourceReport()).passed
