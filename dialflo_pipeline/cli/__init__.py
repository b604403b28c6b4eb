"""The command `dialflo`: reads arguments, calls the core, tells people what came of it.

Each command's work is imported when it is called, so that `--help` and a typing error answer at once.
"""

import signal


def main() -> None:
    """Run the command line; ends the process with the promised exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C during the imports, when there is nothing to tidy up: ends the process, and not in a stack trace.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from dialflo_pipeline.cli.app import main as run

    run()


__all__ = ["main"]
