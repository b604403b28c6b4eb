"""The command `dialflo` as a whole: global options, and how it ends. The commands are in `commands/`."""

import gc
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from dialflo_pipeline.cli.command_folder import LazyGroup, new_app
from dialflo_pipeline.cli.console import say_error
from dialflo_pipeline.cli.error_sentences import explain_limit, explain_os_error
from dialflo_pipeline.core.env_file import ENV_FILE, choose_env_file
from dialflo_pipeline.core.errors import DialfloError

app = new_app(name="dialflo", cls=LazyGroup, help="Dialflo AI voice calls in a DuckDB warehouse.")


@app.callback()
def options(
    env_file: Annotated[
        Path | None,
        typer.Option(
            "--env-file", metavar="FILE", envvar=ENV_FILE, help="Read settings from this file instead of .env."
        ),
    ] = None,
) -> None:
    """Apply the options that come before the command."""
    if env_file is not None:
        choose_env_file(env_file)


GC_THRESHOLD = 50_000
"""New objects between two garbage collections (Python's default is 700): what a command loads stays until it ends."""

_INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Run the command line; ends the process with the promised exit code."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.set_threshold(GC_THRESHOLD)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # like stderr: no text may end a command in a stack trace
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager's signal ends a run like Ctrl-C
    try:
        sys.exit(_exit_code())
    except KeyboardInterrupt:  # where no command says more
        say_error("Interrupted.")
        sys.exit(_INTERRUPTED)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # the work is done: nothing is left to interrupt


def _exit_code() -> int:
    try:
        app()
    except SystemExit as end:
        # How the library reports Ctrl-C; a command that has already reported it exits by itself.
        if end.__context__ and isinstance(end.__context__.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    except DialfloError as error:
        say_error(str(error))
        return error.exit_code
    except OSError as error:
        say_error(explain_os_error(error))
        return DialfloError.exit_code
    except BaseException as error:  # polars raises its own kind
        if (limit := explain_limit(error)) is None:
            raise
        say_error(limit)
        return DialfloError.exit_code
    return 0
