"""Noting that a run was to make an asset for some days: where it fails, Dagster shows these days as failed."""

import logging
from collections.abc import Sequence

from dagster import AssetExecutionContext, AssetKey, DagsterEvent

from dialflo_pipeline.defs.internals.names import AssetMaterializationPlannedData


def note_planned(context: AssetExecutionContext, key: AssetKey, partitions: Sequence[str]) -> None:
    """Note the plan for these partitions. Dagster itself notes, at the start of a run, the run's own partitions."""
    run, step = context.run, context.get_step_execution_context().step
    for partition in partitions:
        planned = AssetMaterializationPlannedData(key, partition)
        event = DagsterEvent.build_asset_materialization_planned_event(run.job_name, step.key, planned)
        context.instance.report_dagster_event(event, run.run_id, logging.DEBUG)
