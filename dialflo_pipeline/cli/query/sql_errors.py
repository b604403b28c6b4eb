"""Explain an error in a user's SQL: the message, the marked line, and similar names."""

import json
from difflib import get_close_matches
from typing import Any

import duckdb
from rich.cells import cell_len

SQL_ERRORS_IN_PARTS = "SET errors_as_json = true"
"""Makes DuckDB report the position of an error, also in later statements and long lines."""

LIST_TABLES = '`dialflo query "SHOW ALL TABLES"` lists tables and columns.'
_AROUND = 60
"""Characters of a long line shown before and after the error."""


def explain(error: duckdb.Error, sql: str, connection: duckdb.DuckDBPyConnection) -> str:
    """The error for the author of the SQL."""
    parts = _parts(error)
    message = str(parts.get("exception_message", error)).rstrip()
    found = [f"{parts['exception_type']} Error: {message}" if parts else message]
    if parts.get("exception_type") in ("Catalog", "Binder") and "does not exist" in message:
        found += _about_tables(parts, message, sql, connection)
    if position := _position(parts):
        found.append(f"\n{_marked(sql, *position)}")
    return "\n".join(found)


def _parts(error: duckdb.Error) -> dict[str, Any]:
    _, brace, rest = str(error).partition("{")
    try:
        parts = json.loads(brace + rest)
    except ValueError:
        return {}  # an error of the client, not of the database: text only
    return parts if isinstance(parts, dict) and "exception_type" in parts else {}


def _position(parts: dict[str, Any]) -> tuple[int, int] | None:
    """Position of the error in the UTF-8 text: first byte, and number of bytes."""
    try:
        start, length = json.loads(parts.get("location") or f"[{parts.get('position', '')}, 1]")
        return int(start), max(1, int(length))
    except (ValueError, TypeError):
        return None


def _marked(sql: str, start: int, length: int) -> str:
    before = sql.encode()[:start].decode(errors="ignore")
    marked = sql.encode()[start : start + length].decode(errors="ignore").partition("\n")[0]
    number, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1
    line = (sql.split("\n")[number - 1] if sql else "").replace("\t", " ")
    first = max(0, column - _AROUND)
    lead = f"LINE {number}: {'…' if first else ''}"
    last = column + len(marked) + _AROUND
    tail = "…" if last < len(line) else ""
    blanks = " " * cell_len(lead + line[first:column])
    return f"{lead}{line[first:last]}{tail}\n{blanks}{'^' * max(1, cell_len(marked))}"


def _about_tables(parts: dict[str, Any], message: str, sql: str, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Similar table names, where DuckDB gives none, and how to list all."""
    if parts.get("type", "Table") != "Table":
        return []
    return [*([] if "Did you mean" in message else _meant(parts, sql, connection)), LIST_TABLES]


def _meant(parts: dict[str, Any], sql: str, connection: duckdb.DuckDBPyConnection) -> list[str]:
    position = _position(parts)
    wanted = (
        sql.encode()[position[0] : sum(position)].decode(errors="ignore") if position else str(parts.get("name", ""))
    )
    names = connection.execute(
        "SELECT schema_name || '.' || name FROM (SELECT schema_name, table_name AS name FROM duckdb_tables()"
        " UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal)"
    ).fetchall()
    close = get_close_matches(wanted.lower(), [name for (name,) in names], n=3)
    quoted = " or ".join(f'"{name}"' for name in close)
    return [f"Did you mean {quoted}?"] if close else []
