"""Run SQL on the published warehouse: where the SQL comes from, and what it may reach."""

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
from dialflo_pipeline.storage.duckdb_file.connection import allow_most_memory

_LOCK_DOWN = "SET enable_external_access = false; SET lock_configuration = true"
"""Even in a read-only database, SQL can read and write other files, attach databases and load extensions."""


def run_query(
    sql: str | None,
    result_format: str | None = None,
    *,
    file: str | None = None,
    output: Path | None = None,
    max_rows: int = MAX_TABLE_ROWS,
) -> int:
    """Run SQL from the argument or a file and show its rows; SQL that DuckDB refuses is a `UsageError`.

    It can reach the published file only: no other file, no network, and no setting that could change that. A table
    shows at most `max_rows` rows (0: all); the other formats always have all rows.
    """
    form, text = _format(result_format, output), _text(sql, file)
    with allow_most_memory():
        connection = read_published(DataDir(load_settings().data_dir).published)
    start = time.monotonic()
    try:
        connection.execute(f"{SQL_ERRORS_IN_PARTS}; {_LOCK_DOWN}")
        shown = _run(connection, text, form, output, max_rows)
    except duckdb.Error as error:
        raise UsageError(explain(error, text, connection)) from None
    except UnicodeDecodeError as error:
        # DuckDB quotes the first bytes of malformed JSON, and may cut a character in half.
        refused = duckdb.Error(error.object.decode(errors="ignore"))
        raise UsageError(explain(refused, text, connection)) from None
    except BrokenPipeError:
        # The reader has enough, like `head`; what is still buffered must not be written at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    finally:
        connection.close()
    _say_row_count(shown, time.monotonic() - start, output)
    return 0


def _run(
    connection: duckdb.DuckDBPyConnection, sql: str, form: ResultFormat, output: Path | None, max_rows: int
) -> Shown:
    if output is not None and form is ResultFormat.PARQUET:
        # Not by executing it, which would copy the result once more.
        rows = connection.sql(sql)
        if rows is not None:
            return write_parquet(rows, output)
    else:
        connection.execute(sql)
        if connection.description:
            return write_text(connection, form, output) if output else _print(connection, form, max_rows)
    raise UsageError("The SQL returns no rows to show: it is empty or not a query.")


def _print(connection: duckdb.DuckDBPyConnection, form: ResultFormat, max_rows: int) -> Shown:
    shown = PRINTERS[form](connection, max_rows)
    sys.stdout.flush()
    return shown


def _say_row_count(shown: Shown, seconds: float, output: Path | None) -> None:
    rows = f"{shown.rows:,} row{'' if shown.rows == 1 else 's'}"
    if shown.is_cut:
        hint = "`--rows 0` prints all; `--format csv` is for programs"
        say_hint(f"First {rows}; there are more. {hint}. {seconds:.2f} s")
    else:
        say_hint(f"{rows}{f' in {output}' if output else ''}, {seconds:.2f} s")


def _text(sql: str | None, file: str | None) -> str:
    if (sql is None) == (file is None):
        raise UsageError("Give the SQL as an argument or with --file FILE, not both; - reads standard input.")
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
    """The given format, else the extension of the output file, else a table."""
    if output is None:
        if given == ResultFormat.PARQUET:
            raise UsageError("Parquet cannot be printed: add --output FILE.")
        return ResultFormat(given or ResultFormat.TABLE)
    named = output.suffix.removeprefix(".").lower()
    form = given or named
    if form not in tuple(ResultFormat) or form == ResultFormat.TABLE:
        raise UsageError("A file can be csv, json or parquet: use --format, or a file name with that extension.")
    return ResultFormat(form)
