"""Size and times of each file when it was last verified, so that a sync finds the files that changed since.

Reading everything in each sync would cost more with each stored day; comparing sizes and times costs microseconds a
file. The note may be lost: then all files are read and compared with their checksums again.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from dialflo_pipeline.core.schema import RAW_TABLES, TASK_IDS, WAREHOUSE_TABLES
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.storage.atomic_write import write_atomically
from dialflo_pipeline.storage.duckdb_file.connection import log_of

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
FILE_STATS = "seen.json"
PRIVATE, PUBLISHED = "private", "published"

FileStats = Mapping[str, str]
"""Each day and each of the two DuckDB files, with a digest of the sizes and times of its files."""


def current_file_stats(data_dir: DataDir) -> FileStats:
    """The digests of all existing files now."""
    days = {day.isoformat(): stats_of_day(data_dir.lake, day) for day in data_dir.lake.days(TASK_IDS)}
    files = {PRIVATE: data_dir.private, PUBLISHED: data_dir.published}
    return days | {name: stats_of_file(path) for name, path in files.items() if path.exists()}


def stats_of_day(lake: Lake, day: date) -> str:
    """The digest of all files of a day."""
    return _digest(_paths_of_day(lake, day))


def stats_of_file(path: Path) -> str:
    """The digest of a DuckDB file and its log."""
    return _digest(iter((str(path), str(log_of(path)))))


def known_file_stats(work: Path) -> FileStats:
    """The saved digests; empty if the note is missing or unreadable."""
    try:
        noted = json.loads((work / FILE_STATS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def save_file_stats(work: Path, aside: Path, stats: FileStats) -> None:
    """Save the digests of files that are known to be whole."""
    if stats != known_file_stats(work):
        with write_atomically(work / FILE_STATS, aside) as unfinished:
            unfinished.write_text(json.dumps(stats), encoding="utf-8")


def _paths_of_day(lake: Lake, day: date) -> Iterator[str]:
    # Without Path objects, which are slow: each sync looks at every file of all years.
    for table in RAW_TABLES:
        for name in lake.file_names(table, day):
            yield f"{lake.root}/{table.name}/call_date={day}/{name}"
    for table in WAREHOUSE_TABLES:
        yield f"{lake.root}/{table.name}/call_date={day}/{table.name}.parquet"


def _digest(paths: Iterator[str]) -> str:
    return hashlib.sha256("\n".join(map(_stat, paths)).encode()).hexdigest()[:24]


def _stat(path: str) -> str:
    try:
        found = os.stat(path)
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        return ""
    return f"{path.rpartition('/')[2]} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
