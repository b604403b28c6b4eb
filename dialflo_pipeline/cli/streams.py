"""The standard streams as a shell hands them over."""

import os
import sys
from typing import BinaryIO, Final

from dialflo_pipeline.core.errors import UsageError

STDIN: Final = "-"
"""How an argument names standard input."""


def fill_closed_streams() -> None:
    """Open the null device for each closed stream; a closed input stays None, which `standard_input` reports.

    Otherwise the next file or socket would get the stream's number, and a library's messages would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")


def standard_input() -> BinaryIO:
    """The bytes of standard input. Raises `UsageError` where it is closed."""
    if sys.stdin is None:
        raise UsageError("Standard input is closed.")
    return sys.stdin.buffer
