"""Which columns a column is made from: of the SQL models found by parsing them, of the lake's tables declared here.

For people who look at an asset; nothing is decided by it. A model that the parser cannot follow has no lineage.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from dialflo_pipeline.core.schema.tables import (
    CALL_METADATA,
    CALLS,
    RAW_ANSWERS,
    RAW_TABLES,
    TASK_IDS,
    TASKS,
    WAREHOUSE_TABLES,
    Table,
)
from dialflo_pipeline.marts.model import Model

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.lineage import Node

Source: TypeAlias = "tuple[str, str]"
"""Full name of a table (`main.calls`, `lake.raw_answers`) and a column of it."""

Lineage: TypeAlias = "Mapping[str, list[Source]]"
"""Column to the columns that its values are made from; empty where no column is named, as in count(*)."""

_INTERNAL: dict[str, dict[str, str]] = {
    "settings": {
        "timezone": "VARCHAR",
        "redial_max_attempts": "INTEGER",
        "redial_min_gap_minutes": "DOUBLE",
        "engaged_seconds": "DOUBLE",
        "campaign_key": "VARCHAR",
        "redial_max_age_days": "DOUBLE",
        "callback_keys": "VARCHAR[]",
        "callback_tolerance_minutes": "DOUBLE",
    },
    "day_starts": {"call_date": "DATE", "starts_at": "TIMESTAMPTZ"},
    "utc_offsets": {
        "utc_day": "DATE",
        "from_second": "INTEGER",
        "until_second": "INTEGER",
        "offset_seconds": "INTEGER",
    },
    "meanings": {"kind": "VARCHAR", "value": "VARCHAR", "meaning": "VARCHAR", "is_stop": "BOOLEAN"},
}

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

_KEY = ("task_id", "call_date")


def lake_lineage(table: Table) -> Lineage:
    """Where the columns of a derived table of the lake come from in the raw tables."""
    declared = _TASKS if table is TASKS else _FROM_ANSWERS
    body = [_raw("body")]
    return {name: declared.get(name, body) for name in table.columns}


def model_lineage(models: Iterable[Model]) -> dict[str, Lineage]:
    """The lineage of each model, by full name; each column down to the tables or models that its query reads."""
    ordered = list(models)
    schema = _schema(ordered)
    return {model.full_name: _of_model(model, schema) for model in ordered}


def _raw(column: str) -> Source:
    return f"lake.{RAW_ANSWERS.name}", column


def _task(column: str) -> Source:
    return f"lake.{TASK_IDS.name}", column


_FROM_ANSWERS: dict[str, list[Source]] = {
    **{name: [_raw(name)] for name in (*_KEY, "source")},
    "fetched_at": [_raw("received_at")],
    "occurred_at": [_raw("body"), _task("completed_at")],
}
_TASKS: dict[str, list[Source]] = {
    **{name: [_task(name)] for name in (*_KEY, "completed_at", "registered_at", "attributes")},
    "state": [
        *(_raw(name) for name in ("result", "is_complete", "is_last", "requested_at", "stopped_run")),
        *(_task(name) for name in ("completed_at", "registered_at")),
    ],
    "attempts": [_raw("attempt")],
    "last_status": [_raw("status")],
    "last_error": [_raw("error")],
    "next_try_at": [_raw("requested_at"), _task("completed_at"), _task("registered_at")],
}


def _schema(models: Iterable[Model]) -> _Schema:
    made: _Schema = defaultdict(dict)
    for model in models:
        made[model.schema][model.name] = {name: column.type for name, column in model.columns.items()}
    loaded = {table.name: dict(table.sql_types) for table in WAREHOUSE_TABLES}
    return {"main": loaded, "pipeline": _INTERNAL, **made}


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


def table_lineage(table: Table) -> Lineage:
    """A table of the warehouse is loaded from the lake as it stands there."""
    return {name: [(f"lake.{table.name}", name)] for name in table.columns}
