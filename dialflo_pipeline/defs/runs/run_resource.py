"""The resource `pipeline`: one run's session, and a lock by which others see that the run's process is alive."""

from collections.abc import Iterator
from contextlib import nullcontext

from dagster import InitResourceContext, ResourceDefinition, resource

from dialflo_pipeline.core.errors import DialfloError
from dialflo_pipeline.defs.resources import DagsterRun, Pipeline
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.storage.liveness import RUNS, mark_alive


def run_resource(pipeline: Pipeline) -> ResourceDefinition:
    """What a run's steps share; while it is in use, `is_alive` is true of the run."""

    @resource(description="Settings and session of a run; while in use, others see that its process is alive.")
    def pipeline_of_run(context: InitResourceContext) -> Iterator[DagsterRun]:
        run = DagsterRun(pipeline)
        try:
            work = DataDir(pipeline.load().data_dir).work
            (work / RUNS).mkdir(parents=True, exist_ok=True)
        except (DialfloError, OSError):
            yield run  # the first step fails of the same, and says so better
            return
        with mark_alive(work, context.run.run_id) if context.run else nullcontext():
            try:
                yield run
            finally:
                run.close()

    return pipeline_of_run
