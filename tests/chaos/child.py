"""What runs in a forked child before and instead of its command."""

import faulthandler
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

from tests.chaos.steps import Kill, Steps, install


def prepare(folder: str, kill: dict[str, Any] | None, log: str | None) -> None:
    """Small flushes, no needless waits, a file once the command has begun; steps are counted and may kill."""
    faulthandler.register(signal.SIGUSR1)
    _make_small()
    if kill or log:
        install(Steps(Path(folder) / "data", Kill(**kill) if kill else None, Path(log) if log else None))
    _tell_when_begun(Path(folder))


def run_as_the_schedule_does(_: list[str]) -> int:
    """The run of all assets that the nightly schedule asks for, in the place of Dagster's daemon."""
    from datetime import UTC, datetime

    from dagster import DagsterInstance, RunRequest, build_schedule_context

    from dialflo_pipeline.defs.build import build_definitions

    definitions = build_definitions()
    context = build_schedule_context(scheduled_execution_time=datetime.now(UTC))
    asked = definitions.resolve_schedule_def("daily_sync")(context)
    assert isinstance(asked, RunRequest)
    with DagsterInstance.from_config(os.environ["DAGSTER_HOME"]) as instance:
        ran = definitions.resolve_job_def("sync").execute_in_process(
            instance=instance, run_config=asked.run_config, partition_key=asked.partition_key, raise_on_error=False
        )
    return 0 if ran.success else 1


def _tell_when_begun(folder: Path) -> None:
    from dialflo_pipeline.cli import app

    work = app._exit_code

    def told() -> int:
        (folder / f"begun-{os.getpid()}").touch()
        return work()

    app._exit_code = told


def _make_small() -> None:
    """Flushes of a few answers and groups of a few days, so that small data has many steps; and no needless waits."""
    from dialflo_pipeline.api import request as asking
    from dialflo_pipeline.api.retry import RetryPolicy
    from dialflo_pipeline.extract import raw_writer
    from dialflo_pipeline.extract.task_ids import inbox
    from dialflo_pipeline.lake import partitions

    raw_writer.FLUSH_ATTEMPTS = 6
    partitions.GROUP_DAYS = 3
    vars(inbox).update(UNCHANGED_SECONDS=0.02, POLL_SECONDS=0.01)
    vars(asking)["RetryPolicy"] = partial(RetryPolicy, first_wait_seconds=0.001)
