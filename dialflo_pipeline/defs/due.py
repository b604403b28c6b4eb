"""The watch on what is due: new ids, and those whose time to be asked again has come, get their run within minutes.

What the last runs came to says how soon another may follow, so that neither an outage nor a wrong setting starts one
every minute.
"""

from datetime import UTC, datetime, timedelta

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from dialflo_pipeline.days import DayStatus, survey
from dialflo_pipeline.defs.automation import sync_job, sync_request
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.under_way import is_under_way
from dialflo_pipeline.rules import rules_of
from dialflo_pipeline.workspace import Workspace

EVERY_SECONDS = 60

TRY_AGAIN_AFTER = timedelta(minutes=15)
"""After a run that left ids in trouble, or failed; doubled for each further failure in a row."""

LONGEST_WAIT = timedelta(hours=1)


def due_sensor(pipeline: Pipeline) -> SensorDefinition:
    """A run over the days that have new ids, or ids that are due to be asked again."""

    @sensor(
        job=sync_job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Syncs days with new ids, and those with ids whose time to be asked again has come.",
    )
    def due(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        settings, now = pipeline.load(), datetime.now(UTC)
        workspace = Workspace(settings.data_dir)
        days = survey(workspace.lake, rules_of(settings))
        with_work = [day for day in days if day.has_work(now)]
        if not with_work:
            return SkipReason("Nothing is due.")
        if is_under_way(context.instance, sync_job.name, workspace):
            return SkipReason("A sync is under way.")
        earliest = earliest_start(context.instance, has_news=any(_has_news(day, now) for day in with_work))
        if earliest > now:
            return SkipReason(f"Ids are due, but the last sync left some in trouble: next one at {earliest:%H:%M} UTC.")
        today = now.astimezone(settings.zone).date()
        return sync_request([day.day for day in with_work], today, run_key=f"due {now.isoformat()}")

    return due


def _has_news(day: DayStatus, now: datetime) -> bool:
    """Whether there is more to do than to ask again what was in trouble."""
    return not day.is_current or (day.next_try_at is not None and day.next_try_at <= now)


def earliest_start(instance: DagsterInstance, *, has_news: bool) -> datetime:
    """When the next sync may start, going by how the latest ones ended."""
    ended = instance.get_run_records(RunsFilter(job_name=sync_job.name), limit=10)
    failures = next(
        (place for place, each in enumerate(ended) if each.dagster_run.status is not DagsterRunStatus.FAILURE),
        len(ended),
    )
    if not ended or (has_news and not failures):
        return datetime.min.replace(tzinfo=UTC)
    latest = ended[0].end_time or ended[0].create_timestamp.timestamp()
    wait: timedelta = min(TRY_AGAIN_AFTER * 2 ** max(failures - 1, 0), LONGEST_WAIT)
    return datetime.fromtimestamp(latest, UTC) + wait
