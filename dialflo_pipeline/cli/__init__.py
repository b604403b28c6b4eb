"""The command `dialflo`: reads arguments, calls the core, prints the result.

A command's module is imported only when it is called, so that `--help` answers quickly.
"""

import signal


def main() -> None:
    """Run the command line; ends the process with the promised exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C during the imports: there is nothing to clean up, so the process ends without a stack trace.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from dialflo_pipeline.cli.streams import fill_closed_streams

    fill_closed_streams()  # before anything else is imported that may open a file
    from dialflo_pipeline.cli.app import main as run

    run()


__all__ = ["main"]
