"""Runs whose process was killed: noticed by the lock that a living process holds, and marked as failed."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRunStatus, Definitions, SkipReason, build_sensor_context
from dagster._core.test_utils import create_run_for_test  # the only way to a run that never ended

from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.run import stages
from dialflo_pipeline.storage import liveness
from dialflo_pipeline.storage.liveness import is_alive, mark_alive

Tick = Callable[[], None]


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def tick(definitions: Callable[[], Definitions], instance: DagsterInstance) -> Tick:
    """One look of the sensor after another."""
    loaded, cursor = definitions(), ""

    def look() -> None:
        nonlocal cursor
        context = build_sensor_context(instance, cursor=cursor)
        assert isinstance(loaded.resolve_sensor_def("killed_runs")(context), SkipReason)
        cursor = context.cursor or ""

    return look


def started(instance: DagsterInstance, **tags: str) -> str:
    return str(create_run_for_test(instance, job_name="sync", status=DagsterRunStatus.STARTED, tags=tags).run_id)


def status(instance: DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run
    return run.status


def test_a_run_without_a_process_is_marked_at_the_second_look(tick: Tick, instance: DagsterInstance) -> None:
    run = started(instance)
    tick()
    assert status(instance, run) is DagsterRunStatus.STARTED, "it may just be starting or ending"
    tick()
    assert status(instance, run) is DagsterRunStatus.FAILURE


def test_a_run_that_lives_is_left_alone(tick: Tick, instance: DagsterInstance, data_dir: DataDir) -> None:
    run = started(instance)
    with mark_alive(data_dir.work, run):
        tick()
        tick()
        assert status(instance, run) is DagsterRunStatus.STARTED
    tick()
    tick()
    assert status(instance, run) is DagsterRunStatus.FAILURE


def test_while_a_run_works_its_process_is_seen_to_be_alive(
    settings: Settings, data_dir: DataDir, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    register = stages.register

    def watched(session: Any) -> Any:
        (run,) = instance.get_runs()
        seen.append(is_alive(data_dir.work, run.run_id))
        return register(session)

    monkeypatch.setattr(stages, "register", watched)
    job = build_definitions(Pipeline(lambda: settings)).resolve_job_def("register")
    ran = job.execute_in_process(instance=instance)
    assert seen == [True]
    assert not is_alive(data_dir.work, ran.run_id)
    assert not list((data_dir.work / "runs").iterdir())


def test_a_killed_process_is_not_alive_and_what_it_left_is_swept_away_later(data_dir: DataDir) -> None:
    child = os.fork()
    if not child:
        with mark_alive(data_dir.work, "run"):
            os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    left = data_dir.work / "runs" / "run.lock"
    assert left.exists()
    assert not is_alive(data_dir.work, "run")
    liveness.remove_stale(data_dir.work)
    assert left.exists(), "somebody may be about to take it"
    long_ago = time.time() - 2 * liveness.STALE_SECONDS
    os.utime(left, (long_ago, long_ago))
    liveness.remove_stale(data_dir.work)
    assert not left.exists()
