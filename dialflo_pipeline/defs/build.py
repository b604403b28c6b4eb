"""One function assembles the definitions; tests and the command line hand it a pipeline of their own."""

from dagster import Definitions, in_process_executor

from dialflo_pipeline.defs.asset_checks import asset_checks, checks_job, daily_checks
from dialflo_pipeline.defs.assets import specs
from dialflo_pipeline.defs.assets.daily import daily_assets
from dialflo_pipeline.defs.assets.registration import registration_asset
from dialflo_pipeline.defs.assets.warehouse import whole_assets
from dialflo_pipeline.defs.jobs import daily_schedule, derive_job, fetch_days_job, register_job, sync_job
from dialflo_pipeline.defs.partitions import daily_partitions
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.runs.run_resource import run_resource
from dialflo_pipeline.defs.sensors.command_line_runs import command_line_runs_sensor
from dialflo_pipeline.defs.sensors.due import due_sensor
from dialflo_pipeline.defs.sensors.killed_runs import killed_runs_sensor
from dialflo_pipeline.defs.sensors.notifications import failure_sensors
from dialflo_pipeline.defs.sensors.task_sources import database_sensor, inbox_sensor
from dialflo_pipeline.lake.data_dir import DataDir


def build_definitions(pipeline: Pipeline | None = None) -> Definitions:
    """All assets, the jobs over them and what starts those, for the current settings."""
    pipeline = pipeline or Pipeline()
    settings = pipeline.load()
    partitions = daily_partitions(settings)
    data_dir = DataDir(settings.data_dir)
    shown = specs.Shown.on_a_page(data_dir.published, data_dir.dashboard)
    by_day = daily_assets(partitions, shown)
    return Definitions(
        assets=[registration_asset(shown), specs.forgotten_spec(shown), *by_day, *whole_assets(shown)],
        asset_checks=asset_checks(),
        jobs=[sync_job, register_job, derive_job, fetch_days_job, checks_job],
        schedules=[daily_schedule(pipeline, partitions), daily_checks(settings.timezone)],
        sensors=[
            inbox_sensor(pipeline),
            database_sensor(pipeline),
            due_sensor(pipeline, partitions),
            killed_runs_sensor(pipeline),
            command_line_runs_sensor(pipeline),
            *failure_sensors(pipeline, day_steps=frozenset(assets.op.name for assets in by_day)),
        ],
        resources={"pipeline": run_resource(pipeline)},
        # One process a run: the stages share one lock and one rate limit, and each is parallel within itself.
        executor=in_process_executor,
    )
