"""What starts runs by itself, day by day; what watches the sources of task ids is in `sources.py`."""

from dagster import (
    AssetSelection,
    DefaultScheduleStatus,
    RunConfig,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    define_asset_job,
    schedule,
)

from dialflo_pipeline.days import survey
from dialflo_pipeline.defs.assets import DeriveConfig, FetchConfig
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.specs import lake_key
from dialflo_pipeline.rules import rules_of
from dialflo_pipeline.tables import TASK_IDS
from dialflo_pipeline.workspace import Workspace

DAILY_AT = "30 1 * * *"

sync_job = define_asset_job(
    "sync", AssetSelection.all(), description="Registers, fetches, derives, loads, computes and publishes."
)
register_job = define_asset_job(
    "register",
    AssetSelection.assets(lake_key(TASK_IDS)),
    description="Registers the ids of the files in the inbox and of the database.",
)


def daily_schedule(pipeline: Pipeline, timezone: str) -> ScheduleDefinition:
    """Each night, one run over the days up to today that have anything waiting; its own partition is today."""

    @schedule(
        job=sync_job,
        cron_schedule=DAILY_AT,
        execution_timezone=timezone,
        default_status=DefaultScheduleStatus.RUNNING,
        description="Every night: all days up to today with a task that is pending, unsettled or not found.",
    )
    def daily_sync(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        settings = pipeline.load()
        today = context.scheduled_execution_time.astimezone(settings.zone).date()
        lake = Workspace(settings.data_dir).lake
        days = [status.day for status in survey(lake, rules_of(settings)) if status.day <= today and status.has_work]
        if not days:
            return SkipReason(f"No task up to {today} is pending, unsettled or not found.")
        first, last = days[0].isoformat(), days[-1].isoformat()
        steps = {
            "raw_answers": FetchConfig(first_day=first, last_day=last),
            "lake_tables": DeriveConfig(first_day=first, last_day=last),
        }
        return RunRequest(run_key=f"daily {today}", partition_key=today.isoformat(), run_config=RunConfig(ops=steps))

    return daily_sync
