"""Reading a Parquet file of the lake: not a row before the file is known to hold what was written.

What is found to be damaged is told as `DamagedFile` or `DamagedRows`.
"""

import errno
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dialflo_pipeline.core.errors import DamagedFile, DamagedRows, Misplaced, MissingChecksum
from dialflo_pipeline.core.schema import RAW_ANSWERS, RAW_TABLES, TASK_IDS, Table
from dialflo_pipeline.storage.parquet import checksum
from dialflo_pipeline.storage.parquet.schema import PARTITION_COLUMN, arrow_schema, stored_columns, typed

MANY_ROWS = 65_536

_HASH = "body_sha256"
_NOT_OURS = (b"ARROW:", checksum.KEY.encode(), checksum.HOME_KEY.encode())
_REMEDIES = {
    TASK_IDS: "`dialflo sync` sets it aside and looks for its ids elsewhere.",
    RAW_ANSWERS: "`dialflo sync` sets it aside and fetches its ids again.",
}
_DERIVED = "`dialflo sync` and `dialflo rebuild` rewrite it."


def metadata(table: Table, path: Path) -> dict[str, str]:
    """What was stored in the footer beside the rows."""
    stored = _footer(table, path).metadata or {}
    with _raise_as_damage(table, path):
        return {key.decode(): value.decode() for key, value in stored.items() if not key.startswith(_NOT_OURS)}


def row_count(table: Table, path: Path) -> int:
    """How many rows there are, by the footer."""
    return int(_footer(table, path).num_rows)


def verify(table: Table, path: Path) -> None:
    """Read all of a file, as much as is needed to know that it holds what was written."""
    try:
        with _raise_as_damage(table, path):
            is_sealed = _has_valid_checksum(table, path)
    except FileNotFoundError as error:
        raise DamagedFile(path, _REMEDIES.get(table, _DERIVED), "is missing") from error
    if is_sealed:
        return
    for _ in batches(table, path, stored_columns(table), MANY_ROWS):
        pass
    if table not in RAW_TABLES:
        raise MissingChecksum(path, _DERIVED, "carries no seal")


def rows(table: Table, path: Path, columns: tuple[str, ...]) -> pa.Table:
    """Stored columns of a file, as stored."""
    with _opened(table, path, declared := arrow_schema(table, columns)) as file:
        # Threads are worth their start only where there is much to read.
        return _plain(file.read(columns=declared.names, use_threads=file.metadata.num_rows > MANY_ROWS))


def batches(table: Table, path: Path, stored: Sequence[str], batch_rows: int) -> Iterator[pl.DataFrame]:
    """The same in batches, and the hashes of the bodies, if these are asked for, verified."""
    columns = (*stored, *(_HASH for _ in ("body",) if "body" in stored and _HASH not in stored))
    unlike = 0
    with _opened(table, path, arrow_schema(table, columns)) as file:
        for batch in file.iter_batches(batch_rows, columns=columns):
            frame = pl.DataFrame(pl.from_arrow(_plain(pa.Table.from_batches([batch]))))
            if "body" in columns and not _are_all_body_hashes_valid(batch):
                unlike += sum(_is_body_changed(frame))
            if not unlike:
                yield frame
    if unlike:
        raise DamagedRows(path, unlike)


def sound_rows(table: Table, path: Path, day: date) -> pl.DataFrame:
    """The rows of a file of `day` whose bodies are what was received, where `DamagedRows` tells of others."""
    declared = arrow_schema(table, stored_columns(table))
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        found = pl.DataFrame(pl.from_arrow(_plain(file.read(columns=declared.names))))
    frame = typed(table, found.with_columns(pl.lit(day).alias(PARTITION_COLUMN)).select(table.frame_schema.names()))
    return frame.filter(~pl.Series(_is_body_changed(frame), dtype=pl.Boolean))


def _plain(found: pa.Table) -> pa.Table:
    """Without what stands beside the rows: polars ends in a panic where that is no UTF-8."""
    return found.replace_schema_metadata() if found.num_columns else found  # without columns it would lose its rows


def _footer(table: Table, path: Path) -> pq.FileMetaData:
    with _raise_as_damage(table, path):
        return pq.read_metadata(path)


@contextmanager
def _opened(table: Table, path: Path, declared: pa.Schema) -> Iterator[pq.ParquetFile]:
    """A file for reading these columns; what is found to be damaged by then, or in the body, is told as such."""
    with _raise_as_damage(table, path):
        _has_valid_checksum(table, path)
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            _expect(declared, file.schema_arrow)
            yield file


def _has_valid_checksum(table: Table, path: Path) -> bool:
    is_whole = checksum.is_whole(path)
    if is_whole is False:
        raise pa.ArrowInvalid("not the bytes that were sealed")
    home = checksum.home(path)
    if home not in (None, checksum.home_of(path)):
        raise Misplaced(path, _REMEDIES.get(table, _DERIVED), home)
    return is_whole is True


def _are_all_body_hashes_valid(batch: pa.RecordBatch) -> bool:
    """Whether all rows have a body, and it is the one whose hash stands beside it; in as few steps as can be."""
    bodies, told = batch.column("body"), batch.column(_HASH)
    if bodies.null_count or not len(bodies):
        return False
    _, offsets, content = bodies.buffers()
    view, sha256 = memoryview(content or b""), hashlib.sha256
    ends = memoryview(offsets).cast("q")[bodies.offset : bodies.offset + len(bodies) + 1].tolist()
    found = pa.array([sha256(view[start:end]).hexdigest() for start, end in pairwise(ends)], told.type)
    return bool(found.equals(told))


def _is_body_changed(frame: pl.DataFrame) -> list[bool]:
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


@contextmanager
def _raise_as_damage(table: Table, path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        # pyarrow tells of damage by errors without a number; those with one are the disk's and its permissions'.
        if isinstance(error, OSError) and error.errno not in (None, errno.EIO, errno.ELOOP):
            raise
        raise DamagedFile(path, _REMEDIES.get(table, _DERIVED)) from error
