"""`dialflo query`: SQL on the published warehouse; where it comes from, and what it may reach.

How results look stands in `query_output.py`, how errors are told in `sql_errors.py`.
"""

import os
import sys
import time
from pathlib import Path

import duckdb

from dialflo_pipeline.cli.console import say_hint
from dialflo_pipeline.cli.query.output import MAX_TABLE_ROWS, PRINTERS, ResultFormat, Shown, write_parquet, write_text
from dialflo_pipeline.cli.query.sql_errors import SQL_ERRORS_IN_PARTS, explain
from dialflo_pipeline.cli.streams import STDIN, standard_input
from dialflo_pipeline.core.errors import UsageError
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.storage.duckdb_file.connection import most_memory

_READ_ONLY_FOR_GOOD = "SET enable_external_access = false; SET lock_configuration = true"
"""A read-only database still lets SQL write and read other files, attach databases and fetch extensions."""


def run_query(
    sql: str | None,
    result_format: str | None = None,
    *,
    file: str | None = None,
    output: Path | None = None,
    max_rows: int = MAX_TABLE_ROWS,
) -> int:
    """Run SQL from the argument or a file and show its rows; SQL that DuckDB refuses is a `UsageError`.

    It sees the published file and nothing else: no other file, no network, no setting that could change that. Of a
    table at most `max_rows` rows are shown, 0 for all; the other formats are always whole.
    """
    form, text = _format(result_format, output), _text(sql, file)
    with most_memory():
        connection = read_published(DataDir(load_settings().data_dir).published)
    start = time.monotonic()
    try:
        connection.execute(f"{SQL_ERRORS_IN_PARTS}; {_READ_ONLY_FOR_GOOD}")
        shown = _run(connection, text, form, output, max_rows)
    except duckdb.Error as error:
        raise UsageError(explain(error, text, connection)) from None
    except UnicodeDecodeError as error:
        # Of JSON that it refuses DuckDB quotes a number of bytes, whose last may be half a character.
        refused = duckdb.Error(error.object.decode(errors="ignore"))
        raise UsageError(explain(refused, text, connection)) from None
    except BrokenPipeError:
        # Whoever read has enough, as `head` does; what is still buffered must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    finally:
        connection.close()
    _tell(shown, time.monotonic() - start, output)
    return 0


def _run(
    connection: duckdb.DuckDBPyConnection, sql: str, form: ResultFormat, output: Path | None, max_rows: int
) -> Shown:
    if output is not None and form is ResultFormat.PARQUET:
        # Not by executing it: such a result would be copied once more on its way.
        rows = connection.sql(sql)
        if rows is not None:
            return write_parquet(rows, output)
    else:
        connection.execute(sql)
        if connection.description:
            return write_text(connection, form, output) if output else _print(connection, form, max_rows)
    raise UsageError("There is no SQL to run that gives rows.")


def _print(connection: duckdb.DuckDBPyConnection, form: ResultFormat, max_rows: int) -> Shown:
    shown = PRINTERS[form](connection, max_rows)
    sys.stdout.flush()
    return shown


def _tell(shown: Shown, seconds: float, output: Path | None) -> None:
    rows = f"{shown.rows:,} row{'' if shown.rows == 1 else 's'}"
    if shown.is_cut:
        hint = "`--rows 0` prints all, `--format csv` gives all to a program"
        say_hint(f"The first {rows}; there are more: {hint}. {seconds:.2f} s")
    else:
        say_hint(f"{rows}{f' in {output}' if output else ''}, {seconds:.2f} s")


def _text(sql: str | None, file: str | None) -> str:
    if (sql is None) == (file is None):
        raise UsageError("Give the SQL as an argument or with --file FILE, not both; - is standard input.")
    if STDIN in (sql, file):
        return _decoded(standard_input().read(), "Standard input")
    return _decoded(_read(Path(file)), file) if file is not None else _decoded(os.fsencode(sql or ""), "The SQL")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None


def _decoded(text: bytes, source: str) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{source} is not UTF-8 text.") from None


def _format(given: str | None, output: Path | None) -> ResultFormat:
    """What was asked for, else what the name of the output says, else a table."""
    if output is None:
        if given == ResultFormat.PARQUET:
            raise UsageError("Parquet is no text to print: add --output FILE.")
        return ResultFormat(given or ResultFormat.TABLE)
    named = output.suffix.removeprefix(".").lower()
    form = given or named
    if form not in tuple(ResultFormat) or form == ResultFormat.TABLE:
        raise UsageError("Into a file go csv, json and parquet: say which with --format, or by the name of the file.")
    return ResultFormat(form)
