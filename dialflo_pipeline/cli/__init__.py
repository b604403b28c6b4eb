"""The command `dialflo`: reads arguments, calls the core, tells people what came of it.

Each command's work is imported when it is called, so that `--help` and a typing error answer at once.
"""

from dialflo_pipeline.cli.app import main

__all__ = ["main"]
