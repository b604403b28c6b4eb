"""Running the assets in this process, for the command line: the same definitions, the same run history."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from dagster import (
    AssetMaterialization,
    Config,
    DagsterExecutionInterruptedError,
    DagsterInstance,
    DagsterRunStatus,
    RunConfig,
    RunsFilter,
)
from dagster._core.instance.ref import InstanceRef  # the only way to override one part of a dagster.yaml
from sqlalchemy.exc import SQLAlchemyError

from dialflo_pipeline.core.errors import DialfloError, PermanentError
from dialflo_pipeline.core.schema import FORGOTTEN_IDS, RAW_ANSWERS, TASK_IDS, Table
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.assets.daily import WHOLE_OPS, FetchConfig, FlattenConfig, RebuildConfig
from dialflo_pipeline.defs.assets.specs import lake_key
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.deployment.home import dagster_home, home_beside
from dialflo_pipeline.defs.history.not_written import NotWritten
from dialflo_pipeline.defs.history.run_history import with_kept_connections
from dialflo_pipeline.defs.jobs import register_job, sync_job
from dialflo_pipeline.defs.partitions import daily_partitions, partition_of_run
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.runs.ownership import DATA_TAG
from dialflo_pipeline.defs.sensors.killed_runs import report_killed
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.progress import Reporter

# What a person is to see comes from the reporter and from the errors; Dagster's own log is kept with the run.
_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


@dataclass(frozen=True)
class DagsterRuns:
    """Runs over one data directory, kept in one run history."""

    pipeline: Pipeline
    home: Path

    @classmethod
    def of(cls, settings: Settings, reporter: Reporter, *, apart: bool = False) -> "DagsterRuns":
        """Runs under these settings, told to this reporter; `apart` keeps their history below their data."""
        data_dir = DataDir(settings.data_dir)
        home = home_beside(data_dir) if apart else dagster_home(data_dir, Path.cwd())
        return cls(Pipeline(lambda: settings, reporter), home)

    def register(self) -> None:
        """Register what lies in the inbox."""
        self._run(register_job.name, {})

    def sync(self, days: Sequence[date], *, retry_failed: bool, refetch: bool) -> None:
        """Fetch, derive, load, compute and publish what the days from the first to the last of `days` need."""
        first, last = days[0].isoformat(), days[-1].isoformat()
        steps = {
            "raw_answers": FetchConfig(first_day=first, last_day=last, retry_failed=retry_failed, refetch=refetch),
            "lake_tables": FlattenConfig(first_day=first, last_day=last),
        }
        self._run(sync_job.name, steps, days, without=[TASK_IDS])

    def derive(self, days: Sequence[date], *, rebuild: bool) -> None:
        """The same without a request, from the raw answers at hand; with `rebuild` even where they have not changed."""
        first, last = days[0].isoformat(), days[-1].isoformat()
        derive = FlattenConfig(first_day=first, last_day=last, rebuild=rebuild)
        steps = {"lake_tables": derive, **dict.fromkeys(WHOLE_OPS, RebuildConfig(rebuild=rebuild))}
        self._run(sync_job.name, steps, days, without=[TASK_IDS, RAW_ANSWERS])

    def note_forgotten(self, forgotten: int) -> None:
        """Have the history know that so many ids were forgotten, which no run does."""
        lake = DataDir(self.pipeline.load().data_dir).lake
        rows = sum(lake.row_count(FORGOTTEN_IDS, day) for day in lake.days(FORGOTTEN_IDS))
        counts = {"forgotten": forgotten, "dagster/row_count": rows}
        with DagsterInstance.from_config(str(self.home)) as instance:
            instance.report_runless_asset_event(AssetMaterialization(lake_key(FORGOTTEN_IDS), metadata=counts))

    def _run(
        self, job_name: str, steps: Mapping[str, Config], days: Sequence[date] = (), without: Sequence[Table] = ()
    ) -> None:
        # The command line holds the run lock; a place in the pool would stay taken if this process were killed.
        settings = self.pipeline.load()
        job = build_definitions(self.pipeline, pool=None, on_a_page=False).resolve_job_def(job_name)
        left_out = {lake_key(table) for table in without}
        selected = [key for key in job.asset_layer.executable_asset_keys if key not in left_out] if without else None
        try:
            with _history(self.home) as instance:
                _end_killed_runs(instance, self.pipeline)
                job.execute_in_process(
                    instance=instance,
                    tags={DATA_TAG: _data_of(self.pipeline)},
                    run_config=RunConfig(ops=dict(steps), loggers=_QUIET),
                    partition_key=partition_of_run(daily_partitions(settings), days) if days else None,
                    asset_selection=selected,
                )
        except DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
        except (NotWritten, SQLAlchemyError, sqlite3.Error, yaml.YAMLError) as error:
            raise _cause_of(error, self.home) from error


def _cause_of(error: BaseException, home: Path) -> Exception:
    """Why the history could not be written or read, or what failed before that, if something did."""
    before = error.__cause__ or error.__context__
    while before:
        if isinstance(before, DialfloError | OSError):
            return before
        before = before.__cause__ or before.__context__
    found = str(error if str(error) else error.__cause__).partition("\n")[0]
    return PermanentError(
        f"Dagster's run history in {home} cannot be used: {found}. If the disk is full or not yours to write,"
        " mend that; if the history is damaged, move it away: a new one is begun. Then run the same command again."
    )


def _history(home: Path) -> DagsterInstance:
    """The run history in `home`, but output stays on this terminal.

    Dagster would capture it into files and start two helper processes a step to show it all the same.
    """
    no_capture = {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
    instance = InstanceRef.from_dir(str(home), overrides={"compute_logs": no_capture})
    return DagsterInstance.from_ref(with_kept_connections(instance))


def _data_of(pipeline: Pipeline) -> str:
    return str(pipeline.load().data_dir)


def _end_killed_runs(instance: DagsterInstance, pipeline: Pipeline) -> None:
    """Tell the history that runs of the command line over this data which it believes under way were killed.

    They must have been: this process holds the lock that such a run holds to its end.
    """
    under_way = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.NOT_STARTED]
    for run in instance.get_runs(RunsFilter(statuses=under_way, tags={DATA_TAG: _data_of(pipeline)})):
        report_killed(instance, run)
