"""Query results as a table for people, as CSV or JSON for programs, or in a file, also as Parquet."""

import csv
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import duckdb
from rich.table import Table
from rich.text import Text

from dialflo_pipeline.cli.console import cell, out, table
from dialflo_pipeline.core.errors import UsageError
from dialflo_pipeline.storage.atomic_write import write_atomically

MAX_TABLE_ROWS = 200
"""Rows of a table that are printed by default."""

FETCHED_ROWS = 10_000
ROW_GROUP_ROWS = 122_880
_MAX_CELL_WIDTH = 24
"""A wider cell may be folded."""

_LARGE = 1e6
"""Larger numbers keep all digits on a terminal too."""

Row = tuple[Any, ...]
Result = duckdb.DuckDBPyConnection
"""A connection whose last statement was executed, and not yet read."""


class ResultFormat(StrEnum):
    """How rows are shown."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class Shown(NamedTuple):
    """How many rows were shown, and whether there are more."""

    rows: int
    is_cut: bool = False


def print_table(result: Result, max_rows: int) -> Shown:
    """Print at most `max_rows` rows (0: all) as a table, or row by row if the terminal is too narrow."""
    limit = max_rows or None
    rows = list(islice(_rows(result), None if limit is None else limit + 1))
    shown = [tuple(map(_short, row)) for row in rows[:limit]] if out.is_terminal else rows[:limit]
    if out.is_terminal and _width(_columns(result), shown) > out.width:
        _print_records(_columns(result), shown)
    else:
        table(_columns(result), shown)
    return Shown(len(shown), len(shown) < len(rows))


def write_text(result: Result, form: ResultFormat, path: Path) -> Shown:
    """Write all rows to a CSV or JSON file, whole or not at all."""
    with _whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as stream:
        return _WRITERS[form](result, stream)


def write_parquet(rows: duckdb.DuckDBPyRelation, path: Path) -> Shown:
    """Write all rows to a Parquet file, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq  # slow to import, and rarely needed

    reader: pa.RecordBatchReader = rows.to_arrow_reader(ROW_GROUP_ROWS)
    names = _unique_names(rows.columns)
    schema = pa.schema([field.with_name(name) for field, name in zip(reader.schema, names, strict=True)])
    count = 0
    try:
        with _whole(path) as unfinished, pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            for batch in reader:
                count += batch.num_rows
                writer.write_batch(batch.rename_columns(names))
    except pa.ArrowNotImplementedError as error:
        raise UsageError(
            f"Parquet cannot store a column of the result ({error}); cast it, for example to VARCHAR."
        ) from None
    return Shown(count)


def _whole(path: Path) -> AbstractContextManager[Path]:
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give a file name.")
    return write_atomically(path, path.parent)


def _print_csv(result: Result, _: int) -> Shown:
    return _write_csv(result, sys.stdout)


def _print_json(result: Result, _: int) -> Shown:
    return _write_json(result, sys.stdout)


def _write_csv(result: Result, stream: TextIO) -> Shown:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_columns(result))
    count = 0
    for count, row in enumerate(_rows(result), start=1):  # noqa: B007 - used after the loop
        writer.writerow(row)
    return Shown(count)


def _write_json(result: Result, stream: TextIO) -> Shown:
    """One array of objects, written as the rows come."""
    names = _unique_names(_columns(result))
    is_unicode = (stream.encoding or "").lower().startswith("utf")
    count = 0
    for count, row in enumerate(_rows(result), start=1):
        record = dict(zip(names, map(_finite, row), strict=True))
        text = json.dumps(record, default=str, ensure_ascii=not is_unicode, allow_nan=False)
        stream.write(f"{'[' if count == 1 else ','}\n{text}")
    stream.write("\n]\n" if count else "[]\n")
    return Shown(count)


def _columns(result: Result) -> list[str]:
    return [name for name, *_ in result.description or []]


def _rows(result: Result) -> Iterator[Row]:
    try:
        while rows := result.fetchmany(FETCHED_ROWS):
            yield from rows
    except OverflowError:
        raise UsageError("A value of the result is too large to show; cast it, for example to VARCHAR.") from None


def _width(columns: Sequence[str], rows: Sequence[Row]) -> int:
    """Terminal columns that a readable table needs."""
    cells = ([name, *(cell(row[place]).plain for row in rows)] for place, name in enumerate(columns))
    return 1 + sum(3 + min(_MAX_CELL_WIDTH, max(Text(text).cell_len for text in texts)) for texts in cells)


def _print_records(columns: Sequence[str], rows: Sequence[Row]) -> None:
    for number, row in enumerate(rows, start=1):
        out.print(Text(f"row {number}", style="bold"))
        drawn = Table(box=None, show_header=False, padding=(0, 1))
        drawn.add_column(style="cyan", no_wrap=True)
        drawn.add_column(overflow="fold")
        for name, value in zip(columns, row, strict=True):
            drawn.add_row(Text(name), cell(value))
        out.print(drawn)


class _ShortFloat(float):
    """A number with six digits, for people; programs get every digit."""

    def __str__(self) -> str:
        return f"{self:.6g}"


def _short(value: Any) -> Any:
    return _ShortFloat(value) if isinstance(value, float) and abs(value) < _LARGE else value


def _finite(value: Any) -> Any:
    """The value for JSON, which has neither NaN nor infinity: they become text."""
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case list() | tuple():
            return [_finite(element) for element in value]
        case dict():
            return {str(key): _finite(inner) for key, inner in value.items()}
    return value


def _unique_names(columns: Sequence[str]) -> list[str]:
    """Unique names for the keys of an object: a repeated name gets a number."""
    names: list[str] = []
    for name in columns:
        number, free = 0, name
        while free in names:
            number += 1
            free = f"{name}_{number}"
        names.append(free)
    return names


Printer = Callable[[Result, int], Shown]

PRINTERS: dict[ResultFormat, Printer] = {
    ResultFormat.TABLE: print_table,
    ResultFormat.CSV: _print_csv,
    ResultFormat.JSON: _print_json,
}
_WRITERS = {ResultFormat.CSV: _write_csv, ResultFormat.JSON: _write_json}
