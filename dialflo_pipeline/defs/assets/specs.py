"""What Dagster shows of each asset, derived from the declarations of tables and models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from dagster import AssetKey, AssetSpec, DailyPartitionsDefinition, MetadataValue

from dialflo_pipeline.core.schema import FORGOTTEN_IDS, PUBLICATION, RAW_TABLES, WAREHOUSE_TABLES, Table
from dialflo_pipeline.defs.assets.column_metadata import asset_key, model_metadata, table_metadata
from dialflo_pipeline.marts.column_lineage import model_lineage, query_lineage, tables_behind
from dialflo_pipeline.marts.lake_lineage import Lineage, lake_lineage, table_lineage
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.project import read_models, sql_folder
from dialflo_pipeline.publish.publication_metadata import PUBLICATION_QUERY

OWNERS = ["team:data"]
PUBLISHED = AssetKey(["published", "warehouse"])
DASHBOARD = AssetKey(["published", "dashboard"])

UNCOUNTED = " A view: it is computed when read, so its rows are not counted."
"""Added to intermediate views: counting their rows would compute them for no reader."""

GROUPS = {
    name: f"{place}_{name}"
    for place, name in enumerate(("registered", "raw", "lake", "warehouse", "staging", "marts", "published"), start=1)
}
"""The page sorts groups by name; the numbers put them in the order of the data flow."""


@dataclass(frozen=True)
class Shown:
    """What the page shows of assets beside their declarations."""

    published: Path | None = None
    """The file for readers."""
    dashboard: Path | None = None
    """The page made from it."""
    lineages: Mapping[str, Lineage] = field(default_factory=dict)
    """Of the models and of the stamp, by full name."""

    @classmethod
    def on_a_page(cls, published: Path, dashboard: Path) -> "Shown":
        """Everything there is to show."""
        return cls(published, dashboard, _lineages())

    def looking(self) -> dict[str, Any]:
        """Where what has become of an asset can be looked at."""
        if self.published is None or self.dashboard is None:
            return {}
        return {
            "published_file": MetadataValue.path(str(self.published)),
            "dashboard": MetadataValue.url(self.dashboard.absolute().as_uri()),
            # Browsers follow no link from a page of the web to a file: this one can be copied.
            "dashboard_file": MetadataValue.path(str(self.dashboard)),
        }

    def reading(self, full_name: str) -> dict[str, Any]:
        """Where and how a table or model is read."""
        if self.published is None:
            return {}
        return {
            "dagster/table_name": full_name,
            "read_it": MetadataValue.text(f'dialflo query "FROM {full_name} LIMIT 10"'),
            **self.looking(),
        }


def lake_key(table: Table) -> AssetKey:
    """The Parquet files of a table."""
    return AssetKey(["lake", table.name])


def warehouse_key(table: Table) -> AssetKey:
    """A table of the private DuckDB file."""
    return AssetKey(["warehouse", table.name])


def lake_spec(
    table: Table, group: str, deps: list[AssetKey], shown: Shown, partitions: DailyPartitionsDefinition | None = None
) -> AssetSpec:
    """A lake table, by day if `partitions` are given."""
    return AssetSpec(
        lake_key(table),
        deps=deps,
        description=table.description,
        group_name=GROUPS[group],
        owners=OWNERS,
        kinds={"python", "parquet"},
        metadata=table_metadata(table, {} if table in RAW_TABLES else lake_lineage(table)) | shown.looking(),
        partitions_def=partitions,
    )


def forgotten_spec(shown: Shown) -> AssetSpec:
    """The tombstones, which a person writes with `dialflo tasks forget` and no run does."""
    return lake_spec(FORGOTTEN_IDS, "registered", [], shown)


def published_metadata(shown: Shown) -> dict[str, Any]:
    """Of the published file: the columns of its table `published`, which describes the others."""
    full_name = f"main.{PUBLICATION.name}"
    return table_metadata(PUBLICATION, shown.lineages.get(full_name, {})) | shown.reading(full_name)


def warehouse_specs(shown: Shown) -> list[AssetSpec]:
    """The tables of the warehouse, each from its lake table."""
    return [
        AssetSpec(
            warehouse_key(table),
            deps=[lake_key(table)],
            description=table.description,
            group_name=GROUPS["warehouse"],
            owners=OWNERS,
            kinds={"duckdb"},
            metadata=table_metadata(table, table_lineage(table)) | shown.reading(f"main.{table.name}"),
        )
        for table in WAREHOUSE_TABLES
    ]


def model_specs(shown: Shown) -> list[AssetSpec]:
    """The SQL models, each from what its query reads."""
    return [_model_spec(model, shown) for model in models()]


@cache
def models() -> list[Model]:
    """The SQL models, read once a process: parsing them takes longer than everything else here."""
    return read_models(sql_folder())


@cache
def _lineages() -> Mapping[str, Lineage]:
    """Of all models, once a process: following columns through the SQL takes a second, and the definitions a tenth."""
    stamp = query_lineage(PUBLICATION_QUERY, PUBLICATION.columns, models())
    return {**model_lineage(models()), f"main.{PUBLICATION.name}": stamp}


def _made_from(model: Model) -> set[str]:
    return set(model.depends_on).union(*map(tables_behind, model.depends_on))


def _model_spec(model: Model, shown: Shown) -> AssetSpec:
    return AssetSpec(
        AssetKey([model.schema, model.name]),
        deps=[key for name in sorted(_made_from(model)) if (key := asset_key(name))],
        description=f"{model.description}{UNCOUNTED if model.is_view and model.schema == 'staging' else ''}",
        group_name=GROUPS[model.schema],
        owners=OWNERS,
        kinds={"sql", "duckdb"},
        metadata=model_metadata(model, shown.lineages.get(model.full_name, {})) | shown.reading(model.full_name),
    )
