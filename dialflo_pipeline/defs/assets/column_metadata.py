"""What Dagster shows of an asset's columns: type, meaning, rules, privacy, and which columns they are made from."""

from collections.abc import Mapping
from typing import Any

import dataframely as dy
from dagster import AssetKey, TableColumn, TableColumnConstraints, TableColumnDep, TableColumnLineage, TableSchema

from dialflo_pipeline.core.schema import Privacy, Table
from dialflo_pipeline.marts.lake_lineage import Lineage, Source
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.run.asset_events import sql_path


def asset_key(full_name: str) -> AssetKey | None:
    """The asset of a SQL name; None for the pipeline's internal tables."""
    path = sql_path(full_name)
    return AssetKey(path) if path else None


def table_metadata(table: Table, lineage: Lineage) -> dict[str, Any]:
    """Of a declared table."""
    columns = [
        _column(name, table.sql_types[name], column.description or "", _rules(column), column.metadata or {}, lineage)
        for name, column in table.columns.items()
    ]
    return _metadata(columns, lineage)


def model_metadata(model: Model, lineage: Lineage) -> dict[str, Any]:
    """Of a SQL model."""
    columns = [
        _column(name, column.type, column.description, TableColumnConstraints(), column.model_dump(), lineage)
        for name, column in model.columns.items()
    ]
    return _metadata(columns, lineage)


def _metadata(columns: list[TableColumn], lineage: Lineage) -> dict[str, Any]:
    deps = {name: [dep for source in sources if (dep := _dep(source))] for name, sources in lineage.items()}
    shown = {"dagster/column_lineage": TableColumnLineage(deps_by_column=deps)} if deps else {}
    return {"dagster/column_schema": TableSchema(columns=columns), **shown}


def _dep(source: Source) -> TableColumnDep | None:
    key = asset_key(source[0])
    return TableColumnDep(asset_key=key, column_name=source[1]) if key else None


def _column(
    name: str,
    sql_type: str,
    description: str,
    rules: TableColumnConstraints,
    about: Mapping[str, Any],
    lineage: Lineage,
) -> TableColumn:
    # The web page draws no lineage of columns by itself, so it is also written as text.
    sources = [f"{table}.{column}" for table, column in lineage.get(name, [])]
    origin = f" From {', '.join(sources)}." if sources else ""
    privacy, unit = about.get("privacy", Privacy.NONE), about.get("unit")
    tags = {"privacy": str(privacy)} | ({"unit": unit} if unit else {})
    return TableColumn(name, sql_type, f"{' '.join(description.split())}{origin}", rules, tags)


def _rules(column: dy.Column) -> TableColumnConstraints:
    words = (column.metadata or {}).get("words")
    bounds = [
        f"{sign} {bound}"
        for sign, bound in ((">=", getattr(column, "min", None)), ("<=", getattr(column, "max", None)))
        if bound is not None
    ]
    part_of_key = ["part of the key"] if column.primary_key else []
    some_of = [f"one of {', '.join(words)}"] if words else []
    return TableColumnConstraints(nullable=column.nullable, other=[*part_of_key, *bounds, *some_of])
