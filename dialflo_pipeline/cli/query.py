"""`dialflo query`: SQL on the published warehouse, printed as a table, CSV or JSON."""

import csv
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import duckdb

from dialflo_pipeline.cli.console import table
from dialflo_pipeline.errors import UsageError
from dialflo_pipeline.publish import read_published
from dialflo_pipeline.settings import load_settings
from dialflo_pipeline.workspace import Workspace

ROWS_AT_ONCE = 10_000

_READ_ONLY_FOR_GOOD = "SET enable_external_access = false; SET lock_configuration = true"
"""A read-only database still lets SQL write and read other files, attach databases and fetch extensions."""


def run_query(sql: str, result_format: str) -> int:
    """Run the SQL and print its rows; SQL that DuckDB refuses is a `UsageError` with its words.

    It sees the published file and nothing else: no other file, no network, no setting that could change that.
    """
    connection = read_published(Workspace(load_settings().data_dir).published)
    try:
        connection.execute(_READ_ONLY_FOR_GOOD)
        result = connection.execute(sql)
        if result is None:
            raise UsageError("There is no SQL to run.")
        columns = [name for name, *_ in result.description or []]
        _PRINTERS[result_format](columns, _rows(result))
    except duckdb.Error as error:
        raise UsageError(str(error)) from None
    finally:
        connection.close()
    return 0


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(ROWS_AT_ONCE):
        yield from rows


def _print_csv(columns: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def _print_json(columns: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    """One array of objects, written as the rows come."""
    before = "["
    names = _once_each(columns)
    is_unicode = sys.stdout.encoding.lower().startswith("utf")
    for row in rows:
        record = dict(zip(names, map(_finite, row), strict=True))
        sys.stdout.write(f"{before}\n{json.dumps(record, default=str, ensure_ascii=not is_unicode, allow_nan=False)}")
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")


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


def _once_each(columns: list[str]) -> list[str]:
    """The names, with a number behind one that has been there before: an object cannot hold a key twice."""
    return [
        f"{name}_{before}" if (before := columns[:place].count(name)) else name for place, name in enumerate(columns)
    ]


_PRINTERS = {"table": table, "csv": _print_csv, "json": _print_json}
