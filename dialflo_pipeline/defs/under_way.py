"""Whether a run of a job is under way, going by Dagster's history and by who holds the run lock."""

from datetime import UTC, datetime

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from dialflo_pipeline.locks import holder
from dialflo_pipeline.workspace import Workspace

GIVEN_UP_SECONDS = 120
"""A run so old, at a time when nobody holds the run lock, is no longer one: its process was killed."""

_STATUSES = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def is_under_way(instance: DagsterInstance, job_name: str, workspace: Workspace) -> bool:
    """Whether the newest unfinished run of a job is at work, or may still begin."""
    records = instance.get_run_records(RunsFilter(job_name=job_name, statuses=_STATUSES), limit=1)
    if not records:
        return False
    age = datetime.now(UTC) - records[0].create_timestamp
    return age.total_seconds() < GIVEN_UP_SECONDS or holder(workspace.work) is not None
