"""Running a command and measuring what it took: time, processor time, memory of its whole tree of processes."""

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

SAMPLE_SECONDS = 0.1
"""A sample takes about a millisecond of the contender's time."""


class Failed(Exception):
    """A command that was measured did not succeed."""


@dataclass(frozen=True)
class Spent:
    """What one run of a command took; `peak_bytes` is memory in use by all its processes at the same time."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str

    @property
    def printed_json(self) -> Any:
        """The JSON in the last line of the output."""
        return json.loads(self.output.splitlines()[-1])

    @property
    def figures(self) -> dict[str, float]:
        """What was measured, by name."""
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds, "peak_bytes": self.peak_bytes}


def spend(command: Sequence[str | Path], env: Mapping[str, str], cwd: Path) -> Spent:
    """Run a command to its end. Raises `Failed` with the end of its output."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        start = time.perf_counter()
        process = subprocess.Popen(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=said, stderr=complained)
        tree = _Tree(process.pid)
        tree.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        tree.stop()
        if process.returncode:
            text = _text(complained) or _text(said)
            raise Failed(f"{' '.join(map(str, command))} ended with {process.returncode}: {text[-1000:]}")
        return Spent(
            seconds,
            usage.ru_utime + usage.ru_stime,
            # The kernel misses no peak but knows of single processes only; samples add these up.
            max(tree.peak_bytes, usage.ru_maxrss * 1024),
            _text(said),
        )


def _text(file: Any) -> str:
    file.seek(0)
    return bytes(file.read()).decode(errors="replace").strip()


class _Tree(threading.Thread):
    """Samples the resident memory of a process and all below it; memory that they share is counted for each."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._root = psutil.Process(pid)
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, self._resident())

    def stop(self) -> None:
        self._done.set()
        self.join()

    def _resident(self) -> int:
        total = 0
        try:
            for process in (self._root, *self._root.children(recursive=True)):
                total += process.memory_info().rss
        except psutil.Error:
            pass  # one has ended meanwhile: the next sample knows
        return total


def bytes_on_disk(path: Path) -> int:
    """Space taken by a file, or by all files below a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_blocks * 512 for file in files)
