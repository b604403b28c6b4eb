"""Standard input as an argument names it."""

import sys
from typing import BinaryIO, Final

from dialflo_pipeline.core.errors import UsageError

STDIN: Final = "-"


def standard_input() -> BinaryIO:
    """Its bytes. Raises `UsageError` where it is closed, as a program may be started without one."""
    if sys.stdin is None:
        raise UsageError("Standard input is closed.")
    return sys.stdin.buffer
