"""The assets of everything in DuckDB, which have no days: tables, models, the published file, the dashboard."""

from collections.abc import Iterator

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    ResourceParam,
    asset,
    multi_asset,
)

from dialflo_pipeline import pipeline as warehouse
from dialflo_pipeline.core.schema import PUBLICATION, WAREHOUSE_TABLES
from dialflo_pipeline.defs.assets import specs
from dialflo_pipeline.defs.assets.configs import RebuildConfig
from dialflo_pipeline.defs.assets.results import results_of
from dialflo_pipeline.defs.resources import DagsterRun
from dialflo_pipeline.run import asset_events, stages


def whole_assets(shown: specs.Shown) -> list[AssetsDefinition]:
    """One step for each stage after the lake."""
    return [_tables(shown), _models(shown), _published(shown), _dashboard(shown)]


def _tables(shown: specs.Shown) -> AssetsDefinition:
    @multi_asset(specs=specs.warehouse_specs(shown), name="warehouse_tables")
    def warehouse_tables(
        context: AssetExecutionContext, config: RebuildConfig, pipeline: ResourceParam[DagsterRun]
    ) -> Iterator[MaterializeResult[None]]:
        with pipeline.step(context) as session:
            rows = stages.load(session, rebuild=config.rebuild)
            totals = warehouse.rows_in_warehouse(session.data_dir)
        for table in WAREHOUSE_TABLES:
            yield MaterializeResult(
                asset_key=specs.warehouse_key(table),
                metadata={"rows_loaded": rows.get(table.name, 0), asset_events.ROW_COUNT: totals[table.name]},
            )

    return warehouse_tables


def _models(shown: specs.Shown) -> AssetsDefinition:
    model_specs = specs.model_specs(shown)

    @multi_asset(specs=model_specs, name="models", deps=[])
    def models(
        context: AssetExecutionContext, config: RebuildConfig, pipeline: ResourceParam[DagsterRun]
    ) -> Iterator[MaterializeResult[None]]:
        with pipeline.step(context) as session:
            rows = stages.build(session, rebuild=config.rebuild)
        events = asset_events.of_build(rows, [".".join(spec.key.path) for spec in model_specs])
        yield from results_of(events, [spec.key for spec in model_specs])

    return models


def _published(shown: specs.Shown) -> AssetsDefinition:
    @asset(
        key=specs.PUBLISHED,
        deps=[*(model.key for model in specs.model_specs(shown)), *map(specs.warehouse_key, WAREHOUSE_TABLES)],
        group_name=specs.GROUPS["published"],
        owners=specs.OWNERS,
        kinds={"duckdb"},
        description="The DuckDB file for readers. It is replaced whole by a rename, so it may be held open at any time."
        f" The columns are those of its table {PUBLICATION.name}, which says what all others hold; the row count is"
        f" the sum over {', '.join(table.name for table in WAREHOUSE_TABLES)}.",
        metadata=specs.published_metadata(shown),
    )
    def published_warehouse(
        context: AssetExecutionContext, config: RebuildConfig, pipeline: ResourceParam[DagsterRun]
    ) -> MaterializeResult[None]:
        with pipeline.step(context) as session:
            copied = stages.publish(session, rebuild=config.rebuild)
            path = session.data_dir.published
            rows = sum(warehouse.rows_in_warehouse(session.data_dir).values())
            return MaterializeResult(
                metadata={
                    "file": MetadataValue.path(str(path)),
                    "bytes": path.stat().st_size,
                    asset_events.ROW_COUNT: rows,
                    **({"copy_seconds": copied.seconds} if copied else {}),
                }
            )

    return published_warehouse


def _dashboard(shown: specs.Shown) -> AssetsDefinition:
    """A step of its own after all else: where it fails, readers still have the newest file."""

    @asset(
        key=specs.DASHBOARD,
        deps=[specs.PUBLISHED],
        group_name=specs.GROUPS["published"],
        owners=specs.OWNERS,
        kinds={"html"},
        description="One HTML file with the figures of the published warehouse, phone numbers masked. It opens in a"
        " browser from disk, without network.",
        metadata=shown.looking(),
    )
    def published_dashboard(
        context: AssetExecutionContext, config: RebuildConfig, pipeline: ResourceParam[DagsterRun]
    ) -> MaterializeResult[None]:
        with pipeline.step(context) as session:
            made = stages.dashboard(session, rebuild=config.rebuild)
            return MaterializeResult(
                metadata={
                    "dashboard": MetadataValue.url(made.path.absolute().as_uri()),
                    "dashboard_file": MetadataValue.path(str(made.path)),
                    "bytes": made.byte_count,
                    "is_new": made.is_new,
                }
            )

    return published_dashboard
