"""The simulator's own process: options as one line of JSON on standard input, its address on standard output.

It ends when standard input does, so it never outlives the process that started it. By hand, use `dialflo simulate`.
"""

import os
import sys
import threading

from dialflo_pipeline.core.errors import DialfloError
from dialflo_pipeline.simulator.options import SimulatorOptions
from dialflo_pipeline.simulator.process import RunningSimulator
from dialflo_pipeline.simulator.server import serve


def main() -> None:
    """Serve until the parent is gone or says so."""
    options = SimulatorOptions.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        serve(options, _announce)
    except DialfloError as error:
        sys.exit(str(error))


def _announce(running: RunningSimulator) -> None:
    sys.stdout.write(f"{running.base_url}\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    # Not through sys.stdin: a thread that waits there holds a lock which the interpreter wants when it ends.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
