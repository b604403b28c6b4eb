"""Bringing the tables of the SQL models up to date where few days have changed, instead of making them anew.

A model that is `incremental_by` some columns is refilled for those of their values that the changed calls have or had.
Until that is done, it reads stand-ins for the warehouse's tables and the views over them, which hold these values only.
All other tables are refilled whole, from tables that are up to date by then. All of it happens in the caller's
transaction.
"""

from collections.abc import Sequence
from datetime import date

import duckdb

from dialflo_pipeline.core.schema import WAREHOUSE_TABLES
from dialflo_pipeline.marts.model import CHANGE_COLUMNS, Model
from dialflo_pipeline.marts.project import all_read
from dialflo_pipeline.marts.temp_tables import TempTables

DAY = ("call_date",)
_COLUMNS = ", ".join(CHANGE_COLUMNS)


def build_incremental(connection: duckdb.DuckDBPyConnection, models: Sequence[Model], days: Sequence[date]) -> None:
    """Bring every table of these models, which stand in order, up to date with the changed `days`."""
    tables = [model for model in models if not model.is_view]
    for key in sorted({tuple(model.header.incremental_by) for model in tables} - {()}):
        _find_scope(connection, key, days)
        _refill_by(connection, models, key)
    connection.execute("DROP TABLE IF EXISTS temp.scope")
    for model in tables:
        if not model.header.incremental_by:
            connection.execute(f"DELETE FROM {model.full_name}; INSERT INTO {model.full_name} {model.query}")


def _find_scope(connection: duckdb.DuckDBPyConnection, key: tuple[str, ...], days: Sequence[date]) -> None:
    """Put the values of `key` that the changed calls have or had in `temp.scope`, each once.

    Of days also the later ones, mostly none: their rows then stand behind those of earlier days, as ever.
    """
    changed = "SELECT unnest($days::DATE[]) AS call_date"
    if key == DAY:
        changed += " UNION ALL SELECT call_date FROM main.calls WHERE call_date > list_min($days::DATE[])"
    else:
        changed = (
            f"SELECT {_COLUMNS} FROM pipeline.replaced_calls UNION ALL"
            f" SELECT {_COLUMNS} FROM main.calls WHERE call_date IN ({changed})"
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE scope AS SELECT DISTINCT {', '.join(key)} FROM ({changed})",
        {"days": list(days)},
    )


def _refill_by(connection: duckdb.DuckDBPyConnection, models: Sequence[Model], key: tuple[str, ...]) -> None:
    tables = [model for model in models if tuple(model.header.incremental_by) == key]
    by_name = {model.full_name: model for model in models}
    read = set[str]().union(*(all_read(model, by_name) for model in tables))
    with TempTables(connection) as stand_ins:
        for table in WAREHOUSE_TABLES:
            if (name := f"main.{table.name}") in read:
                stand_ins.narrow(name, _in_scope(f"FROM {name}", key))
        for view in models:
            if view.is_view and view.full_name in read:
                stand_ins.take_over(view, is_narrowed=view.reads_main)
        for model in tables:
            # Once more in scope: a model that is not what it says must not put rows beside those that were kept.
            fresh = _in_scope(stand_ins.query_of(model), key)
            (_put_behind if key == DAY else _exchange)(connection, model, fresh, key)


def _put_behind(connection: duckdb.DuckDBPyConnection, model: Model, fresh: str, key: tuple[str, ...]) -> None:
    """Replace the rows in scope, so that the new ones stand behind all others, in the model's order."""
    name, order = model.full_name, ", ".join(model.header.grain)
    connection.execute(f"DELETE FROM {name} AS found USING temp.scope AS scope WHERE {_same('found', key)}")
    connection.execute(f"INSERT INTO {name} {fresh} ORDER BY {order}")


def _exchange(connection: duckdb.DuckDBPyConnection, model: Model, fresh: str, key: tuple[str, ...]) -> None:
    """Replace those rows in scope that are not as before: most are, and each one replaced has to be written again."""
    name, columns = model.full_name, tuple(model.columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {fresh}")
    stored = _in_scope(f"SELECT rowid AS stored_row, * FROM {name}", key)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE stored AS {stored}")
    connection.execute(
        f"DELETE FROM {name} WHERE rowid IN (SELECT stored_row FROM temp.stored AS found"
        f" ANTI JOIN temp.fresh AS scope ON {_same('found', columns)})"
    )
    connection.execute(f"INSERT INTO {name} FROM temp.fresh EXCEPT ALL SELECT * EXCLUDE (stored_row) FROM temp.stored")
    connection.execute("DROP TABLE temp.fresh; DROP TABLE temp.stored")


def _in_scope(query: str, key: tuple[str, ...]) -> str:
    return f"SELECT found.* FROM ({query}) AS found SEMI JOIN temp.scope AS scope ON {_same('found', key)}"


def _same(alias: str, key: tuple[str, ...]) -> str:
    # A day is never NULL, and only an = lets DuckDB skip the stored rows of other days.
    return " AND ".join(
        f"{alias}.{name} {'=' if (name,) == DAY else 'IS NOT DISTINCT FROM'} scope.{name}" for name in key
    )
