"""Which runs in a shared history are of this code location."""

from collections.abc import Callable

from dagster import DagsterRun, SensorEvaluationContext


def is_ours(context: SensorEvaluationContext) -> Callable[[DagsterRun], bool]:
    """Whether a run is of this code location; one that no location started is taken as ours."""
    location = context.code_location_origin.location_name if context.code_location_origin else None

    def belongs(run: DagsterRun) -> bool:
        return run.remote_job_origin is None or run.remote_job_origin.location_name == location

    return belongs
