"""The sensor that shows on the page what runs of the command line did."""

from dagster import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SkipReason, sensor

from dialflo_pipeline.defs.history.report_events import report_events
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.lake.data_dir import DataDir

EVERY_SECONDS = 30


def command_line_runs_sensor(pipeline: Pipeline) -> SensorDefinition:
    """Reports the event file that `dialflo sync` and `dialflo rebuild` leave."""

    @sensor(
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Shows what `dialflo sync` and `dialflo rebuild` did: materializations, checks and days.",
    )
    def command_line_runs(context: SensorEvaluationContext) -> SkipReason:
        reported = report_events(context.instance, DataDir(pipeline.load().data_dir))
        return SkipReason(f"{reported} events of the command line were reported.")

    return command_line_runs
