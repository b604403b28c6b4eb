"""Running the assets in this process, for the command line: the same definitions, the same run history."""

import warnings
from datetime import date
from pathlib import Path
from typing import Any

from dagster import AssetKey, AssetSelection, BetaWarning, DagsterInstance, RunConfig

with warnings.catch_warnings():
    warnings.simplefilter("ignore", BetaWarning)
    from dialflo_pipeline.defs.build import build_definitions

from dialflo_pipeline.defs.assets import DeriveConfig, FetchConfig
from dialflo_pipeline.defs.automation import register_job, sync_job
from dialflo_pipeline.defs.partitions import range_tags
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.specs import lake_key
from dialflo_pipeline.tables import RAW_ANSWERS, TASK_IDS

# What a person is to see comes from the reporter and from the errors; Dagster's own log is kept with the run.
_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


def run_registration(pipeline: Pipeline, home: Path) -> None:
    """Register what lies in the inbox."""
    _run(pipeline, home, register_job.name, RunConfig(loggers=_QUIET), {}, None)


def run_sync(pipeline: Pipeline, home: Path, first: date, last: date, *, retry_failed: bool = False) -> None:
    """Fetch, derive, load, compute and publish what the days from `first` to `last` need."""
    config = RunConfig(ops={"raw_answers": FetchConfig(retry_failed=retry_failed)}, loggers=_QUIET)
    _run(pipeline, home, sync_job.name, config, range_tags(first, last), [TASK_IDS])


def run_derivation(pipeline: Pipeline, home: Path, first: date, last: date, *, rebuild: bool) -> None:
    """The same without a request: from the raw answers at hand; with `rebuild` even where they have not changed."""
    config = RunConfig(ops={"lake_tables": DeriveConfig(rebuild=rebuild)}, loggers=_QUIET)
    _run(pipeline, home, sync_job.name, config, range_tags(first, last), [TASK_IDS, RAW_ANSWERS])


def _run(
    pipeline: Pipeline, home: Path, job_name: str, config: RunConfig, tags: dict[str, str], without: list[Any] | None
) -> None:
    definitions = build_definitions(pipeline)
    job = definitions.resolve_job_def(job_name)
    left_out = AssetSelection.assets(*(lake_key(table) for table in without or []))
    selected: list[AssetKey] | None = None
    if without:
        selected = sorted((AssetSelection.all() - left_out).resolve(definitions.resolve_asset_graph()))
    with DagsterInstance.from_config(str(home)) as instance:
        job.execute_in_process(instance=instance, run_config=config, tags=tags, asset_selection=selected)
