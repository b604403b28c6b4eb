"""The lake: day-partitioned Parquet files, the only module that writes or names them.

`lake/<table>/call_date=YYYY-MM-DD/*.parquet`. Raw tables are append-only, a file a flush; derived tables have one
file a day, replaced whole. A file is written aside, synced and renamed, so it is there whole or not at all. It carries
a seal over all of it and a checksum in each page, and each body the hash it came with; no row is read through this
module without their being verified. The partition's day stands in the path, not in the files.
"""

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dialflo_pipeline import seal
from dialflo_pipeline.durable import whole_file
from dialflo_pipeline.errors import DamagedFile, DamagedRows, Unsealed
from dialflo_pipeline.tables import RAW_ANSWERS, RAW_TABLES, TASK_IDS, Table

PARTITION_COLUMN = "call_date"
_PARTITION_PREFIX = f"{PARTITION_COLUMN}="

MANY_ROWS = 65_536

_HASH = "body_sha256"

_SELDOM_TWICE = frozenset(
    {"task_id", "call_id", "to_number", "to_number_e164", "contact_number", "answered_at", "ended_at", "occurred_at"}
    | {"call_recording_url", "completed_at", "next_try_at", "attributes", "asking_id", "requested_at", "body", _HASH}
)
"""Columns of which nearly each row has a value of its own, or one row the value of the one before."""

_NOT_OURS = (b"ARROW:", seal.KEY.encode())


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
        days = ((_day_named(entry.name), entry) for entry in entries)
        return sorted(day for day, entry in days if day and entry.is_dir())

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
        return {key.decode(): value.decode() for key, value in stored.items() if not key.startswith(_NOT_OURS)}

    def verify(self, table: Table, path: Path) -> None:
        """Read all of one file, as much as is needed to know that it holds what was written; raises `DamagedFile`."""
        try:
            with _damage_told(table, path):
                is_sealed = _is_sealed(path)
        except FileNotFoundError as error:
            raise DamagedFile(path, _REMEDIES.get(table, _DERIVED), "is missing") from error
        if is_sealed:
            return
        for _ in self._batches_of(table, path, _stored_columns(table), MANY_ROWS):
            pass
        if table not in RAW_TABLES:
            raise Unsealed(path, _DERIVED, "carries no seal")

    def sound_rows(self, table: Table, path: Path, day: date) -> pl.DataFrame:
        """The rows of a file of `day` whose bodies are what was received, where `DamagedRows` tells of others."""
        declared = _arrow_schema(table, _stored_columns(table))
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            rows = pl.DataFrame(pl.from_arrow(file.read(columns=declared.names)))
        frame = _typed(table, rows.with_columns(pl.lit(day).alias(PARTITION_COLUMN)).select(table.frame_schema.names()))
        return frame.filter(~pl.Series(_is_other_body(frame), dtype=pl.Boolean))

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

    def read_file(self, table: Table, path: Path, columns: Sequence[str]) -> pl.DataFrame:
        """Stored columns of one file."""
        declared = _arrow_schema(table, tuple(columns))
        return _typed(table, pl.DataFrame(pl.from_arrow(self._read_file(table, path, declared))))

    def row_count(self, table: Table, day: date) -> int:
        """How many rows one day has, from the footers of its files."""
        return sum(_footer_of(table, path).num_rows for path in self.files(table, day))

    def read_batches(
        self, table: Table, day: date, columns: Sequence[str], batch_rows: int = MANY_ROWS
    ) -> Iterator[pl.DataFrame]:
        """The same in order, at most `batch_rows` rows at a time; for what must not be in memory whole."""
        stored = tuple(name for name in columns if name != PARTITION_COLUMN)
        for path in self.files(table, day):
            for frame in self._batches_of(table, path, stored, batch_rows):
                yield _typed(table, frame.with_columns(pl.lit(day).alias(PARTITION_COLUMN)).select(columns))

    def _batches_of(self, table: Table, path: Path, stored: Sequence[str], batch_rows: int) -> Iterator[pl.DataFrame]:
        """The stored columns of a file in batches, and the hashes of its bodies, if these are asked for, verified."""
        columns = (*stored, *(_HASH for _ in ("body",) if "body" in stored and _HASH not in stored))
        declared = _arrow_schema(table, columns)
        unlike = 0
        with _opened(table, path, declared) as file:
            for batch in file.iter_batches(batch_rows, columns=columns):
                frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
                if "body" in columns and not _are_all_bodies_told(batch):
                    unlike += sum(_is_other_body(frame))
                if not unlike:
                    yield frame
        if unlike:
            raise DamagedRows(path, unlike)

    def _read_file(self, table: Table, path: Path, declared: pa.Schema) -> pa.Table:
        with _opened(table, path, declared) as file:
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
def _parquet_writer(path: Path, table: Table, metadata: Mapping[str, str]) -> Iterator[Callable[[pl.DataFrame], None]]:
    stored = _stored_columns(table)
    schema = _arrow_schema(table, stored).with_metadata(dict(metadata))
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True, **_encoding(stored)) as writer:
        groups = _RowGroups(writer)

        def write(frame: pl.DataFrame) -> None:
            if frame.height:
                groups.add(frame.select(stored).to_arrow().replace_schema_metadata(schema.metadata))

        yield write
        groups.write_rest()
        writer.add_key_value_metadata({seal.KEY: seal.UNSEALED})
    seal.seal(path)


