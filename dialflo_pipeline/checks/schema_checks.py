"""The checks that follow from the declarations: of each table from `tables.py`, of each model from its header."""

from collections.abc import Iterable, Iterator

import dataframely as dy

from dialflo_pipeline.checks.check import Check, Severity
from dialflo_pipeline.core.schema import TASKS, WAREHOUSE_TABLES, Table
from dialflo_pipeline.marts.model import Model

IN_SCOPE = "call_date IN (FROM checks.days)"

_TYPE_NAMES = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}
"""What DuckDB's catalogue calls types that are declared by another name."""


def table_checks() -> list[Check]:
    """For each table: is each key there once, and is each value what its column declares?"""
    keys = [_key_check(table) for table in WAREHOUSE_TABLES if table.key]
    return [*keys, *(_values_check(table) for table in WAREHOUSE_TABLES)]


def model_checks(models: Iterable[Model]) -> list[Check]:
    """For each model that is stored: is each row the only one of its grain?"""
    return [
        _unique(model.full_name, model.header.grain, "grain_unique", "one row", where="true", by_day=False)
        for model in models
        if not model.is_view
    ]


def _key_check(table: Table) -> Check:
    """Of `tasks` over all days, for an id is never on two; the others hang on it."""
    ids = f"hash(task_id) IN (SELECT hash(task_id) FROM main.{table.name} WHERE {IN_SCOPE})"
    where = ids if table is TASKS else IN_SCOPE
    return _unique(f"main.{table.name}", table.key, "keys_unique", "one row", where=where, by_day=True)


def _unique(asset: str, key: list[str], name: str, one: str, *, where: str, by_day: bool) -> Check:
    columns = ", ".join(f'"{column}"' for column in key)
    per_day = ", max(call_date) AS call_date" if by_day else ""
    return Check(
        name=name,
        asset=asset,
        description=f"There is {one} for each {', '.join(key)}.",
        query=f"SELECT count(*) - 1 AS rows{per_day} FROM {asset} WHERE {where} GROUP BY {columns} HAVING count(*) > 1",
        says=f"{{rows}} rows have the same {', '.join(key)} as another one.",
        severity=Severity.ERROR,
        is_blocking=True,
        by_day=by_day,
        # Different hashes are of different keys; the reverse is left to the query itself.
        quick=f"SELECT count(*) = count(DISTINCT hash({columns})) FROM {asset} WHERE {where}",
    )


def _values_check(table: Table) -> Check:
    """One pass over the rows for the values of all columns; what may not be empty DuckDB itself keeps so."""
    # How an id is written is looked at in `tasks`, which has each one once, and every id that calls have.
    elsewhere = [] if table is TASKS else TASKS.key
    columns_here = ((name, column) for name, column in table.columns.items() if name not in elsewhere)
    problems = [problem for name, column in columns_here for problem in _problems(name, column)]
    counts = ", ".join(
        f"{{problem: {_text(problem)}, rows: count(*) FILTER ({condition})}}" for condition, problem in problems
    )
    columns = ", ".join(
        f"({_text(name)}, {_text(_TYPE_NAMES.get(sql_type, sql_type))}, {table.columns[name].nullable})"
        for name, sql_type in table.sql_types.items()
    )
    return Check(
        name="as_declared",
        asset=f"main.{table.name}",
        description="Each column is there with its type, and each value within what is declared for it.",
        query=f"""
            SELECT call_date, found.problem AS problem, found.rows AS rows
            FROM (
                SELECT call_date, unnest([{counts}]) AS found
                FROM main.{table.name}
                WHERE {IN_SCOPE}
                GROUP BY call_date
            )
            WHERE found.rows > 0
            UNION ALL
            SELECT NULL, declared.name || ' is not a column of type ' || declared.type || ', or may wrongly be empty', 1
            FROM (VALUES {columns}) AS declared (name, type, is_nullable)
            WHERE (declared.name, declared.type, declared.is_nullable) NOT IN (
                SELECT (column_name, data_type, is_nullable) FROM duckdb_columns()
                WHERE database_name = current_database() AND schema_name = 'main' AND table_name = {_text(table.name)}
            )
        """,
        says="{rows} values are not what their column declares.",
        each="{call_date}: {problem}, {rows} times",
        severity=Severity.ERROR,
        by_day=True,
    )


def _problems(name: str, column: dy.Column) -> Iterator[tuple[str, str]]:
    """What may be wrong with a value: a condition in SQL, and how to say it."""
    quoted = f'"{name}"'
    if words := (column.metadata or {}).get("words"):
        yield f"{quoted} NOT IN ({', '.join(map(_text, words))})", f"{name} is none of its words"
    if pattern := getattr(column, "regex", None):
        yield f"NOT regexp_matches({quoted}, {_text(pattern)})", f"{name} is not written as it must be"
    if isinstance(column, dy.Float64):
        yield f"NOT isfinite({quoted})", f"{name} is not a finite number"
    if (low := getattr(column, "min", None)) is not None:
        yield f"{quoted} < {low}", f"{name} is below {low}"
    if (high := getattr(column, "max", None)) is not None:
        yield f"{quoted} > {high}", f"{name} is above {high}"


def _text(value: object) -> str:
    escaped = str(value).replace("'", "''")
    return f"'{escaped}'"
