"""Run the simulator in its own process within a `with` block.

The child reads its options from standard input, which stays open: when this process ends, however it ends, the input
ends too, and the child with it. The child prints one line when it is ready.
"""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Timer
from typing import IO

from dialflo_pipeline.core.errors import PermanentError
from dialflo_pipeline.simulator.options import SimulatorOptions

HOST = "127.0.0.1"
_START_SECONDS = 120
_STOP_SECONDS = 5


@dataclass(frozen=True)
class RunningSimulator:
    """The address of a simulator, and the token it requires in `auth_token: Bearer <token>`."""

    base_url: str
    token: str


@contextlib.contextmanager
def running_simulator(options: SimulatorOptions | None = None) -> Iterator[RunningSimulator]:
    """Run a simulator in its own process and always end it; raises `PermanentError` if it does not start."""
    chosen = options or SimulatorOptions()
    with tempfile.TemporaryFile() as errors, _child(errors) as process:
        try:
            yield RunningSimulator(_address(process, chosen, errors), chosen.token)
        finally:
            _stop(process)


def _child(errors: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dialflo_pipeline.simulator"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        bufsize=0,
        # Ctrl-C in a terminal is for the parent, which may have requests in flight.
        start_new_session=True,
    )


def _address(process: subprocess.Popen[bytes], options: SimulatorOptions, errors: IO[bytes]) -> str:
    assert process.stdin is not None  # noqa: S101 - both are pipes; for the type checker
    assert process.stdout is not None  # noqa: S101 - as above
    overdue = Timer(_START_SECONDS, process.kill)
    overdue.start()
    try:
        # A child that has already ended wrote the reason to its error output.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(options.model_dump_json().encode() + b"\n")
        address = process.stdout.readline().decode().strip()
    finally:
        overdue.cancel()
    if not address:
        # It is ending; its error output is complete only after that.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        raise PermanentError(f"The simulator did not start (exit code {process.returncode}): {_text(errors)}")
    return address


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _text(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace").strip() or "no message."