@cache
def _encoding(columns: tuple[str, ...]) -> dict[str, Any]:
    """A dictionary only of what is there again and again. No statistics: a day's file is read whole, and comparing all
    texts for the least and the greatest takes longer than compressing them."""
    return {"use_dictionary": [name for name in columns if name not in _SELDOM_TWICE], "write_statistics": False}


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


def _stored_columns(table: Table) -> tuple[str, ...]:
    return tuple(name for name in table.frame_schema if name != PARTITION_COLUMN)


def _day_named(folder: str) -> date | None:
    """The day that a partition's folder is named after; None for any other folder."""
    try:
        day = date.fromisoformat(folder.removeprefix(_PARTITION_PREFIX))
    except ValueError:
        return None
    return day if folder == f"{_PARTITION_PREFIX}{day}" else None


def _is_ours(table: Table, entry: os.DirEntry[str]) -> bool:
    name = entry.name
    if table in RAW_TABLES:
        return name.endswith(".parquet") and not name.startswith((".", "_")) and not entry.is_dir()
    return name == f"{table.name}.parquet" and not entry.is_dir()


def _footer_of(table: Table, path: Path) -> pq.FileMetaData:
    with _damage_told(table, path):
        return pq.read_metadata(path)


@contextmanager
def _opened(table: Table, path: Path, declared: pa.Schema) -> Iterator[pq.ParquetFile]:
    """A file for reading these columns; what is found to be damaged by then, or in the body, is told as such."""
    with _damage_told(table, path):
        _is_sealed(path)
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            _expect(declared, file.schema_arrow)
            yield file


def _is_sealed(path: Path) -> bool:
    is_whole = seal.is_whole(path)
    if is_whole is False:
        raise pa.ArrowInvalid("not the bytes that were sealed")
    return is_whole is True


def _are_all_bodies_told(batch: pa.RecordBatch) -> bool:
    """Whether all rows have a body, and it is the one whose hash stands beside it; in as few steps as can be."""
    bodies, told = batch.column("body"), batch.column(_HASH)
    if bodies.null_count or not len(bodies):
        return False
    _, offsets, content = bodies.buffers()
    view, sha256 = memoryview(content or b""), hashlib.sha256
    ends = memoryview(offsets).cast("q")[bodies.offset : bodies.offset + len(bodies) + 1].tolist()
    found = pa.array([sha256(view[start:end]).hexdigest() for start, end in pairwise(ends)], told.type)
    return bool(found.equals(told))


def _is_other_body(frame: pl.DataFrame) -> list[bool]:
    """For each row of `raw_answers` whether its body is another than the one whose hash stands beside it."""
    sha256 = hashlib.sha256
    pairs = zip(frame["body"], frame[_HASH], strict=True)
    # A body above the size limit was not kept, only its hash.
    return [body is not None and told is not None and sha256(body).hexdigest() != told for body, told in pairs]


def _expect(declared: pa.Schema, found: pa.Schema) -> None:
    """No checksum speaks for a file of another program, or of another version of this one."""
    columns = {field.name: field.type for field in found}
    for field in declared:
        if columns.get(field.name) != field.type:
            raise pa.ArrowInvalid(f"no column {field.name} of the declared type")


def _typed(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    types = pl.Schema({name: table.frame_schema[name] for name in frame.columns})
    return frame if frame.schema == types else frame.cast(types)


_REMEDIES = {
    TASK_IDS: "`dialflo sync` sets it aside and looks for its ids elsewhere.",
    RAW_ANSWERS: "`dialflo sync` sets it aside and fetches its ids again.",
}
_DERIVED = "`dialflo sync` and `dialflo rebuild` write it anew."


@contextmanager
def _damage_told(table: Table, path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        # pyarrow tells of damage by errors without a number; those with one are the disk's and its permissions'.
        if isinstance(error, OSError) and error.errno not in (None, errno.EIO):
            raise
        raise DamagedFile(path, _REMEDIES.get(table, _DERIVED)) from error
