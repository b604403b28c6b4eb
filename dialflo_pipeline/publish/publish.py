"""The published DuckDB file: a byte copy of the private one, put in place by renaming, so that readers never block.

A reader that holds the old file keeps it, whole, until it opens the path again. What readers get differs from what was
computed by its stamp alone (`stamp.py`).
"""

import filecmp
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dialflo_pipeline.core.errors import DialfloError, NotPublished, TransientError
from dialflo_pipeline.marts.build import built_fingerprint
from dialflo_pipeline.publish.protection import has_stray_log, make_read_only, remove_stray_log
from dialflo_pipeline.publish.publication_metadata import stamp
from dialflo_pipeline.storage import duckdb_file
from dialflo_pipeline.storage.atomic_write import write_atomically
from dialflo_pipeline.storage.duckdb_file.compact import compact, is_bloated


@dataclass(frozen=True)
class Copied:
    """The one cost of a publication that grows with all that is stored: so many bytes were copied in so many seconds.

    The seconds go up to the copy being safe on disk.
    """

    byte_count: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.byte_count / 1024**2:.1f} MiB in {self.seconds:.2f} s"


def publish(private: Path, published: Path, aside: Path) -> Copied:
    """Stamp the private warehouse, and put a copy of it in the place of the published one, in one step.

    Where much of the private file is free space, it is compacted first. Publishing the same state again gives the same
    file. `aside` is a folder on the disk of `published` for the copy while it is not whole. Raises `NotPublished` if
    there is no private file, `TransientError` if it is in use.
    """
    _make_ready(private, published, aside)
    start, byte_count = time.monotonic(), private.stat().st_size
    with write_atomically(published, aside) as unfinished:
        shutil.copyfile(private, unfinished)
        make_read_only(unfinished)
        remove_stray_log(published)
    remove_stray_log(published)  # another program may have written one before the file was replaced
    return Copied(byte_count, time.monotonic() - start)


def is_published(private: Path, published: Path) -> bool:
    """Whether the published marts come from the same state as the private ones; says nothing of newer loads."""
    if not private.exists() or not published.exists() or has_stray_log(published):
        return False
    built = _built(private)
    try:
        return built is not None and built == _built(published)
    except DialfloError:
        # Broken, or held by a program that may be writing into it: publishing again is right in both cases.
        return False


def is_copy(private: Path, published: Path) -> bool:
    """Whether both files hold the same bytes, as they do from one publication to the next load."""
    has_log = any(duckdb_file.log_of(path).exists() for path in (private, published))
    return not has_log and filecmp.cmp(private, published, shallow=False)


def read_published(published: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the published file, for the caller to close.

    Raises `NotPublished` if there is none yet, `TransientError` while a program holds it for writing.
    """
    if not published.exists():
        raise NotPublished(f"There is no published warehouse at {published} yet; run `dialflo sync` first.")
    return duckdb_file.open_file(published, read_only=True)


def _make_ready(private: Path, published: Path, aside: Path) -> None:
    """Make the private file one to copy: stamped, complete without its log, and not much larger than it need be."""
    if not private.exists():
        raise NotPublished(f"There is no warehouse at {private} to publish; run `dialflo sync` first.")
    with duckdb_file.connect(private) as connection:
        stamp(connection, published)
        connection.execute("CHECKPOINT")
        bloated = is_bloated(connection)
    if duckdb_file.log_of(private).exists():
        raise TransientError(f"{private} still has a write-ahead log after a checkpoint; is another program using it?")
    if bloated:
        compact(private, aside)


def _built(path: Path) -> str | None:
    with duckdb_file.connect_read_only(path) as connection:
        return built_fingerprint(connection)
