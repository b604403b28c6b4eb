"""Writing a Parquet file that can be verified to the bit."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dialflo_pipeline.core.schema import Table
from dialflo_pipeline.storage.parquet import checksum
from dialflo_pipeline.storage.parquet.schema import arrow_schema, stored_columns

_MOSTLY_UNIQUE = frozenset(
    {"task_id", "call_id", "to_number", "to_number_e164", "contact_number", "answered_at", "ended_at", "occurred_at"}
    | {"call_recording_url", "completed_at", "next_try_at", "attributes", "asking_id", "requested_at"}
    | {"body", "body_sha256"}
)
"""Columns of which nearly each row has a value of its own, or one row the value of the one before."""


@contextmanager
def writing(
    path: Path, table: Table, home: str, metadata: Mapping[str, str]
) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Write a file that belongs at `home`, of the frames handed to what this gives; memory holds one row group."""
    stored = stored_columns(table)
    schema = arrow_schema(table, stored).with_metadata(dict(metadata))
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True, **_encoding(stored)) as writer:
        groups = _RowGroups(writer)

        def write(frame: pl.DataFrame) -> None:
            if frame.height:
                groups.add(frame.select(stored).to_arrow().replace_schema_metadata(schema.metadata))

        yield write
        groups.write_rest()
        writer.add_key_value_metadata({checksum.HOME_KEY: home, checksum.KEY: checksum.EMPTY_CHECKSUM})
    checksum.write_checksum(path)


@cache
def _encoding(columns: tuple[str, ...]) -> dict[str, Any]:
    """A dictionary only of what is there again and again. No statistics: a day's file is read whole, and comparing all
    texts for the least and the greatest takes longer than compressing them."""
    return {"use_dictionary": [name for name in columns if name not in _MOSTLY_UNIQUE], "write_statistics": False}


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
