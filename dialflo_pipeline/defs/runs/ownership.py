"""Which runs in a history are of this pipeline: of its code, or of the command line over the same data."""

from collections.abc import Callable
from typing import Final

from dagster import DagsterRun, SensorEvaluationContext

from dialflo_pipeline.core.settings import Settings

DATA_TAG: Final = "dialflo/data"
"""Says of a run of the command line which data it is over."""


def is_ours(context: SensorEvaluationContext, settings: Settings) -> Callable[[DagsterRun], bool]:
    """Tells runs of this code location, and those of the command line over the same data, from all others."""
    location = context.code_location_origin.location_name if context.code_location_origin else None

    def belongs(run: DagsterRun) -> bool:
        if run.remote_job_origin is None:
            return run.tags.get(DATA_TAG, str(settings.data_dir)) == str(settings.data_dir)
        return run.remote_job_origin.location_name == location

    return belongs
