"""Recovering the ids of a damaged `task_ids` file from every place that holds a full or partial copy.

The places, the best first: the derived `tasks` of the day, the DuckDB files, what can still be read of the file itself
and of a damaged `tasks`, and the answers to its ids. Where none says how many there were, the files in the inbox's
`done` folder are read again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dialflo_pipeline.core.errors import DamagedFile, DialfloError, TaskFileError
from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_ID_PATTERN, TASK_IDS, TASKS
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.extract.task_ids.inbox import DONE
from dialflo_pipeline.extract.task_ids.refused_rows import REFUSED_ROWS
from dialflo_pipeline.extract.task_ids.register import register
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.storage import duckdb_file
from dialflo_pipeline.storage.locks import registration_lock
from dialflo_pipeline.storage.parquet import checksum

_KEY = "task_id"
_COLUMNS = TASK_IDS.frame_schema.names()


@dataclass(frozen=True)
class Recovered:
    """How many ids were recovered, how many of them without all attributes, and how many are missing."""

    found: int
    bare: int
    missing: int | None
    """None if the number of ids in the file is unknown."""
    from_inbox: int = 0

    def with_inbox_ids(self, count: int) -> "Recovered":
        """The same, with `count` ids registered from files in the inbox."""
        missing = None if self.missing is None else max(0, self.missing - count)
        return replace(self, missing=missing, from_inbox=count)

    def __str__(self) -> str:
        if not self.found and not self.from_inbox and self.missing == 0:
            return "all its ids are also in other files."
        parts = [f"{self.found} of its ids were recovered from other files"]
        if self.bare:
            parts.append(f"{self.bare} of them without their attributes or times")
        if self.from_inbox:
            parts.append(f"{self.from_inbox} ids were registered again from inbox/done")
        if self.missing != 0:
            some = "an unknown number" if self.missing is None else str(self.missing)
            parts.append(f"{some} may be missing: add the original task files again")
        return f"{', '.join(parts)}."


def recover(lake: Lake, damaged: Path, day: date, warehouses: Sequence[Path], work_dir: Path) -> Recovered:
    """Register the ids of a damaged file of `day` from every copy; the file itself is not moved."""
    with registration_lock(work_dir):
        held = _ids_held(damaged)
        full = [*_derived(lake, day), *(rows for path in warehouses for rows in _loaded(path, day))]
        bare = [*_salvaged(damaged, held), *_left_of(lake.file(TASKS, day)), *_asked(lake, day)]
        rows = _together(full, day, damaged)
        rest = _together(bare, day, damaged).join(rows, on=_KEY, how="anti", maintain_order="left")
        known = _known_elsewhere(lake, damaged)
        found = pl.concat([rows, rest]).join(known, on=_KEY, how="anti", maintain_order="left")
        if found.height:
            lake.append(TASK_IDS, TASK_IDS.schema.validate(found), day)
    count = _row_count(damaged) if held is None else found.height
    missing = None if count is None else max(0, count - found.height)
    return Recovered(found.height, rest.join(found, on=_KEY, how="semi").height, missing)


def register_inbox_again(inbox: Path, lake: Lake, zone: ZoneInfo, work_dir: Path) -> int:
    """Register the ids in the inbox's `done` files again; returns how many were missing in the lake."""
    registered = 0
    done = inbox / DONE
    for path in sorted(done.iterdir()) if done.is_dir() else []:
        if path.name.endswith(REFUSED_ROWS):
            continue
        try:
            registered += register(
                lake, read(path, None, None, zone), datetime.now(UTC), zone, work_dir=work_dir
            ).registered
        except TaskFileError:
            continue  # of which nothing could be used, then as now
    return registered


def _together(frames: Sequence[pl.DataFrame], day: date, damaged: Path) -> pl.DataFrame:
    """The rows of all sources in the columns of `task_ids`, each id as the first source has it."""
    columns = {name: kind for name, kind in TASK_IDS.frame_schema.items() if name != "call_date"}
    rows = pl.concat([pl.DataFrame(schema=columns), *frames], how="diagonal")
    moment = pl.lit(_written_at(damaged)).cast(columns["registered_at"])
    return (
        rows.filter(pl.col(_KEY).str.contains(TASK_ID_PATTERN))
        .unique(_KEY, keep="first", maintain_order=True)
        .with_columns(pl.lit(day).alias("call_date"), pl.col("registered_at").fill_null(moment))
        .select(_COLUMNS)
    )


