"""Commands as children of a process that has everything imported already; see `fork_server.py`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.fork_server import COMMAND

ROOT = Path(__file__).resolve().parents[2]
CAN_FORK = sys.platform == "linux"
Hook = tuple[str, list[Any]]
"""A function that the child calls before its command, like `module:function`, and its arguments."""


@dataclass(frozen=True)
class ForkServer:
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
        arguments: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str],
        stdout: Path,
        stderr: Path,
        stdin: Path | None = None,
        prepare: Sequence[Hook] = (),
        run: str = COMMAND,
    ) -> "Forked":
        """Run `dialflo` with these arguments in `folder`; output and errors go to the ends of their files."""
        request = {
            "arguments": [str(each) for each in arguments],
            "folder": str(folder),
            "env": dict(env),
            "stdin": str(stdin) if stdin else None,
            "stdout": str(stdout),
            "stderr": str(stderr),
            "prepare": list(prepare),
            "run": run,
        }
        return Forked(int(self.ask(request)), self)


@dataclass(frozen=True)
class Forked:
    """A command that runs, or has ended."""

    pid: int
    server: ForkServer

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the whole group; no error if it has ended already."""
        with suppress(ProcessLookupError):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                os.kill(self.pid, number)  # it has not made its group yet

    def wait(self, seconds: float) -> int | None:
        """The exit code, negative for a signal; None if it still runs after so long."""
        code: int | None = self.server.ask({"wait": self.pid, "seconds": seconds})
        return code


@contextmanager
def fork_server() -> Iterator[ForkServer]:
    """Start it; it ends with its standard input."""
    command = [sys.executable, "-m", "tests.support.fork_server"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == '"ready"\n'
        yield ForkServer(process)
        assert process.stdin is not None
        process.stdin.close()
