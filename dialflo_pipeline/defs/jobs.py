"""The jobs, and the schedule that starts the nightly sync."""

from collections.abc import Sequence
from datetime import date

from dagster import (
    AssetSelection,
    DailyPartitionsDefinition,
    DefaultScheduleStatus,
    RunConfig,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    define_asset_job,
    schedule,
)

from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS, WAREHOUSE_TABLES
from dialflo_pipeline.defs.assets.configs import FetchConfig, FlattenConfig
from dialflo_pipeline.defs.assets.specs import lake_key
from dialflo_pipeline.defs.partitions import partition_of_run
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import survey
from dialflo_pipeline.lake.settings import lake_settings_of

DAILY_AT = "30 1 * * *"

BY_ITSELF = {"dagster/max_retries": "0", "dagster/priority": "1"}
"""Tags of jobs that sensors ask for, and ask for again if a run is cut off. They go before a backfill in the queue."""

sync_job = define_asset_job(
    "sync",
    AssetSelection.all(),
    description="Registers, fetches, flattens, loads, builds the models and publishes.",
    tags=BY_ITSELF,
)
register_job = define_asset_job(
    "register",
    AssetSelection.assets(lake_key(TASK_IDS)),
    description="Registers the ids of the files in the inbox and of the database.",
    tags=BY_ITSELF,
)

derive_job = define_asset_job(
    "derive",
    AssetSelection.all() - AssetSelection.assets(lake_key(TASK_IDS), lake_key(RAW_ANSWERS)),
    description="Like sync, but without the API: flattens, loads, builds the models and publishes what was fetched.",
    tags=BY_ITSELF,
)

fetch_days_job = define_asset_job(
    "fetch_days",
    AssetSelection.assets(lake_key(RAW_ANSWERS), *(lake_key(table) for table in WAREHOUSE_TABLES)),
    description="Fetches and flattens a day. For backfills by command, one run a day; after the last one the sensor"
    " `due` starts the run that updates DuckDB.",
)


def daily_schedule(pipeline: Pipeline, partitions: DailyPartitionsDefinition) -> ScheduleDefinition:
    """Each night, one run over the days up to today that have anything waiting."""

    @schedule(
        job=sync_job,
        cron_schedule=DAILY_AT,
        execution_timezone=partitions.timezone,
        default_status=DefaultScheduleStatus.RUNNING,
        description="Every night: all days up to today that have a pending, unsettled or not-found task.",
    )
    def daily_sync(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        settings = pipeline.load()
        now = context.scheduled_execution_time
        today = now.astimezone(settings.zone).date()
        lake = DataDir(settings.data_dir).lake
        days = [
            each.day for each in survey(lake, lake_settings_of(settings)) if each.day <= today and each.has_work(now)
        ]
        if not days:
            return SkipReason(f"No task up to {today} is pending, unsettled or not found.")
        partition = partition_of_run(partitions, days)
        return sync_request(days, partition, run_key=f"daily {today}")

    return daily_sync


def sync_request(days: Sequence[date], partition: str, run_key: str) -> RunRequest:
    """A run over the days from the first to the last of `days`, of which `partition` is one."""
    first, last = days[0].isoformat(), days[-1].isoformat()
    steps = {
        "raw_answers": FetchConfig(first_day=first, last_day=last),
        "lake_tables": FlattenConfig(first_day=first, last_day=last),
    }
    return RunRequest(run_key, RunConfig(ops=steps), job_name=sync_job.name, partition_key=partition)


def derive_request(days: Sequence[date], partition: str, run_key: str) -> RunRequest:
    """The same without a request to the API."""
    steps = {"lake_tables": FlattenConfig(first_day=days[0].isoformat(), last_day=days[-1].isoformat())}
    return RunRequest(run_key, RunConfig(ops=steps), job_name=derive_job.name, partition_key=partition)
