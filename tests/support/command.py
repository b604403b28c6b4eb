"""The installed command, run as a user runs it: a process of its own over a data directory of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.canaries import TOKEN, canaries_in

ROOT = Path(__file__).resolve().parents[2]
MAX_SECONDS = 120
"""No command of these tests takes a tenth of it on a quiet machine."""

COMMAND = Path(sys.executable).parent / "dialflo"


@dataclass
class Command:
    """`dialflo` with its settings in the environment; remembers all it ever said."""

    folder: Path
    env: dict[str, str]
    said: list[str] = field(default_factory=list)
    before: Callable[[], object] | None = None
    """Called in the new process before it becomes the command."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def published(self) -> Path:
        return self.data / "warehouse.duckdb"

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", **changed: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **changed)
        try:
            out, err = process.communicate(stdin, timeout=MAX_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        done = subprocess.CompletedProcess(process.args, process.returncode, out.decode(), err.decode())
        self.said += [done.stdout, done.stderr]
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done

    def start(self, *arguments: str | Path, **changed: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.env | changed,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=self.before,
        )


@pytest.fixture
def dialflo(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Give the command with these settings, over <tmp_path>/data; nothing it says may hold a canary."""
    made: list[Command] = []

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
        made.append(Command(tmp_path, env | changed))
        return made[-1]

    yield command
    assert [kind for each in made for text in each.said for kind in canaries_in(text)] == []
