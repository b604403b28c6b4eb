"""The pipeline as runs are handed it: while a run has it, its process is seen to be alive."""

from collections.abc import Iterator
from contextlib import nullcontext

from dagster import InitResourceContext, ResourceDefinition, resource

from dialflo_pipeline.core.errors import DialfloError
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.storage.liveness import RUNS, shown_alive


def seen_alive(pipeline: Pipeline) -> ResourceDefinition:
    """The pipeline as runs are handed it: while a run has it, `is_alive` says so."""

    @resource(description="Settings and reporting of a run; while it is in use, the run's process is seen to be alive.")
    def pipeline_of_run(context: InitResourceContext) -> Iterator[Pipeline]:
        try:
            work = DataDir(pipeline.load().data_dir).work
            (work / RUNS).mkdir(parents=True, exist_ok=True)
        except (DialfloError, OSError):
            yield pipeline  # the first step fails of the same, and says so better
            return
        with shown_alive(work, context.run.run_id) if context.run else nullcontext():
            yield pipeline

    return pipeline_of_run
