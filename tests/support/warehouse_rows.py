"""Reads the published warehouse and compares it, table by table, with what the oracle expects."""

import math
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tests.support.oracle import marts
from tests.support.oracle.strict_json import Number, frozen, parse, parse_stored
from tests.support.oracle.values import NumberText
from tests.support.oracle.warehouse import Expected

Row = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FLAT = ("calls", "call_metadata", "call_context", "rejects", "tasks")
TABLES = (*(f"main.{name}" for name in FLAT), *(f"marts.{name}" for name in marts.MODULES))
KEYS = {
    "calls": ("task_id", "call_index"),
    "call_metadata": ("task_id", "call_index", "key"),
    "call_context": ("task_id", "call_index", "key"),
    "tasks": ("task_id",),
} | {name: marts.key_of(name) for name in marts.MODULES}
CHANGES_WITH_THE_CLOCK = {name: marts.columns_that_change_with_the_clock(name) for name in marts.MODULES}


def read_tables(published: Path) -> dict[str, list[Row]]:
    """Every promised table: rows as dictionaries, moments as UTC datetimes."""
    return read_with_time(published)[0]


def read_with_time(published: Path) -> tuple[dict[str, list[Row]], datetime]:
    """The same, and the moment at which they were read, which views use as the time."""
    with duckdb.connect(str(published), read_only=True) as connection:
        connection.begin()
        (now,) = connection.execute("SELECT epoch_us(now())").fetchall()[0]
        return {name.split(".")[1]: _rows(connection, name) for name in TABLES}, EPOCH + timedelta(microseconds=now)


def lasting(tables: dict[str, list[Row]], aside: Collection[str] = ()) -> dict[str, list[str]]:
    """What does not change with the reader's clock, sorted: equal where two files say the same."""
    return {name: _lasting(rows, {*CHANGES_WITH_THE_CLOCK.get(name, ()), *aside}) for name, rows in tables.items()}


def _lasting(rows: list[Row], aside: Collection[str]) -> list[str]:
    # By name: a file may have its columns in another order.
    return sorted(repr(sorted((name, value) for name, value in row.items() if name not in aside)) for row in rows)


def read_types(published: Path) -> dict[str, dict[str, str]]:
    with duckdb.connect(str(published), read_only=True) as connection:
        return {name.split(".")[1]: _types(connection, name) for name in TABLES}


def differences(
    found: dict[str, list[Row]], expected: Expected, now: datetime, aside: Collection[str] = ()
) -> list[str]:
    """Every way in which the warehouse, read at `now`, differs from what the oracle expects; empty when it agrees.

    Columns in `aside` do not count.
    """
    flat = expected.flat
    wanted = {"calls": flat.calls, "call_metadata": flat.call_metadata, "call_context": flat.call_context}
    wanted |= {"tasks": expected.tasks} | {name: expected.mart(name, found, now) for name in marts.MODULES}
    problems = [problem for name, rows in wanted.items() for problem in differing_rows(name, found[name], rows, aside)]
    return problems + differing_rejects(found["rejects"], flat.rejects)


def differing_rows(name: str, found: list[Row], expected: list[Row], aside: Collection[str] = ()) -> list[str]:
    """Every way in which the rows of one table are not what is expected."""
    by_key = [{tuple(row[key] for key in KEYS[name]): row for row in rows} for rows in (found, expected)]
    there, due = by_key
    problems = [f"{name}: {len(found) - len(there)} rows share their key"] if len(there) < len(found) else []
    problems += [f"{name}: missing {key}" for key in due.keys() - there.keys()]
    problems += [f"{name}: unexpected {key}" for key in there.keys() - due.keys()]
    for key in due.keys() & there.keys():
        wanted = {column: value for column, value in due[key].items() if column not in aside}
        problems += [f"{name} {key}: {problem}" for problem in _row(name, there[key], wanted)]
    return problems


def _row(name: str, found: Row, expected: Row) -> list[str]:
    checks: dict[str, Callable[[Row, Row], bool]] = {
        "fetched_after": lambda row, due: row["fetched_at"] >= due["fetched_after"],
        "has_error": lambda row, due: due["has_error"] in (None, row["last_error"] is not None),
        "deadline": _is_next_try_allowed,
    }
    problems = []
    for column, value in expected.items():
        if column in checks:
            if not checks[column](found, expected):
                problems.append(f"{column} of {found}")
        elif not _same(name, column, found[column], value):
            problems.append(f"{column} is {found[column]!r}, not {value!r}")
    return problems


def _is_next_try_allowed(found: Row, due: Row) -> bool:
    if found["next_try_at"] is None:
        return True
    return found["state"] in ("unsettled", "not_found") and bool(found["next_try_at"] <= due["deadline"])


def _same(table: str, column: str, found: Any, expected: Any) -> bool:
    if column in ("extra", "attributes"):
        return bool(frozen(parse_stored(found)) == frozen(expected))
    if column == "value":
        return found == expected if expected is None or isinstance(expected, str) else _same_json(found, expected)
    if isinstance(expected, NumberText) and found is not None:
        return _same_json(found, Number(str(expected)))
    if table in marts.MODULES and isinstance(expected, float) and isinstance(found, float):
        return math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-12)
    return type(found) is type(expected) and bool(found == expected)


def _same_json(found: str | None, expected: Any) -> bool:
    return found is not None and bool(frozen(parse(found)) == frozen(expected))


def differing_rejects(found: list[Row], expected: list[Row]) -> list[str]:
    """The same for the rejects, which have no key."""
    counts = [
        Counter(
            (row["task_id"], row["call_index"], row["call_date"], row["path"], frozen(value(row["value"])))
            for row in rows
        )
        for rows, value in ((found, parse_stored), (expected, lambda value: value))
    ]
    problems = [f"rejects: missing {reject}" for reject in (counts[1] - counts[0])]
    problems += [f"rejects: unexpected {reject}" for reject in (counts[0] - counts[1])]
    return problems + [f"rejects: no reason in {row}" for row in found if not row["reason"]]


def _types(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    return {column: kind for column, kind, *_ in connection.execute(f"DESCRIBE {name}").fetchall()}


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[Row]:
    types = _types(connection, name)
    moments = {column for column, kind in types.items() if kind == "TIMESTAMP WITH TIME ZONE"}
    columns = [f'epoch_us("{column}")' if column in moments else f'"{column}"' for column in types]
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()
    return [
        {
            column: EPOCH + timedelta(microseconds=value) if column in moments and value is not None else value
            for column, value in zip(types, row, strict=True)
        }
        for row in rows
    ]
