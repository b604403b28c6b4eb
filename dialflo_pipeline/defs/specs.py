"""What Dagster shows of each asset, derived from the declarations of tables and models."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from dagster import AssetKey, AssetSpec, DailyPartitionsDefinition, TableColumn, TableSchema

from dialflo_pipeline.models import Model, read_models, sql_folder
from dialflo_pipeline.tables import FORGOTTEN_IDS, WAREHOUSE_TABLES, Table

OWNERS = ["team:data"]
PUBLISHED = AssetKey(["published", "warehouse"])


def lake_key(table: Table) -> AssetKey:
    """The Parquet files of a table."""
    return AssetKey(["lake", table.name])


def warehouse_key(table: Table) -> AssetKey:
    """A table of the private DuckDB file."""
    return AssetKey(["warehouse", table.name])


def lake_spec(
    table: Table, group: str, deps: list[AssetKey], partitions: DailyPartitionsDefinition | None = None
) -> AssetSpec:
    """A lake table, by day if `partitions` are given."""
    return AssetSpec(
        lake_key(table),
        deps=deps,
        description=table.description,
        group_name=group,
        owners=OWNERS,
        kinds={"python", "parquet"},
        metadata=_schema_metadata(table),
        partitions_def=partitions,
    )


def forgotten_spec() -> AssetSpec:
    """The tombstones, which a person writes with `dialflo tasks forget` and no run does."""
    return lake_spec(FORGOTTEN_IDS, "registered", [])


def warehouse_specs() -> list[AssetSpec]:
    """The tables of the warehouse, each from its lake table."""
    return [
        AssetSpec(
            warehouse_key(table),
            deps=[lake_key(table)],
            description=table.description,
            group_name="warehouse",
            owners=OWNERS,
            kinds={"duckdb"},
            metadata=_schema_metadata(table),
        )
        for table in WAREHOUSE_TABLES
    ]


def model_specs() -> list[AssetSpec]:
    """The SQL models, each from what its query reads."""
    return [_model_spec(model) for model in models()]


@cache
def models() -> list[Model]:
    """The SQL models, read once a process: parsing them takes longer than all else that is told here."""
    return read_models(sql_folder())


def model_key(full_name: str) -> AssetKey | None:
    """The asset that a SQL name stands for; None for the pipeline's internal tables."""
    schema, name = full_name.split(".")
    match schema:
        case "main":
            return AssetKey(["warehouse", name])
        case "pipeline":
            return None
        case _:
            return AssetKey([schema, name])


def row_counts(rows: Mapping[str, int], name: str) -> dict[str, Any]:
    """The metadata that Dagster plots; no rows when nothing was written."""
    return {"dagster/row_count": rows[name]} if name in rows else {}


def _model_spec(model: Model) -> AssetSpec:
    columns = [
        TableColumn(name, type=column.type, description=column.description) for name, column in model.columns.items()
    ]
    return AssetSpec(
        AssetKey([model.schema, model.name]),
        deps=[key for name in sorted(model.depends_on) if (key := model_key(name))],
        description=model.description,
        group_name=model.schema,
        owners=OWNERS,
        kinds={"sql", "duckdb"},
        metadata={"dagster/column_schema": TableSchema(columns=columns)},
    )


def _schema_metadata(table: Table) -> dict[str, Any]:
    columns = [
        TableColumn(name, type=sql_type, description=table.columns[name].description)
        for name, sql_type in table.sql_types.items()
    ]
    return {"dagster/column_schema": TableSchema(columns=columns)}
