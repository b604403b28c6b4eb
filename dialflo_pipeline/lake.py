"""The lake: day-partitioned Parquet files, the only module that writes or names them.

`lake/<table>/call_date=YYYY-MM-DD/*.parquet`. Raw tables are append-only, a file a flush; derived tables have one
file a day, replaced whole. A file is written aside, synced and renamed, so it is there whole or not at all. Pages carry
checksums, and reading through this module verifies them. The partition's day stands in the path, not in the files.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dialflo_pipeline.errors import DamagedFile
from dialflo_pipeline.tables import RAW_TABLES, Table

PARTITION_COLUMN = "call_date"
_PARTITION_PREFIX = f"{PARTITION_COLUMN}="

MANY_ROWS = 65_536


@dataclass(frozen=True)
class Lake:
    """The Parquet files below `root`; `aside` is a folder on the same disk for files not yet whole."""

    root: Path
    aside: Path

    def days(self, table: Table) -> list[date]:
        """The days that have a partition of `table`, ascending."""
        folder = self.root / table.name
        if not folder.is_dir():
            return []
        names = (entry.name for entry in os.scandir(folder) if entry.name.startswith(_PARTITION_PREFIX))
        return sorted(date.fromisoformat(name.removeprefix(_PARTITION_PREFIX)) for name in names)

    def file_names(self, table: Table, day: date) -> list[str]:
        """The names of the files of one partition, sorted; raw files so stand in the order they were written."""
        try:
            # Not by way of Path: each day of years is looked at in each sync.
            names = os.listdir(f"{self.root}/{table.name}/{_PARTITION_PREFIX}{day}")
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in names if name.endswith(".parquet"))

    def files(self, table: Table, day: date) -> list[Path]:
        """The same as paths."""
        folder = self._partition(table, day)
        return [folder / name for name in self.file_names(table, day)]

    def file(self, table: Table, day: date) -> Path:
        """Where the one file of a derived table's day is or will be."""
        return self._partition(table, day) / f"{table.name}.parquet"

    def append(self, table: Table, frame: pl.DataFrame, day: date) -> Path:
        """Add rows (all of `day`) to a raw table as one new file."""
        path = self._partition(table, day) / f"{time.time_ns():020d}-{secrets.token_hex(6)}.parquet"
        with self._writing(table, path, {}) as write:
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
        stored = _footer_of(table, path).metadata or {}
        return {key.decode(): value.decode() for key, value in stored.items() if not key.startswith(b"ARROW:")}

    def read(self, table: Table, day: date, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of one day, with the declared types, checksums verified."""
        return self.read_days(table, [day], columns)

    def read_days(self, table: Table, days: Sequence[date], columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of some days, in the order of the days; what is done once for all of them is not done for each."""
        wanted = tuple(name for name in table.frame_schema if columns is None or name in columns)
        declared = _arrow_schema(table, tuple(name for name in wanted if name != PARTITION_COLUMN))
        parts = [(day, self._read_file(table, path, declared)) for day in days for path in self.files(table, day)]
        rows = pl.DataFrame(pl.from_arrow(pa.concat_tables([declared.empty_table(), *(part for _, part in parts)])))
        if PARTITION_COLUMN in wanted:
            dates = pl.DataFrame({"day": [day for day, _ in parts], "rows": [part.num_rows for _, part in parts]})
            lists = dates.filter(pl.col("rows") > 0).select(pl.col("day").cast(pl.Date).repeat_by("rows"))
            each = lists.explode("day").select(pl.col("day").alias(PARTITION_COLUMN))
            rows = pl.concat([rows, each], how="horizontal") if rows.width else each
        return _typed(table, rows.select(wanted))

    def row_count(self, table: Table, day: date) -> int:
        """How many rows one day has, from the footers of its files."""
        return sum(_footer_of(table, path).num_rows for path in self.files(table, day))

    def read_batches(
        self, table: Table, day: date, columns: Sequence[str], batch_rows: int = MANY_ROWS
    ) -> Iterator[pl.DataFrame]:
        """The same in order, at most `batch_rows` rows at a time; for what must not be in memory whole."""
        stored = tuple(name for name in columns if name != PARTITION_COLUMN)
        declared = _arrow_schema(table, stored)
        for path in self.files(table, day):
            with _damage_told(table, path), pq.ParquetFile(path, page_checksum_verification=True) as file:
                _expect(declared, file.schema_arrow)
                for batch in file.iter_batches(batch_rows, columns=stored):
                    frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
                    yield _typed(table, frame.with_columns(pl.lit(day).alias(PARTITION_COLUMN)).select(columns))

    def _read_file(self, table: Table, path: Path, declared: pa.Schema) -> pa.Table:
        with _damage_told(table, path), pq.ParquetFile(path, page_checksum_verification=True) as file:
            _expect(declared, file.schema_arrow)
            # Threads are worth their start only where there is much to read.
            return file.read(columns=declared.names, use_threads=file.metadata.num_rows > MANY_ROWS)

    def _partition(self, table: Table, day: date) -> Path:
        return self.root / table.name / f"{_PARTITION_PREFIX}{day.isoformat()}"

    @contextmanager
    def _writing(
        self, table: Table, path: Path, metadata: Mapping[str, str]
    ) -> Iterator[Callable[[pl.DataFrame], None]]:
        with whole_file(path, self.aside) as unfinished, _parquet_writer(unfinished, table, metadata) as write:
            yield write


@contextmanager
def whole_file(path: Path, aside: Path) -> Iterator[Path]:
    """Give a path to write to; on success sync it and put it in the place of `path` in one step.

    `aside` must be on the same disk. If the body fails, `path` stays as it was and nothing is left behind.
    """
    aside.mkdir(parents=True, exist_ok=True)
    new_folders = [folder for folder in (path.parent, path.parent.parent) if not folder.is_dir()]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = aside / f"{secrets.token_hex(8)}-{path.name}"
    try:
        yield unfinished
        _sync(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    # A folder's own entry stands in the one above it.
    for folder in (path.parent, *(new.parent for new in new_folders)):
        _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _parquet_writer(path: Path, table: Table, metadata: Mapping[str, str]) -> Iterator[Callable[[pl.DataFrame], None]]:
    stored = tuple(name for name in table.frame_schema if name != PARTITION_COLUMN)
    schema = _arrow_schema(table, stored).with_metadata(dict(metadata))
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True) as writer:
        groups = _RowGroups(writer)

        def write(frame: pl.DataFrame) -> None:
            if frame.height:
                groups.add(frame.select(stored).to_arrow().replace_schema_metadata(schema.metadata))

        yield write
        groups.write_rest()


class _RowGroups:
    """Gathers rows, so that as many stand in a row group as in one of DuckDB's: others it takes apart and merges."""

    ROWS = 122_880
    BYTES = 128 * 1024 * 1024

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self._waiting: list[pa.Table] = []
        self._rows = self._bytes = 0

    def add(self, rows: pa.Table) -> None:
        self._waiting.append(rows)
        self._rows += rows.num_rows
        self._bytes += rows.nbytes
        if self._rows >= self.ROWS:
            together = pa.concat_tables(self._waiting)
            whole = self._rows - self._rows % self.ROWS
            self._writer.write_table(together.slice(0, whole), self.ROWS)
            rest = together.slice(whole)
            self._waiting, self._rows, self._bytes = [rest], rest.num_rows, rest.nbytes
        if self._bytes >= self.BYTES:
            self.write_rest()

    def write_rest(self) -> None:
        if self._rows:
            self._writer.write_table(pa.concat_tables(self._waiting), self.ROWS)
        self._waiting, self._rows, self._bytes = [], 0, 0


@cache
def _arrow_schema(table: Table, columns: tuple[str, ...]) -> pa.Schema:
    return pl.DataFrame(schema={name: table.frame_schema[name] for name in columns}).to_arrow().schema


def _footer_of(table: Table, path: Path) -> pq.FileMetaData:
    with _damage_told(table, path):
        return pq.read_metadata(path)


def _expect(declared: pa.Schema, found: pa.Schema) -> None:
    """Checksums cover pages, not the footer: a column that changed its name or type there is found here."""
    columns = {field.name: field.type for field in found}
    for field in declared:
        if columns.get(field.name) != field.type:
            raise pa.ArrowInvalid(f"no column {field.name} of the declared type")


def _typed(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    types = pl.Schema({name: table.frame_schema[name] for name in frame.columns})
    return frame if frame.schema == types else frame.cast(types)


@contextmanager
def _damage_told(table: Table, path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        remedy = (
            "It is the only copy: bring it back from a backup."
            if table in RAW_TABLES
            else "`dialflo rebuild` writes it anew."
        )
        found = f"{path} cannot be read back as it was written ({type(error).__name__})."
        raise DamagedFile(f"{found} {remedy}") from error
