"""The command `dialflo`: reads arguments, calls the core, tells people what came of it.

Each command's work is imported when it is called, so that `--help` and a typing error answer at once.
"""

import os
import signal
import sys


def main() -> None:
    """Run the command line; ends the process with the promised exit code."""
    _fill_closed_streams()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C during the imports, when there is nothing to tidy up: ends the process, and not in a stack trace.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from dialflo_pipeline.cli.app import main as run

    run()


def _fill_closed_streams() -> None:
    """Have standard streams that are closed lead nowhere; a closed input stays none, which is told.

    Else the next file or socket would get their number, and what a library has to say would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")


__all__ = ["main"]
