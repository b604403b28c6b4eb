"""The lake: day-partitioned Parquet files, the only module that names them.

`lake/<table>/call_date=YYYY-MM-DD/*.parquet`. Raw tables are append-only, a file a flush; derived tables have one
file a day, replaced whole. A file is written aside, synced and renamed, so it is there whole or not at all.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa

from dialflo_pipeline.core.schema import RAW_ANSWERS, RAW_TABLES, Table
from dialflo_pipeline.storage.atomic_write import write_atomically
from dialflo_pipeline.storage.parquet import reader, writer
from dialflo_pipeline.storage.parquet.checksum import home_of
from dialflo_pipeline.storage.parquet.schema import PARTITION_COLUMN, arrow_schema, typed

_PARTITION_PREFIX = f"{PARTITION_COLUMN}="


@dataclass(frozen=True)
class Lake:
    """The Parquet files below `root`; `aside` is a folder on the same disk for files not yet whole."""

    root: Path
    aside: Path

    def days(self, table: Table) -> list[date]:
        """The days that have a partition of `table`, ascending."""
        try:
            entries = list(os.scandir(self.root / table.name))
        except (FileNotFoundError, NotADirectoryError):
            return []
        days = ((_day_of_folder(entry.name), entry) for entry in entries)
        return sorted(day for day, entry in days if day and _is_folder(entry))

    def file_names(self, table: Table, day: date) -> list[str]:
        """The names of the files of one partition, sorted; raw files so stand in the order they were written.

        What others put beside them, a folder, a hidden file, any other name in a derived table, is not looked at.
        """
        try:
            # Not by way of Path: each day of years is looked at in each sync.
            with os.scandir(f"{self.root}/{table.name}/{_PARTITION_PREFIX}{day}") as entries:
                return sorted(entry.name for entry in entries if _is_ours(table, entry))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def files(self, table: Table, day: date) -> list[Path]:
        """The same as paths."""
        folder = self._partition(table, day)
        return [folder / name for name in self.file_names(table, day)]

    def file(self, table: Table, day: date) -> Path:
        """Where the one file of a derived table's day is or will be."""
        return self._partition(table, day) / f"{table.name}.parquet"

    def append(self, table: Table, frame: pl.DataFrame, day: date, metadata: Mapping[str, str] | None = None) -> Path:
        """Add rows (all of `day`) to a raw table as one new file, with `metadata` in its footer."""
        path = self._partition(table, day) / f"{time.time_ns():020d}-{secrets.token_hex(6)}.parquet"
        with self._writing(table, path, metadata or {}) as write:
            write(frame)
        return path

    @contextmanager
    def replacing(
        self, table: Table, day: date, metadata: Mapping[str, str] | None = None
    ) -> Iterator[Callable[[pl.DataFrame], None]]:
        """Replace a derived table's day by the frames handed to what this gives; memory holds one at a time."""
        with self._writing(table, self.file(table, day), metadata or {}) as write:
            yield write

    def replace(
        self, table: Table, frames: Iterable[pl.DataFrame], day: date, metadata: Mapping[str, str] | None = None
    ) -> Path:
        """The same for frames that are at hand."""
        with self.replacing(table, day, metadata) as write:
            for frame in frames:
                write(frame)
        return self.file(table, day)

    def drop(self, table: Table, day: date) -> None:
        """Take away a derived table's day."""
        self.file(table, day).unlink(missing_ok=True)

    def metadata(self, table: Table, day: date) -> dict[str, str] | None:
        """What `replace` stored beside the rows of a derived day; None if there is no such file."""
        path = self.file(table, day)
        if path.name not in self.file_names(table, day):
            return None
        return reader.metadata(table, path)

    def raw_footer(self, path: Path) -> tuple[int, dict[str, str]]:
        """The number of rows of a file of raw answers, and what `append` stored in its footer."""
        return reader.row_count(RAW_ANSWERS, path), reader.metadata(RAW_ANSWERS, path)

    def verify(self, table: Table, path: Path) -> None:
        """Read all of one file, as much as is needed to know that it holds what was written; raises `DamagedFile`."""
        reader.verify(table, path)

    def sound_rows(self, table: Table, path: Path, day: date) -> pl.DataFrame:
        """The rows of a file of `day` whose bodies are what was received, where `DamagedRows` tells of others."""
        return reader.sound_rows(table, path, day)

    def read(self, table: Table, day: date, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of one day, with the declared types, checksums verified."""
        return self.read_days(table, [day], columns)

    def read_days(self, table: Table, days: Sequence[date], columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of some days, in the order of the days; what is done once for all of them is not done for each."""
        wanted = tuple(name for name in table.frame_schema if columns is None or name in columns)
        stored = tuple(name for name in wanted if name != PARTITION_COLUMN)
        parts = [(day, reader.rows(table, path, stored)) for day in days for path in self.files(table, day)]
        none = arrow_schema(table, stored).empty_table()
        rows = pl.DataFrame(pl.from_arrow(pa.concat_tables([none, *(part for _, part in parts)])))
        if PARTITION_COLUMN in wanted:
            dates = pl.DataFrame({"day": [day for day, _ in parts], "rows": [part.num_rows for _, part in parts]})
            lists = dates.filter(pl.col("rows") > 0).select(pl.col("day").cast(pl.Date).repeat_by("rows"))
            each = lists.explode("day").select(pl.col("day").alias(PARTITION_COLUMN))
            rows = pl.concat([rows, each], how="horizontal") if rows.width else each
        return typed(table, rows.select(wanted))

    def read_file(self, table: Table, path: Path, columns: Sequence[str]) -> pl.DataFrame:
        """Stored columns of one file."""
        return typed(table, pl.DataFrame(pl.from_arrow(reader.rows(table, path, tuple(columns)))))

    def row_count(self, table: Table, day: date) -> int:
        """How many rows one day has, from the footers of its files."""
        return sum(reader.row_count(table, path) for path in self.files(table, day))

    def read_batches(
        self, table: Table, day: date, columns: Sequence[str], batch_rows: int = reader.MANY_ROWS
    ) -> Iterator[pl.DataFrame]:
        """The same in order, at most `batch_rows` rows at a time; for what must not be in memory whole."""
        stored = tuple(name for name in columns if name != PARTITION_COLUMN)
        for path in self.files(table, day):
            for frame in reader.batches(table, path, stored, batch_rows):
                yield typed(table, frame.with_columns(pl.lit(day).alias(PARTITION_COLUMN)).select(columns))

    def _partition(self, table: Table, day: date) -> Path:
        return self.root / table.name / f"{_PARTITION_PREFIX}{day.isoformat()}"

    @contextmanager
    def _writing(
        self, table: Table, path: Path, metadata: Mapping[str, str]
    ) -> Iterator[Callable[[pl.DataFrame], None]]:
        with (
            write_atomically(path, self.aside) as unfinished,
            writer.writing(unfinished, table, home_of(path), metadata) as write,
        ):
            yield write


def _day_of_folder(folder: str) -> date | None:
    """The day that a partition's folder is named after; None for any other folder."""
    try:
        day = date.fromisoformat(folder.removeprefix(_PARTITION_PREFIX))
    except ValueError:
        return None
    return day if folder == f"{_PARTITION_PREFIX}{day}" else None


def _is_ours(table: Table, entry: os.DirEntry[str]) -> bool:
    name = entry.name
    if table in RAW_TABLES:
        return name.endswith(".parquet") and not name.startswith((".", "_")) and is_file(entry)
    return name == f"{table.name}.parquet" and is_file(entry)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and Path(entry).is_dir())


def is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is one, without an error for a link that leads to itself."""
    return entry.is_file(follow_symlinks=False) or (entry.is_symlink() and Path(entry).is_file())
