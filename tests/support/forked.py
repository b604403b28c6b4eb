"""Commands as children of a process that has everything imported already; see `forker.py`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.steps import Kill, as_request

ROOT = Path(__file__).resolve().parents[2]
MAX_SECONDS = 120
"""A command of these tests takes a second on a quiet machine; one that takes so long hangs."""


@dataclass(frozen=True)
class Child:
    """A command under way, or at its end."""

    pid: int
    folder: Path
    forker: "Forker"

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the whole group; one that has ended already does not mind."""
        with suppress(ProcessLookupError):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                os.kill(self.pid, number)  # it has not made its group yet

    def wait_until_begun(self) -> None:
        """Until the command has done all that comes before its work."""
        end = time.monotonic() + MAX_SECONDS
        while not (self.folder / f"begun-{self.pid}").exists():
            assert time.monotonic() < end, "it never began"
            time.sleep(0.002)

    def wait(self) -> int:
        """The exit code, negative for a signal; a child that hangs says where, and fails the test."""
        code = self.forker.ask({"wait": self.pid, "seconds": MAX_SECONDS})
        if code is None:
            os.kill(self.pid, signal.SIGUSR1)
            time.sleep(0.5)
            self.kill()
            self.forker.ask({"wait": self.pid, "seconds": MAX_SECONDS})
            raise AssertionError(f"it hangs: {self.said}")
        return int(code)

    @property
    def said(self) -> str:
        """Everything written by commands in this folder so far."""
        return "".join((self.folder / name).read_text() for name in ("out", "err") if (self.folder / name).exists())


@dataclass(frozen=True)
class Forker:
    """The process with everything imported."""

    process: "subprocess.Popen[str]"

    def ask(self, request: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(request)}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process that forks has ended"
        return json.loads(line)

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
        """Run `dialflo` with these arguments in `folder`, whose data lie in `folder / "data"`."""
        request = {
            "folder": str(folder),
            "root": str(folder / "data"),
            "arguments": list(arguments),
            "env": env,
            "kill": as_request(kill),
            "log": str(log) if log else None,
            "stdin": str(stdin) if stdin else None,
        }
        return Child(int(self.ask(request)), folder, self)


@contextmanager
def forker() -> Iterator[Forker]:
    """Start it; at the end it goes by itself, with its standard input."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.chaos.forker"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == '"ready"\n'
        yield Forker(process)
        assert process.stdin is not None
        process.stdin.close()
