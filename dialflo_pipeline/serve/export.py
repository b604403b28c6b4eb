"""Published tables and marts as files: Parquet, or CSV that is safe to open in a spreadsheet. Reads no other file."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from dialflo_pipeline.core.errors import TransientError, UsageError
from dialflo_pipeline.core.schema import PUBLICATION
from dialflo_pipeline.serve.csv_safety import spreadsheet_safe_sql
from dialflo_pipeline.storage.atomic_write import write_atomically

MANIFEST = "manifest.json"
_ASIDE = ".unfinished"

_SCHEMAS = "('main', 'marts')"
_NEVER_TEXT = ("BOOLEAN", "INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "DATE")
_OPTIONS = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER"}


@dataclass(frozen=True)
class Exported:
    """One file of an export: the full name of its table, its file name, row count, size and checksum."""

    table: str
    file: str
    rows: int
    bytes: int
    sha256: str


def export(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], file_format: str, folder: Path
) -> list[Exported]:
    """Write the named tables and marts (all if none) to `folder`, with a manifest.

    All files are from one publication. A file is always whole; the manifest appears only after all its files.
    Raises `UsageError` for an unknown name.
    """
    chosen = _chosen(_all_tables(connection), names)
    aside, manifest = folder / _ASIDE, folder / MANIFEST
    try:
        with ExitStack() as files:
            # Entered first, so put in place last: the manifest, after all its files.
            unfinished = files.enter_context(write_atomically(manifest, aside))
            exported = []
            for table in chosen:
                path = folder / _file_name(table, file_format)
                exported.append(_write(connection, table, path, files.enter_context(write_atomically(path, aside))))
            unfinished.write_text(_manifest(connection, file_format, exported), encoding="utf-8")
            manifest.unlink(missing_ok=True)
    finally:
        with suppress(OSError):  # another export may be running in the same folder
            aside.rmdir()
    return exported


def _all_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    known = connection.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        f" WHERE table_catalog = current_database() AND table_schema IN {_SCHEMAS} ORDER BY ALL"
    )
    return [name for (name,) in known.fetchall()]


def _chosen(known: Sequence[str], names: Sequence[str]) -> list[str]:
    full = {name.partition(".")[2]: name for name in reversed(known)} | {name: name for name in known}
    if unknown := [name for name in names if name not in full]:
        close = get_close_matches(unknown[0], full, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."
        raise UsageError(f"There is no table or mart {unknown[0]}: {hint}")
    return list(dict.fromkeys(full[name] for name in names)) or list(known)


def _file_name(table: str, file_format: str) -> str:
    return f"{table.removeprefix('main.')}.{file_format}"


def _write(connection: duckdb.DuckDBPyConnection, table: str, path: Path, unfinished: Path) -> Exported:
    file_format = path.suffix.removeprefix(".")
    columns = connection.execute(f"DESCRIBE {table}").fetchall()
    values = [_csv_value(name, sql_type) if file_format == "csv" else _quoted(name) for name, sql_type, *_ in columns]
    target = str(unfinished).replace("'", "''")
    copy = f"COPY (SELECT {', '.join(values)} FROM {table}) TO '{target}' ({_OPTIONS[file_format]})"
    try:
        result = connection.execute(copy).fetchone()
    except duckdb.Error as error:
        # DuckDB's message may quote a value, unless it is about files.
        found = str(error).partition("\n")[0] if isinstance(error, duckdb.IOException) else type(error).__name__
        raise TransientError(f"{table} cannot be written to {path} ({found}).") from error
    with unfinished.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Exported(table, path.name, int(result[0]) if result else 0, unfinished.stat().st_size, digest)


def _csv_value(name: str, sql_type: str) -> str:
    """A column for CSV: times in ISO 8601 and UTC, texts safe for spreadsheets."""
    column = _quoted(name)
    if sql_type == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS {column}"
    if sql_type not in _NEVER_TEXT and not sql_type.startswith("DECIMAL"):
        return f"{spreadsheet_safe_sql(f'{column}::VARCHAR')} AS {column}"
    return column


def _manifest(connection: duckdb.DuckDBPyConnection, file_format: str, exported: Sequence[Exported]) -> str:
    content = {"format": file_format, "published": _publication(connection), "files": [asdict(one) for one in exported]}
    return json.dumps(content, indent=2, default=lambda value: value.isoformat()) + "\n"


def _publication(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The publication metadata; empty in a file from a version that wrote none."""
    if f"main.{PUBLICATION.name}" not in _all_tables(connection):
        return {}
    row = connection.execute(f"FROM main.{PUBLICATION.name}").fetchone() or ()
    return dict(zip([name for name, *_ in connection.description or []], row, strict=True))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
