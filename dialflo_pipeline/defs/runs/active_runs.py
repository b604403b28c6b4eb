"""Which runs of a job are under way, going by Dagster's history and by whether its process is alive."""

from collections.abc import Iterator
from datetime import UTC, datetime

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter

from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.storage.liveness import is_alive

STARTS_WITHIN_SECONDS = 300
"""A run that has no living process so long after it left the queue was killed, or will never start."""

_STATUSES = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def is_under_way(instance: DagsterInstance, job_name: str, data_dir: DataDir) -> bool:
    """Whether an unfinished run of a job is at work, or may still begin."""
    return any(True for _ in runs_under_way(instance, job_name, data_dir))


def runs_under_way(instance: DagsterInstance, job_name: str, data_dir: DataDir) -> Iterator[DagsterRun]:
    """The unfinished runs of a job that are at work, or may still begin."""
    for record in instance.get_run_records(RunsFilter(job_name=job_name, statuses=_STATUSES)):
        if _may_go_on(record, data_dir):
            yield record.dagster_run


def _may_go_on(record: RunRecord, data_dir: DataDir) -> bool:
    if record.dagster_run.status is DagsterRunStatus.QUEUED:
        return True  # however long the queue is
    unchanged = datetime.now(UTC) - record.update_timestamp
    return unchanged.total_seconds() < STARTS_WITHIN_SECONDS or is_alive(data_dir.work, record.dagster_run.run_id)
