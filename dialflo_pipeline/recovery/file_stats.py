"""What files looked like when they were last known to be whole, so that a sync finds those touched since.

To read everything in each sync would cost more with each day stored; to look at sizes and times costs microseconds a
file. This is no record of anything: where it is missing, files are read and compared with their seals once more.
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
from dialflo_pipeline.storage.atomic_write import whole_file
from dialflo_pipeline.storage.duckdb_file.connection import log_of

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
SEEN = "seen.json"
PRIVATE, PUBLISHED = "private", "published"

Looks = Mapping[str, str]
"""Each day, and each of the two DuckDB files, with what its files look like."""


def current_file_stats(data_dir: DataDir) -> Looks:
    """What everything looks like now; what is not there is not in it."""
    days = {day.isoformat(): stats_of_day(data_dir.lake, day) for day in data_dir.lake.days(TASK_IDS)}
    files = {PRIVATE: data_dir.private, PUBLISHED: data_dir.published}
    return days | {name: stats_of_file(path) for name, path in files.items() if path.exists()}


def stats_of_day(lake: Lake, day: date) -> str:
    """What all files of a day look like."""
    return _digest(_paths_of_day(lake, day))


def stats_of_file(path: Path) -> str:
    """What a DuckDB file and its log look like."""
    return _digest(iter((str(path), str(log_of(path)))))


def known_file_stats(work: Path) -> Looks:
    """What was noted; nothing where the note is missing or cannot be read."""
    try:
        noted = json.loads((work / SEEN).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def save_file_stats(work: Path, aside: Path, looks: Looks) -> None:
    """Keep what files that are known to be whole look like."""
    if looks != known_file_stats(work):
        with whole_file(work / SEEN, aside) as unfinished:
            unfinished.write_text(json.dumps(looks), encoding="utf-8")


def _paths_of_day(lake: Lake, day: date) -> Iterator[str]:
    # Not by way of Path: each file of years is looked at in each sync.
    for table in RAW_TABLES:
        for name in lake.file_names(table, day):
            yield f"{lake.root}/{table.name}/call_date={day}/{name}"
    for table in WAREHOUSE_TABLES:
        yield f"{lake.root}/{table.name}/call_date={day}/{table.name}.parquet"


def _digest(paths: Iterator[str]) -> str:
    return hashlib.sha256("\n".join(map(_look, paths)).encode()).hexdigest()[:24]


def _look(path: str) -> str:
    try:
        found = os.stat(path)
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        return ""
    return f"{path.rpartition('/')[2]} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
