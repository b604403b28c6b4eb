"""DuckDB as this package uses it: no connection fetches an extension, and no statement has a value in its text."""

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl
import pytest

import dialflo_pipeline
from dialflo_pipeline.flatten import flatten
from dialflo_pipeline.flatten.vectorised import engine
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import ddl, loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts import parser
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish.publish import publish, read_published
from dialflo_pipeline.storage import duckdb_file

PACKAGE: Final = Path(dialflo_pipeline.__file__).parent
OFF: Final = ("autoinstall_known_extensions", "autoload_known_extensions")

METHODS: Final = ("execute", "executemany", "sql", "query", "from_query")
DECLARED_NAMES: Final = {
    *(
        "table.name",
        "schema",
        "table",
        "name",
        "columns",
        "counts",
        "', '.join(names)",
        "', '.join(columns)",
        "model.full_name",
        "view.full_name",
        "kind",
    ),
    *("', '.join(key)", "order", "_same('found', key)"),
}
"""Names of schemas, tables and columns, and what is made of them: all stand in tables.py or in the headers of sql/."""

OWN_SQL: Final = {
    *(
        "model.query",
        "view.query",
        "_in_scope(model.query, key)",
        "_in_scope(view.query, key)",
        "script",
        "query",
        "sql",
    ),
    *("changed", "differing", "known", "_table_script(table)", "_comment(kind, name, text)"),
}
"""Whole statements or queries that stand elsewhere in this package or in sql/; `dialflo query` runs its user's own."""

MADE_BESIDE_IT: Final = {
    *(
        ("marts/callbacks/tables.py", part)
        for part in ("values", "asked", *(f"read_query(FOLDER, '{name}')" for name in ("asked", "said", "insert")))
    ),
    *(("marts/incremental_build.py", part) for part in ("fresh", "stored", "_same('found', columns)")),
    *(("marts/temp_tables.py", part) for part in ("table_or_view", "kind", "self._name(full_name)")),
    *(("marts/full_build.py", part) for part in ("_SHARED", "_kind(model)")),
    ("marts/build.py", "record"),
    ("marts/parser.py", "tree"),
    *(("storage/duckdb_file/pool.py", "session"), ("checks/context.py", "SESSION")),
    *(("checks/context.py", "view"), ("checks/run.py", "check.query"), ("checks/run.py", "check.quick")),
    *(("cli/query/run.py", "SQL_ERRORS_IN_PARTS"), ("cli/query/run.py", "_LOCK_DOWN")),
    *(("serve/redial_candidates.py", f"read_query(FOLDER, '{name}')") for name in ("candidates", "caller_ids")),
    ("cli/commands/demo.py", "read_query('demo', query)"),
    *(
        ("serve/export.py", "_SCHEMAS"),
        ("serve/export.py", "PUBLICATION.name"),
        ("storage/duckdb_file/compact.py", "STORAGE_VERSION"),
    ),
    ("storage/duckdb_file/compact.py", "BLOCK_BYTES"),
    *(("marts/input_tables.py", part) for part in ("_PLAIN", "values", "columns")),
    *(("marts/metadata_views.py", part) for part in ("_TABLE", "_COLUMNS", "_KEYS", "values", "fixed", "typed")),
    *(
        ("publish/publication_metadata.py", part)
        for part in ("PUBLICATION.name", "PUBLICATION_QUERY", "ddl.table_script(PUBLICATION)")
    ),
    ("extract/task_ids/database/query.py", "statement"),
    *(("load/ddl.py", part) for part in ("table_script(table)", "' '.join([_comment(kind, name, text), *of_columns])")),
}
"""Parts that the module itself makes of constants, of declared names, or of names made safe (`safe_names`); and the
query with which the customer asks a database of their own."""

CANNOT_BE_BOUND: Final = {
    ("storage/duckdb_file/connection.py", "quoted"),
    ("storage/duckdb_file/compact.py", "quoted"),
    ("serve/export.py", "copy"),
}
"""ATTACH and COPY take no parameter: the path stands in the statement, its quotes doubled."""

OTHER_DATABASES: Final = {"defs/history/event_log.py", "defs/history/revisions.py", "defs/history/run_history.py"}
"""Dagster's own SQLite files, by way of SQLAlchemy."""


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text("utf-8"))


