"""The command `dialflo` over the folder of the model, killed at a step or after a time if that is asked for."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.support.canaries import canaries_in
from tests.support.fork_server import FAILED
from tests.support.forked import ForkServer, Hook

MAX_SECONDS: Final = 300
"""No command of the model takes a fiftieth of it on a quiet machine."""

KILLED: Final = -signal.SIGKILL
DURABLE: Final = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"})
"""Events of Python's audit hooks that come before a durable step of a run."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal that ended it, and everything it printed."""

    code: int
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        return self.code == KILLED


@dataclass
class Commands:
    """Runs commands in `folder`, one at a time, and keeps everything that they printed."""

    folder: Path
    server: ForkServer
    said: list[str] = field(default_factory=list)

    def __call__(
        self,
        *arguments: str,
        env: Mapping[str, str],
        stdin: bytes = b"",
        kill_at: int | None = None,
        kill_after: float | None = None,
    ) -> Ended:
        """Run one, to be killed before its `kill_at`-th durable step or after `kill_after` seconds."""
        streams = {name: self.folder / f"command.{name}" for name in ("stdin", "stdout", "stderr")}
        for path in streams.values():
            path.write_bytes(b"")
        streams["stdin"].write_bytes(stdin)
        prepare: list[Hook] = [("tests.model.commands:cut_waits_short", [])]
        if kill_at:
            prepare.append(("tests.model.commands:kill_at_step", [kill_at, str(self.folder)]))
        forked = self.server.start(
            arguments,
            folder=self.folder,
            env=env,
            stdin=streams["stdin"],
            stdout=streams["stdout"],
            stderr=streams["stderr"],
            prepare=prepare,
        )
        code = forked.wait(kill_after or MAX_SECONDS)
        if code is None:
            forked.kill()
            code = forked.wait(MAX_SECONDS)
            assert kill_after, "it did not end"
        out, err = (streams[name].read_text() for name in ("stdout", "stderr"))
        self.said += [out, err]
        assert canaries_in(out + err) == []
        assert code not in (None, FAILED), err
        assert "Traceback" not in out + err, err
        return Ended(int(code or 0), out, err)


def cut_waits_short() -> None:
    """No other program writes the files in the inbox, and the API does not need to recover."""
    from functools import partial

    from dialflo_pipeline.api import request as asking
    from dialflo_pipeline.api.retry import RetryPolicy
    from dialflo_pipeline.extract.task_ids import inbox

    inbox.__dict__.update(UNCHANGED_SECONDS=0.02, POLL_SECONDS=0.01)
    asking.__dict__["RetryPolicy"] = partial(RetryPolicy, first_wait_seconds=0.001)


def kill_at_step(number: int, folder: str) -> None:
    """Kill this process before its so many-th step that changes what is in the folder."""
    import sys

    sys.addaudithook(_Killer(number, folder))


class _Killer:
    def __init__(self, at: int, folder: str) -> None:
        self._left, self._folder = at, folder

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in DURABLE and not (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            return
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | os.PathLike) else ""
        if os.path.abspath(path).startswith(self._folder):
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)
