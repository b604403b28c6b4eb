"""The asset of registered ids: the inbox and the customer's database read, and a check that says if they could be."""

from collections.abc import Iterator

from dagster import (
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    MaterializeResult,
    ResourceParam,
    multi_asset,
)

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.defs.assets import specs
from dialflo_pipeline.defs.assets.results import check_result, results_of
from dialflo_pipeline.defs.resources import DagsterRun
from dialflo_pipeline.run import asset_events, stages

SOURCES_READ = AssetCheckSpec(
    asset_events.SOURCES_READ,
    asset=specs.lake_key(TASK_IDS),
    description="Every file of the inbox and the database of task ids could be read, and no row was refused.",
)


def registration_asset(shown: specs.Shown) -> AssetsDefinition:
    """Registers what the inbox and the database have; knows no days."""

    @multi_asset(
        specs=[specs.lake_spec(TASK_IDS, "registered", [], shown)], check_specs=[SOURCES_READ], name=TASK_IDS.name
    )
    def task_ids(
        context: AssetExecutionContext, pipeline: ResourceParam[DagsterRun]
    ) -> Iterator[MaterializeResult[None]]:
        with pipeline.step(context) as session:
            inbox, database = stages.register(session)
            lake = session.data_dir.lake
            rows = sum(lake.row_count(TASK_IDS, day) for day in lake.days(TASK_IDS))
        events = asset_events.of_registration(inbox, database, rows)
        (result,) = results_of(events, [specs.lake_key(TASK_IDS)])
        checks = [check_result(event) for event in events if isinstance(event, asset_events.Checked)]
        yield MaterializeResult(asset_key=result.asset_key, metadata=result.metadata, check_results=checks)

    return task_ids
