"""What starts runs by itself: the daily schedule and the watch on the inbox. For what is due meanwhile see `due.py`."""

from collections.abc import Sequence
from datetime import date

from dagster import (
    AssetSelection,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunConfig,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    define_asset_job,
    schedule,
    sensor,
)

from dialflo_pipeline.days import survey
from dialflo_pipeline.defs.assets import DeriveConfig, FetchConfig
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.specs import lake_key
from dialflo_pipeline.rules import rules_of
from dialflo_pipeline.tables import TASK_IDS
from dialflo_pipeline.task_ids.inbox import waiting_files
from dialflo_pipeline.workspace import Workspace

DAILY_AT = "30 1 * * *"
INBOX_EVERY_SECONDS = 60

sync_job = define_asset_job(
    "sync", AssetSelection.all(), description="Registers, fetches, derives, loads, computes and publishes."
)
register_job = define_asset_job(
    "register", AssetSelection.assets(lake_key(TASK_IDS)), description="Registers the ids of the files in the inbox."
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
        now = context.scheduled_execution_time
        today = now.astimezone(settings.zone).date()
        lake = Workspace(settings.data_dir).lake
        days = [each.day for each in survey(lake, rules_of(settings)) if each.day <= today and each.has_work(now)]
        if not days:
            return SkipReason(f"No task up to {today} is pending, unsettled or not found.")
        return sync_request(days, today, run_key=f"daily {today}")

    return daily_sync


def sync_request(days: Sequence[date], today: date, run_key: str) -> RunRequest:
    """A run over the days from the first to the last of `days`; its own partition is today, which always is one."""
    first, last = days[0].isoformat(), days[-1].isoformat()
    steps = {
        "raw_answers": FetchConfig(first_day=first, last_day=last),
        "lake_tables": DeriveConfig(first_day=first, last_day=last),
    }
    return RunRequest(run_key=run_key, partition_key=today.isoformat(), run_config=RunConfig(ops=steps))


def inbox_sensor(pipeline: Pipeline) -> SensorDefinition:
    """One registration run while the inbox holds files."""

    @sensor(
        job=register_job,
        minimum_interval_seconds=INBOX_EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Registers the ids of files dropped in the inbox.",
    )
    def inbox(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        files = waiting_files(Workspace(pipeline.load().data_dir).inbox)
        if not files:
            return SkipReason("The inbox is empty.")
        newest = max(path.stat().st_mtime_ns for path in files)
        return RunRequest(run_key=f"{len(files)} files, newest {newest}")

    return inbox
