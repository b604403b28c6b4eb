"""How the result of a query is shown: as a table for people, as CSV or JSON for programs, in a file, as Parquet."""

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
from dialflo_pipeline.storage.atomic_write import whole_file

MAX_TABLE_ROWS = 200
"""Rows of a table that are printed unless asked otherwise."""

ROWS_AT_ONCE = 10_000
ROWS_IN_A_GROUP = 122_880
_WIDEST = 24
"""Columns of a terminal that a cell needs at most before it may be folded."""

_LARGE = 1e6
"""Numbers from here on keep all their digits on a terminal too."""

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
    """A table, or row by row where the terminal is too narrow for one; at most so many rows, 0 for all."""
    limit = max_rows or None
    rows = list(islice(_rows(result), None if limit is None else limit + 1))
    shown = [tuple(map(_short, row)) for row in rows[:limit]] if out.is_terminal else rows[:limit]
    if out.is_terminal and _width(_columns(result), shown) > out.width:
        _print_records(_columns(result), shown)
    else:
        table(_columns(result), shown)
    return Shown(len(shown), len(shown) < len(rows))


def write_text(result: Result, form: ResultFormat, path: Path) -> Shown:
    """All rows into a file of CSV or JSON, which is there whole or not at all."""
    with _whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as stream:
        return _WRITERS[form](result, stream)


def write_parquet(rows: duckdb.DuckDBPyRelation, path: Path) -> Shown:
    """All rows into a Parquet file, which is there whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq  # slow to load, and seldom wanted

    reader: pa.RecordBatchReader = rows.to_arrow_reader(ROWS_IN_A_GROUP)
    names = _once_each(rows.columns)
    schema = pa.schema([field.with_name(name) for field, name in zip(reader.schema, names, strict=True)])
    count = 0
    try:
        with _whole(path) as unfinished, pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            for batch in reader:
                count += batch.num_rows
                writer.write_batch(batch.rename_columns(names))
    except pa.ArrowNotImplementedError as error:
        raise UsageError(f"Parquet cannot hold a column of the result ({error}); cast it, as to VARCHAR.") from None
    return Shown(count)


def _whole(path: Path) -> AbstractContextManager[Path]:
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file.")
    return whole_file(path, path.parent)


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
    names = _once_each(_columns(result))
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
        while rows := result.fetchmany(ROWS_AT_ONCE):
            yield from rows
    except OverflowError:
        raise UsageError("A value of the result is too large to be shown; cast it, as to VARCHAR.") from None


def _width(columns: Sequence[str], rows: Sequence[Row]) -> int:
    """Columns of a terminal that a table needs to be read with ease."""
    cells = ([name, *(cell(row[place]).plain for row in rows)] for place, name in enumerate(columns))
    return 1 + sum(3 + min(_WIDEST, max(Text(text).cell_len for text in texts)) for texts in cells)


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
    """A number as people read it; programs get every digit."""

    def __str__(self) -> str:
        return f"{self:.6g}"


def _short(value: Any) -> Any:
    return _ShortFloat(value) if isinstance(value, float) and abs(value) < _LARGE else value


def _finite(value: Any) -> Any:
    """The value as JSON can hold it: it knows neither NaN nor infinity, so they become text."""
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case list() | tuple():
            return [_finite(element) for element in value]
        case dict():
            return {str(key): _finite(inner) for key, inner in value.items()}
    return value


def _once_each(columns: Sequence[str]) -> list[str]:
    """The names, with a number behind one that has been there before: an object cannot hold a key twice."""
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
