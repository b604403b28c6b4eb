"""The watch on runs whose process was killed: they are marked failed, so that they hold no place in the queue.

Dagster notices a killed run as long as the process that started it is there. When that one was killed too, or the
machine went down, such runs would be under way for ever, and ten of them fill the queue.
"""

from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from dialflo_pipeline.defs.history.run_content import KILLED, killed
from dialflo_pipeline.defs.internals.names import JobFailureData
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.runs.ownership import is_ours
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.storage.liveness import is_alive

EVERY_SECONDS = 30


def killed_runs_sensor(pipeline: Pipeline) -> SensorDefinition:
    """Fails runs without a process at two ticks in a row: one that is starting or ending has none for a moment."""

    @sensor(
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Marks runs as failed whose process was killed, so that they hold no place in the queue.",
    )
    def killed_runs(context: SensorEvaluationContext) -> SkipReason:
        work, instance = DataDir(pipeline.load().data_dir).work, context.instance
        started = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
        without = [run for run in filter(is_ours(context), started) if not is_alive(work, run.run_id)]
        suspects = (context.cursor or "").split()
        killed = [run for run in without if run.run_id in suspects and report_killed(instance, run)]
        context.update_cursor(" ".join(run.run_id for run in without if run not in killed))
        return SkipReason(f"{len(started)} runs are under way; {len(killed)} were marked as killed.")

    return killed_runs


def report_killed(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Mark a run as failed, unless it has ended meanwhile; whether it was marked."""
    now = instance.get_run_by_id(run.run_id)
    if now is None or now.is_finished:
        return False
    instance.report_run_failed(now, KILLED, JobFailureData(killed()))
    return True
