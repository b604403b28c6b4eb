"""Commands of the campaign as forked children, which may be killed at a step; see `child.py` for what runs in them."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.steps import Kill, as_request
from tests.support.fork_server import COMMAND
from tests.support.forked import Forked, ForkServer

MAX_SECONDS = 120
"""A command of these tests takes a second on a quiet machine; one that takes this long hangs."""

THE_SCHEDULE = "the schedule"


@dataclass(frozen=True)
class Child:
    """A command that runs, or has ended."""

    forked: Forked
    folder: Path

    @property
    def pid(self) -> int:
        return self.forked.pid

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.forked.kill(number)

    def wait_until_begun(self) -> None:
        """Until the command has done all that comes before its work."""
        end = time.monotonic() + MAX_SECONDS
        while not (self.folder / f"begun-{self.pid}").exists():
            assert time.monotonic() < end, "it never began"
            time.sleep(0.002)

    def wait(self) -> int:
        """The exit code, negative for a signal; a child that hangs says where, and fails the test."""
        code = self.forked.wait(MAX_SECONDS)
        if code is None:
            os.kill(self.pid, signal.SIGUSR1)
            time.sleep(0.5)
            self.kill()
            self.forked.wait(MAX_SECONDS)
            raise AssertionError(f"it hangs: {self.said}")
        return code

    @property
    def said(self) -> str:
        """Everything written by commands in this folder so far."""
        return "".join((self.folder / name).read_text() for name in ("out", "err") if (self.folder / name).exists())


@dataclass(frozen=True)
class Forker:
    """Starts commands, or the run that the schedule asks for."""

    server: ForkServer

    def start(
        self,
        folder: Path,
        arguments: Sequence[str],
        env: dict[str, str],
        *,
        kill: Kill | None = None,
        log: Path | None = None,
        stdin: Path | None = None,
    ) -> Child:
        """Run `dialflo` with these arguments in `folder`, whose data are in `folder / "data"`."""
        is_schedule = list(arguments) == [THE_SCHEDULE]
        options = [str(folder), as_request(kill), str(log) if log else None]
        forked = self.server.start(
            arguments,
            folder=folder,
            env=env,
            stdin=folder / stdin if stdin else None,
            stdout=folder / "out",
            stderr=folder / "err",
            prepare=[("tests.chaos.child:prepare", options)],
            run="tests.chaos.child:run_as_the_schedule_does" if is_schedule else COMMAND,
        )
        return Child(forked, folder)
