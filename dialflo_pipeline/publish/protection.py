"""Protect readers of the published file from programs that write to it.

A program that opens the published file for writing keeps its changes in a log next to it (`warehouse.duckdb.wal`).
DuckDB replays that log for every later reader, or refuses to open the file if the log belongs to an earlier version.
"""

import os
import shutil
from pathlib import Path

from dialflo_pipeline.storage.atomic_write import write_atomically
from dialflo_pipeline.storage.duckdb_file.connection import log_of

NO_WRITING = 0o555


def has_stray_log(published: Path) -> bool:
    """Whether another program left its log beside the published file: the pipeline itself never writes there."""
    return published.exists() and os.path.lexists(log_of(published))


def remove_stray_log(published: Path) -> None:
    """Delete the log, so that no reader replays it."""
    log_of(published).unlink(missing_ok=True)


def discard_stray_log(published: Path, aside: Path) -> None:
    """Replace the published file by a copy of itself without the log.

    The copy also separates readers from the program, which may still have the old file open.
    """
    with write_atomically(published, aside) as unfinished:
        shutil.copyfile(published, unfinished)
        make_read_only(unfinished)
        remove_stray_log(published)
    remove_stray_log(published)  # the program may have written another one before the file was replaced


def make_read_only(path: Path) -> None:
    """Take the write permission of all users. Renaming and deleting still work, but for Windows, which is left out."""
    if os.name != "nt":
        path.chmod(path.stat().st_mode & NO_WRITING)
