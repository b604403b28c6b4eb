"""A process that has everything imported, and forks a child for each command it is told: a start costs milliseconds.

It imports and starts nothing, since no thread of it would be in a child. Requests come as lines of JSON on standard
input, each answered by a line. `python forker.py` is what `children.py` starts.
"""

import faulthandler
import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

POLL_SECONDS = 0.002
NEEDED = (
    *(f"dialflo_pipeline.cli.{name}" for name in ("doctor", "outcome", "query", "status", "sync", "tasks")),
    "dialflo_pipeline.api.request",
    "dialflo_pipeline.extract.run",
    "dialflo_pipeline.defs.runs.execute",
    "tests.chaos.steps",
)


def main() -> None:
    """Serve until standard input ends."""
    _import_all()
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing else may come between the replies
    _say(replies, "ready")
    while line := sys.stdin.readline():
        request = json.loads(line)
        if "wait" in request:
            _say(replies, _wait(request["wait"], request["seconds"]))
        else:
            sys.stdout.flush()
            pid = os.fork()
            if not pid:
                replies.close()
                _be_child(request)
            _say(replies, pid)


def _import_all() -> None:
    """Everything that a command comes to import; what is optional may be missing."""
    for name in NEEDED:
        import_module(name)
    for name in ("uvloop", "dialflo_pipeline.api.rust_transport"):
        with suppress(ImportError):
            import_module(name)


def _say(stream: Any, reply: Any) -> None:
    stream.write(f"{json.dumps(reply)}\n")
    stream.flush()


def _wait(pid: int, seconds: float) -> int | None:
    """The exit code, negative for a signal; None if it still runs."""
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            return None
        time.sleep(POLL_SECONDS)


def _be_child(request: dict[str, Any]) -> NoReturn:
    os.setsid()
    folder = Path(request["folder"])
    for number, name, flags in (
        (0, request["stdin"] or os.devnull, os.O_RDONLY),
        (1, "out", os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (2, "err", os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(folder / name, flags)
        os.dup2(opened, number)
        os.close(opened)
    faulthandler.register(signal.SIGUSR1)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(folder)
    random.seed()
    _make_small()
    _install_steps(request)
    sys.argv = ["dialflo", *request["arguments"]]
    _tell_when_begun(folder)
    from dialflo_pipeline.cli import main as command

    try:
        _run_as_the_schedule_does() if request["arguments"] == ["the schedule"] else command()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        # Libraries wait in the end for threads that they began when they were imported, and no fork takes along.
        os._exit(end.code if isinstance(end.code, int) else 1)
    raise AssertionError("the command ends the process")


def _run_as_the_schedule_does() -> NoReturn:
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
    sys.exit(0 if ran.success else 1)


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
    from dialflo_pipeline.extract import raw_writer as open_raw_writer
    from dialflo_pipeline.extract.task_ids import inbox
    from dialflo_pipeline.lake import partitions as days

    open_raw_writer.FLUSH_TRIES = 6
    days.GROUP_DAYS = 3
    vars(inbox).update(STILL_SECONDS=0.02, POLL_SECONDS=0.01)
    vars(asking)["RetryPolicy"] = partial(RetryPolicy, first_wait_seconds=0.001)


def _install_steps(request: dict[str, Any]) -> None:
    from tests.chaos.steps import Kill, Steps, install

    kill = Kill(**request["kill"]) if request["kill"] else None
    log = Path(request["log"]) if request["log"] else None
    if kill or log:
        install(Steps(Path(request["root"]), kill, log))


if __name__ == "__main__":
    main()