def _loose_parts(statement: ast.expr) -> Iterator[str]:
    """What of a statement's text is no constant."""
    match statement:
        case ast.Constant():
            return
        case ast.JoinedStr(values=parts):
            for part in parts:
                yield from _loose_parts(part)
        case ast.FormattedValue(value=value):
            yield ast.unparse(value)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _loose_parts(left)
            yield from _loose_parts(right)
        case _:
            yield ast.unparse(statement)


def _statements(tree: ast.AST) -> Iterator[tuple[int, ast.expr]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=method), args=[statement, *_]) if method in METHODS:
                yield node.lineno, statement


def _values_in(tree: ast.AST, name: str) -> list[str]:
    return [
        f"{name}, line {line}: {part}"
        for line, statement in _statements(tree)
        for part in _loose_parts(statement)
        if part not in DECLARED_NAMES | OWN_SQL and (name, part) not in MADE_BESIDE_IT | CANNOT_BE_BOUND
    ]


def test_values_stand_in_no_statement_but_are_bound() -> None:
    trees = [(name, tree) for name, tree in _trees() if name not in OTHER_DATABASES]
    assert [value for name, tree in trees for value in _values_in(tree, name)] == []
    assert sum(1 for _, tree in trees for _ in _statements(tree)) > 20, "the search never came to the statements"


@pytest.mark.parametrize(
    "code",
    [
        'connection.execute(f"SELECT * FROM calls WHERE task_id = {task_id!r}")',
        'connection.execute("SELECT * FROM calls WHERE task_id = " + task_id)',
        "connection.sql(\"SELECT * FROM calls WHERE task_id = '%s'\" % task_id)",
        'connection.execute("SELECT * FROM calls WHERE task_id = {}".format(task_id))',
        "connection.executemany(statement_of(task_id))",
    ],
)
def test_a_value_in_a_statement_would_be_found(code: str) -> None:
    assert len(_values_in(ast.parse(code), "some.py")) == 1


def test_no_connection_that_the_package_opens_fetches_an_extension(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place that opens one is gone through, and what it opened asked for its settings."""
    seen: dict[tuple[str, int], list[str]] = {}
    connect = duckdb.connect

    def noted(*arguments: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        caller = sys._getframe(1)
        connection = connect(*arguments, **options)
        asked = connection.execute("SELECT value FROM duckdb_settings() WHERE name IN (?, ?)", OFF)
        place = Path(caller.f_code.co_filename).relative_to(PACKAGE).as_posix(), caller.f_lineno
        seen[place] = [value for (value,) in asked.fetchall()]
        return connection

    monkeypatch.setattr(duckdb, "connect", noted)
    for cached in (engine._database, parser._parser, parser.parse_model):
        cached.cache_clear()
    duckdb_file.connection._INSTANCE_POOL.close()
    _use_every_connection(tmp_path)
    places = {
        (name, node.lineno)
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "duckdb.connect"
    }
    assert seen == {place: ["false", "false"] for place in places}


def _use_every_connection(folder: Path) -> None:
    private, published = folder / "work" / "warehouse.duckdb", folder / "warehouse.duckdb"
    loader.load(private, Lake(folder / "lake", folder / "aside"), {})
    marts.build(private, MartSettings("UTC", redial_max_attempts=3, redial_min_gap_minutes=30))
    publish(private, published, folder / "work")
    read_published(published).close()
    ddl.count_rows(private)
    now = datetime(2025, 6, 25, tzinfo=UTC)
    answers = {
        "task_id": ["a"],
        "call_date": [date(2025, 6, 25)],
        "completed_at": pl.Series([None], dtype=pl.Datetime("us", "UTC")),
        "body": [b'{"agent_name": "A"}'],
        "fetched_at": [now],
        "source": ["api"],
    }
    assert flatten(pl.DataFrame(answers), "UTC").calls.height == 1


def test_no_other_way_to_duckdb_is_taken() -> None:
    """The module's own default connection, and another name for what opens one, would go unseen above."""
    for name, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert node.module != "duckdb", name
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "duckdb":
                is_shared = node.attr in ("sql", "execute", "query", "read_parquet", "from_arrow", "default_connection")
                assert not is_shared, f"{name}, line {node.lineno}"
