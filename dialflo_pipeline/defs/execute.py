"""Running the assets in this process, for the command line: the same definitions, the same run history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dagster import DagsterExecutionInterruptedError, DagsterInstance, RunConfig
from dagster._core.instance.ref import InstanceRef  # the only way to override one part of a dagster.yaml

from dialflo_pipeline.defs.assets import DERIVING_OPS, DeriveConfig, FetchConfig
from dialflo_pipeline.defs.automation import register_job, sync_job
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.home import dagster_home, home_beside
from dialflo_pipeline.defs.partitions import range_tags
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.specs import lake_key
from dialflo_pipeline.reporting import Reporter
from dialflo_pipeline.settings import Settings
from dialflo_pipeline.tables import RAW_ANSWERS, TASK_IDS, Table
from dialflo_pipeline.workspace import Workspace

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
        workspace = Workspace(settings.data_dir)
        home = home_beside(workspace) if apart else dagster_home(workspace, Path.cwd())
        return cls(Pipeline(lambda: settings, reporter), home)

    def register(self) -> None:
        """Register what lies in the inbox."""
        self._run(register_job.name, RunConfig(loggers=_QUIET), {})

    def sync(self, first: date, last: date, *, retry_failed: bool) -> None:
        """Fetch, derive, load, compute and publish what the days from `first` to `last` need."""
        config = RunConfig(ops={"raw_answers": FetchConfig(retry_failed=retry_failed)}, loggers=_QUIET)
        self._run(sync_job.name, config, range_tags(first, last), without=[TASK_IDS])

    def derive(self, first: date, last: date, *, rebuild: bool) -> None:
        """The same without a request, from the raw answers at hand; with `rebuild` even where they have not changed."""
        config = RunConfig(ops=dict.fromkeys(DERIVING_OPS, DeriveConfig(rebuild=rebuild)), loggers=_QUIET)
        self._run(sync_job.name, config, range_tags(first, last), without=[TASK_IDS, RAW_ANSWERS])

    def _run(self, job_name: str, config: RunConfig, tags: dict[str, str], without: Sequence[Table] = ()) -> None:
        job = build_definitions(self.pipeline).resolve_job_def(job_name)
        left_out = {lake_key(table) for table in without}
        selected = [key for key in job.asset_layer.executable_asset_keys if key not in left_out] if without else None
        try:
            with _history(self.home) as instance:
                job.execute_in_process(instance=instance, run_config=config, tags=tags, asset_selection=selected)
        except DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None


def _history(home: Path) -> DagsterInstance:
    """The run history in `home`, but output stays on this terminal.

    Dagster would capture it into files and start two helper processes a step to show it all the same.
    """
    no_capture = {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides={"compute_logs": no_capture}))