def _derived(lake: Lake, day: date) -> Iterator[pl.DataFrame]:
    try:
        yield lake.read(TASKS, day, _COLUMNS).drop("call_date")
    except DamagedFile:
        return


def has_loaded_ids(warehouse: Path, day: date) -> bool:
    """Whether a DuckDB file can be read and holds the loaded ids of a day."""
    return any(True for _ in _loaded(warehouse, day))


def _loaded(path: Path, day: date) -> Iterator[pl.DataFrame]:
    if not path.exists():
        return
    columns = "task_id, epoch_us(completed_at), epoch_us(registered_at), attributes::VARCHAR"
    try:
        with duckdb_file.connect_read_only(path) as connection:
            rows = connection.execute(f"SELECT {columns} FROM main.tasks WHERE call_date = ?", [day]).fetchall()
    except (DialfloError, duckdb.Error):
        return
    names = ("task_id", "completed_at", "registered_at", "attributes")
    types = pl.Schema({name: TASK_IDS.frame_schema[name] for name in names})
    numbers = dict.fromkeys(("completed_at", "registered_at"), pl.Int64())
    yield pl.DataFrame(rows, schema={**types, **numbers}, orient="row").cast(types)


def _ids_held(damaged: Path) -> pl.Series | None:
    """The ids in the damaged file, if their pages are readable."""
    return _column(damaged, _KEY)


def _salvaged(damaged: Path, held: pl.Series | None) -> Iterator[pl.DataFrame]:
    """The readable columns of the file: those whose pages have their original checksums."""
    if held is None:
        return
    columns = [held]
    for name in ("completed_at", "registered_at", "attributes"):
        column = _column(damaged, name)
        if column is not None and len(column) == len(held):
            columns.append(column)
    yield pl.DataFrame(columns)


def _left_of(path: Path) -> Iterator[pl.DataFrame]:
    """The same of another file, if it is in its own place."""
    try:
        is_home = checksum.home(path) in (None, checksum.home_of(path))
    except OSError:
        return
    if is_home:
        yield from _salvaged(path, _column(path, _KEY))


def _column(damaged: Path, name: str) -> pl.Series | None:
    try:
        with pq.ParquetFile(damaged, page_checksum_verification=True) as file:
            # Only this column: polars panics if another one is not UTF-8.
            column = pl.Series(name, pl.from_arrow(file.read(columns=[name]).column(name)))
    except (OSError, KeyError, pa.ArrowException, UnicodeDecodeError, pl.exceptions.PolarsError):
        return None
    return column if column.dtype == TASK_IDS.frame_schema[name] and len(column) else None


def _asked(lake: Lake, day: date) -> Iterator[pl.DataFrame]:
    for path in lake.files(RAW_ANSWERS, day):
        try:
            yield lake.read_file(RAW_ANSWERS, path, [_KEY]).unique(maintain_order=True)
        except DamagedFile:
            yield from (rows.select(_KEY).unique(maintain_order=True) for rows in _left_of(path))


def _known_elsewhere(lake: Lake, damaged: Path) -> pl.DataFrame:
    """The ids in all other files; other damaged ones are repaired by themselves."""
    known = [pl.DataFrame(schema={_KEY: pl.String})]
    for day in lake.days(TASK_IDS):
        for path in lake.files(TASK_IDS, day):
            try:
                if path != damaged:
                    known.append(lake.read_file(TASK_IDS, path, [_KEY]))
            except DamagedFile:
                continue
    return pl.concat(known)


def _row_count(damaged: Path) -> int | None:
    try:
        return int(pq.read_metadata(damaged).num_rows)
    except (OSError, pa.ArrowException, UnicodeDecodeError):
        return None


def _written_at(path: Path) -> datetime:
    """When a file was written, from its name, else from its time."""
    digits = path.name.partition("-")[0]
    seconds = int(digits) / 1e9 if digits.isdigit() and len(digits) == 20 else path.stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC)
