"""The command `dialflo` in processes that are forked from one which has imported everything: real, but quick to start.

`Commands` is the side of the tests; run as a program this module is the process that forks. That one starts no thread
and does nothing itself, so what it forks is as good as a fresh process, but for some waits that are cut short.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from tests.support.canaries import canaries_in

ROOT: Final = Path(__file__).resolve().parents[2]
MAX_SECONDS: Final = 300
"""No command of the model takes a fiftieth of it on a quiet machine."""

TRACEBACK, HUNG = 70, 71
KILLED: Final = -signal.SIGKILL
DURABLE: Final = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"})
"""What Python tells its audit hooks of, and what is there before or after the next step of a run."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal that ended it, and all it said."""

    code: int
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        return self.code == KILLED


@dataclass
class Commands:
    """Runs commands in `folder`, one at a time, and remembers all they said."""

    folder: Path
    parent: "subprocess.Popen[str]"
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
        streams["stdin"].write_bytes(stdin)
        asked = {
            "arguments": arguments,
            "env": dict(env),
            "folder": str(self.folder),
            "streams": {name: str(path) for name, path in streams.items()},
            "kill_at": kill_at,
            "kill_after": kill_after,
        }
        code = self._ask(asked)
        out, err = (streams[name].read_text() for name in ("stdout", "stderr"))
        self.said += [out, err]
        assert canaries_in(out + err) == []
        assert code not in (TRACEBACK, HUNG), err
        assert "Traceback" not in out + err, err
        return Ended(code, out, err)

    def _ask(self, asked: dict[str, Any]) -> int:
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        print(json.dumps(asked), file=self.parent.stdin, flush=True)
        return int(self.parent.stdout.readline())


@contextmanager
def commands(folder: Path) -> Iterator[Commands]:
    """Commands over `folder`, until the end of the block."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.model.forking"],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        yield Commands(folder, parent)


def _serve(asked_for: IO[str], answers: IO[str]) -> None:

    for line in asked_for:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _become_command(asked)
        print(_ended(child, asked["kill_after"]), file=answers, flush=True)


def _ended(child: int, kill_after: float | None) -> int:
    """The exit code of the child, which is killed after a time if it has one, and in any case after the longest."""
    until = time.monotonic() + (kill_after or MAX_SECONDS)
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return HUNG if code == KILLED and not kill_after else code


def _become_command(asked: dict[str, Any]) -> None:
    """Be the command from here on, and end the process with it."""
    code = TRACEBACK
    try:
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["env"])
        for number, (name, path) in enumerate(asked["streams"].items()):
            os.dup2(os.open(path, os.O_RDONLY if name == "stdin" else os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        _cut_waits_short()
        if asked["kill_at"]:
            sys.addaudithook(_Killer(asked["kill_at"], asked["folder"]))
        code = _run(asked["arguments"])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(arguments: Sequence[str]) -> int:
    from dialflo_pipeline.cli import main

    sys.argv = ["dialflo", *arguments]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _cut_waits_short() -> None:
    """Nobody is writing the files in the inbox any more, and the API does not need to recover."""
    from functools import partial

    from dialflo_pipeline.api import request as asking
    from dialflo_pipeline.api.retry import RetryPolicy
    from dialflo_pipeline.extract.task_ids import inbox

    inbox.__dict__.update(STILL_SECONDS=0.02, POLL_SECONDS=0.01)
    asking.__dict__["RetryPolicy"] = partial(RetryPolicy, first_wait_seconds=0.001)


class _Killer:
    """Kills this process before its `at`-th step that changes what is in the folder."""

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


if __name__ == "__main__":
    # What a command says must not come in between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _serve(sys.stdin, answers)
