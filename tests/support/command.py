"""`dialflo` as a user runs it: a process of its own over a data folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.canaries import TOKEN, canaries_in
from tests.support.forked import CAN_FORK, ROOT, ForkServer, Hook

MAX_SECONDS = 120
"""No command of these tests takes a tenth of it on a quiet machine."""

INSTALLED = Path(sys.executable).parent / "dialflo"


@dataclass
class Command:
    """`dialflo` with its settings in the environment; keeps everything that it printed.

    Runs as a fork of a process that has imported it, which is quick; with `is_installed` as the installed program.
    """

    folder: Path
    env: dict[str, str]
    server: ForkServer | None = None
    is_installed: bool = False
    said: list[str] = field(default_factory=list)
    before_exec: Callable[[], object] | None = None
    """Called in the new process before it becomes the installed program."""
    prepare: Hook | None = None
    """Called in the forked process before the command."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def published(self) -> Path:
        return self.data / "warehouse.duckdb"

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", **changed: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end; `changed` are settings of this run only."""
        if self.is_installed or self.server is None or self.before_exec:
            code, out, err = self._run_installed(arguments, stdin, changed)
        else:
            code, out, err = self._run_forked(self.server, arguments, stdin, changed)
        done = subprocess.CompletedProcess([str(each) for each in arguments], code, out.decode(), err.decode())
        self.said += [done.stdout, done.stderr]
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done

    def _run_installed(
        self, arguments: tuple[str | Path, ...], stdin: bytes, changed: dict[str, str]
    ) -> tuple[int, bytes, bytes]:
        process = self.start(*arguments, **changed)
        try:
            out, err = process.communicate(stdin, timeout=MAX_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return process.returncode, out, err

    def _run_forked(
        self, server: ForkServer, arguments: tuple[str | Path, ...], stdin: bytes, changed: dict[str, str]
    ) -> tuple[int, bytes, bytes]:
        number = len(self.said)
        paths = [self.folder / f".command-{number}.{name}" for name in ("in", "out", "err")]
        paths[0].write_bytes(stdin)
        forked = server.start(
            [str(each) for each in arguments],
            folder=self.folder,
            env=self.env | changed,
            stdin=paths[0],
            stdout=paths[1],
            stderr=paths[2],
            prepare=[self.prepare] if self.prepare else [],
        )
        code = forked.wait(MAX_SECONDS)
        if code is None:
            forked.kill()
            forked.wait(MAX_SECONDS)
        out, err = (path.read_bytes() for path in paths[1:])
        for path in paths:
            path.unlink()
        assert code is not None, f"it did not end: {err.decode()}"
        return code, out, err

    def start(self, *arguments: str | Path, **changed: str) -> "subprocess.Popen[bytes]":
        """Start the installed program."""
        return subprocess.Popen(
            [INSTALLED, *arguments],
            cwd=self.folder,
            env=self.env | changed,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=self.before_exec,
        )


@pytest.fixture
def dialflo(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Command]]:
    """Give the command with these settings, over <tmp_path>/data; nothing it prints may hold a canary."""
    made: list[Command] = []
    server: ForkServer | None = request.getfixturevalue("forking") if CAN_FORK else None

    def command(base_url: str, **settings: str) -> Command:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("DIALFLO_", "DAGSTER_"))}
        env |= {
            "PYTHONPATH": str(ROOT),
            "DIALFLO_DATA_DIR": str(tmp_path / "data"),
            "DIALFLO_BASE_URL": base_url,
            "DIALFLO_API_TOKEN": TOKEN,
            "DIALFLO_RATE_LIMIT": "0",
            "DIALFLO_TIMEOUT_SECONDS": "10",
            "DIALFLO_TRIES": "3",
        }
        changed = {f"DIALFLO_{name.upper()}": value for name, value in settings.items()}
        made.append(Command(tmp_path, env | changed, server))
        return made[-1]

    yield command
    assert [kind for each in made for text in each.said for kind in canaries_in(text)] == []
