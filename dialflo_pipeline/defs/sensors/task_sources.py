"""What watches the sources of task ids, and has them read when they have something new: the inbox and the database."""

import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from dialflo_pipeline.core.errors import TaskSourceDown, TaskSourceError
from dialflo_pipeline.defs.assets.registration import SOURCES_READ
from dialflo_pipeline.defs.jobs import register_job
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.runs.active_runs import is_under_way
from dialflo_pipeline.extract.task_ids.database.source import LATE_ROWS_EVERY, has_news, source_of
from dialflo_pipeline.extract.task_ids.inbox import UNCHANGED_SECONDS, waiting_files
from dialflo_pipeline.lake.data_dir import DataDir

EVERY_SECONDS = 60
LEFT_SECONDS = 600
"""Files that a run left in the inbox, unchanged since, are tried again after this time."""

FAILS_AGAIN_AFTER = timedelta(hours=23)
"""A database that cannot be read gets a run with a failing check immediately, and then about once a day."""

FILES_TAG = "dialflo/files"


def inbox_sensor(pipeline: Pipeline) -> SensorDefinition:
    """One registration run for all the files of the inbox that have stopped growing."""

    @sensor(
        job=register_job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Registers the ids of files dropped in the inbox, once they have stopped growing.",
    )
    def inbox(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        data_dir = DataDir(pipeline.load().data_dir)
        files = waiting_files(data_dir.inbox)
        if not files:
            return SkipReason("The inbox is empty.")
        if not _has_still_file(_change_times(files)):
            time.sleep(UNCHANGED_SECONDS)
            if not _has_still_file(_change_times(files)):
                return SkipReason(f"All {len(files)} files in the inbox are still being written.")
        if is_under_way(context.instance, register_job.name, data_dir):
            return SkipReason("A registration is under way.")
        state = sha256(repr(_change_times(files)).encode()).hexdigest()[:16]
        if _were_left(context, state):
            return SkipReason("What is in the inbox now was left there by the last run; it is tried again later.")
        return RunRequest(tags={FILES_TAG: state})

    return inbox


def database_sensor(pipeline: Pipeline) -> SensorDefinition:
    """One registration run when the query on the customer's database has new rows."""

    @sensor(
        job=register_job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Registers the ids that DIALFLO_TASKS_QUERY gives, when there are new ones; has a check fail when"
        " the database cannot be read. Does nothing without DIALFLO_TASKS_DSN.",
    )
    def database(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        settings = pipeline.load()
        source, data_dir = source_of(settings), DataDir(settings.data_dir)
        if source is None:
            return SkipReason("DIALFLO_TASKS_DSN is not set.")
        if is_under_way(context.instance, register_job.name, data_dir):
            return SkipReason("A registration is under way.")
        now = datetime.now(UTC)
        try:
            is_wanted = has_news(source, data_dir, now, LATE_ROWS_EVERY)
        except (TaskSourceError, TaskSourceDown) as problem:
            if context.cursor and now - datetime.fromisoformat(context.cursor) < FAILS_AGAIN_AFTER:
                return SkipReason(f"{problem} The check {SOURCES_READ.name} has said so.")
            context.update_cursor(now.isoformat())
            return RunRequest()  # its check fails, which sends a notification
        if not (is_wanted or context.cursor):
            return SkipReason("The query gives nothing new.")
        context.update_cursor("")  # where it had failed, the check is to pass again
        return RunRequest()

    return database


def _change_times(files: list[Path]) -> list[tuple[str, float]]:
    """Each file by name with the time of its last change, of its contents or its name."""
    changes = []
    for path in files:
        try:
            seen = path.stat()
        except OSError:
            continue  # taken away meanwhile
        changes.append((path.name, max(seen.st_mtime, seen.st_ctime)))
    return sorted(changes)


def _has_still_file(changes: list[tuple[str, float]]) -> bool:
    """Whether any file has not been changed for a while; the run makes sure of each."""
    now = time.time()
    return any(abs(now - changed_at) >= UNCHANGED_SECONDS for _, changed_at in changes)


def _were_left(context: SensorEvaluationContext, state: str) -> bool:
    filters = RunsFilter(job_name=register_job.name, tags={FILES_TAG: state}, statuses=[DagsterRunStatus.SUCCESS])
    records = context.instance.get_run_records(filters, limit=1)
    return bool(records) and (datetime.now(UTC) - records[0].create_timestamp).total_seconds() < LEFT_SECONDS
