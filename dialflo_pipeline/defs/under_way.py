"""Whether a run of a job is under way, going by Dagster's history and by whether its process is alive."""

from datetime import UTC, datetime

from dagster import DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter

from dialflo_pipeline.alive import is_alive
from dialflo_pipeline.workspace import Workspace

STARTS_WITHIN_SECONDS = 300
"""A run that has no living process so long after it left the queue was killed, or will never start."""

_STATUSES = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def is_under_way(instance: DagsterInstance, job_name: str, workspace: Workspace) -> bool:
    """Whether an unfinished run of a job is at work, or may still begin."""
    records = instance.get_run_records(RunsFilter(job_name=job_name, statuses=_STATUSES))
    return any(_may_go_on(record, workspace) for record in records)


def _may_go_on(record: RunRecord, workspace: Workspace) -> bool:
    if record.dagster_run.status is DagsterRunStatus.QUEUED:
        return True  # however long the queue is
    unchanged = datetime.now(UTC) - record.update_timestamp
    return unchanged.total_seconds() < STARTS_WITHIN_SECONDS or is_alive(workspace.work, record.dagster_run.run_id)
