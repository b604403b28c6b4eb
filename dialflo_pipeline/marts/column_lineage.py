"""Column lineage of the SQL models, found by parsing them. Shown on Dagster's asset pages; nothing else uses it.

A model that the parser cannot follow has no lineage.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from dialflo_pipeline.core.schema import (
    CALL_METADATA,
    CALLS,
    RAW_TABLES,
    WAREHOUSE_TABLES,
)
from dialflo_pipeline.marts.input_tables import INPUT_COLUMNS
from dialflo_pipeline.marts.lake_lineage import Lineage, Source
from dialflo_pipeline.marts.model import Model

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.lineage import Node

_SAID: "list[Source]" = [
    (f"main.{CALL_METADATA.name}", "value"),
    (f"main.{CALLS.name}", "occurred_at"),
    (f"main.{CALLS.name}", "call_date"),
]
"""What was said, and when: from it follows when a call is to be."""

_FOLLOWS: "Mapping[str, Lineage]" = {
    "pipeline.callbacks": {
        **{name: [(f"main.{CALL_METADATA.name}", name)] for name in ("task_id", "call_index", "call_date", "key")},
        "text": [(f"main.{CALL_METADATA.name}", "value")],
        **dict.fromkeys(("requested_at", "is_whole_day", "starts_at", "ends_at"), _SAID),
    },
}
"""Internal tables that are made from tables, not from settings: their columns down to those."""

_CHECKED: "_Schema" = {
    "checks": {
        "days": {"call_date": "DATE"},
        "clock": {"now": "TIMESTAMPTZ", "today": "DATE", "settled_if_before": "TIMESTAMPTZ"},
    },
    "lake": {table.name: dict(table.sql_types) for table in RAW_TABLES},
}
"""What checks read beside the warehouse."""

_Schema: TypeAlias = "dict[str, dict[str, dict[str, str]]]"
"""Schema, table, column and type: what the parser has to know to say whose a column is."""


def model_lineage(models: Iterable[Model]) -> dict[str, Lineage]:
    """The lineage of each model, by full name; each column down to the tables or models that its query reads."""
    ordered = list(models)
    schema = _schema(ordered)
    return {model.full_name: _of_model(model, schema) for model in ordered}


def _schema(models: Iterable[Model]) -> _Schema:
    made: _Schema = defaultdict(dict)
    for model in models:
        made[model.schema][model.name] = {name: column.type for name, column in model.columns.items()}
    loaded = {table.name: dict(table.sql_types) for table in WAREHOUSE_TABLES}
    return {"main": loaded, "pipeline": INPUT_COLUMNS, **made}


def tables_behind(full_name: str) -> set[str]:
    """The tables that an internal one is made from, as far as it is not from settings."""
    return {table for sources in _FOLLOWS.get(full_name, {}).values() for table, _ in sources}


def query_lineage(query: str, columns: Iterable[str], models: Iterable[Model]) -> Lineage:
    """The same for these columns of any query; raises `ValueError` where the parser cannot follow it."""
    return _of_query(query, columns, _schema(models))


def _of_model(model: Model, schema: _Schema) -> Lineage:
    try:
        return _of_query(model.query, model.columns, schema)
    except ValueError:
        return {}


def _of_query(query: str, columns: Iterable[str], schema: _Schema) -> Lineage:
    import sqlglot  # slow to load, and few runs ask for this
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope
    from sqlglot.schema import MappingSchema

    try:
        parsed = sqlglot.parse_one(query, dialect="duckdb")
        # Of the tables that it reads only: each is gone through in full, and copied, at every step.
        read: _Schema = defaultdict(dict)
        for table in parsed.find_all(sqlglot.exp.Table):
            if columns_of := schema.get(table.db, {}).get(table.name) or _CHECKED.get(table.db, {}).get(table.name):
                read[table.db][table.name] = columns_of
        known = MappingSchema(dict(read), dialect="duckdb")
        qualified = qualify(parsed, schema=known, dialect="duckdb")
        found = lineage(
            None, qualified, known, dialect="duckdb", scope=build_scope(qualified), copy=False, trim_selects=False
        )
    except SqlglotError as error:
        raise ValueError(f"The columns of this query cannot be followed: {error}") from error
    if missing := sorted(set(columns) - found.keys()):
        raise ValueError(f"The query has no column {missing[0]}.")
    return {name: sorted(set(_leaves(found[name]))) for name in columns}


def _leaves(node: "Node") -> Iterable[Source]:
    from sqlglot import exp

    for each in node.walk():
        if not each.downstream and isinstance(each.source, exp.Table):
            name, column = f"{each.source.db}.{each.source.name}", each.name.rpartition(".")[2].strip('"')
            yield from _FOLLOWS.get(name, {}).get(column, [(name, column)])
            if each.source.db == "pipeline":
                yield from _looked_up_by(each.source)


def _looked_up_by(table: "exp.Table") -> Iterable[Source]:
    """What a row of an internal table is joined on: the columns of other tables that decide which one it is."""
    from sqlglot import exp

    select, on = table.parent_select, table.parent.args.get("on") if isinstance(table.parent, exp.Join) else None
    if select is None or on is None:
        return
    beside = {
        each.alias_or_name: each for each in select.find_all(exp.Table) if each.parent_select is select and each.db
    }
    for column in on.find_all(exp.Column):
        other = beside.get(column.table)
        if other is not None and other.db != "pipeline":
            yield f"{other.db}.{other.name}", column.name
