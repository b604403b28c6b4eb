"""What assets get handed: the settings, read from the environment when a run begins, and where to report to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from dagster import AssetCheckExecutionContext, AssetExecutionContext

from dialflo_pipeline.fetch import FetchReport
from dialflo_pipeline.locks import run_lock
from dialflo_pipeline.reporting import Remembered, Reporter
from dialflo_pipeline.rules import MartSettings, Rules, mart_settings_of, rules_of
from dialflo_pipeline.settings import Settings, load_settings
from dialflo_pipeline.warehouse import set_aside_if_damaged
from dialflo_pipeline.workspace import Workspace

Context: TypeAlias = AssetExecutionContext | AssetCheckExecutionContext


@dataclass(frozen=True)
class Pipeline:
    """Settings and reporting of a run. The token stays in the environment until a fetch needs it."""

    load: Callable[[], Settings] = load_settings
    reporter: Reporter | None = None

    @contextmanager
    def step(self, context: Context) -> Iterator["Step"]:
        """What one asset works with, while it holds this data directory's lock; waits for another run to end."""
        settings = self.load()
        workspace = Workspace(settings.data_dir)
        with run_lock(workspace.work, f"Dagster run {context.run.run_id[:8]}", wait=True, on_wait=context.log.info):
            workspace.tidy()
            if aside := set_aside_if_damaged(workspace.private):
                context.log.warning(f"{workspace.private} cannot be opened: it is made anew; the old one is {aside}")
            yield Step(settings, workspace, self.reporter or LogReporter(context))


@dataclass(frozen=True)
class Step:
    """The values an asset hands on to the core."""

    settings: Settings
    workspace: Workspace
    reporter: Reporter

    @property
    def rules(self) -> Rules:
        """What derived rows depend on."""
        return rules_of(self.settings)

    @property
    def mart_settings(self) -> MartSettings:
        """What marts depend on."""
        return mart_settings_of(self.settings)


class LogReporter(Remembered):
    """Writes progress into Dagster's log, now and then."""

    EVERY = 1_000

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._log = context.log

    def fetching(self, report: FetchReport) -> None:
        """Log each thousandth asking."""
        super().fetching(report)
        if report.asked % self.EVERY == 0:
            self._log.info(f"asked {report.asked} of {report.wanted} ids")

    def deriving(self, done: int, total: int, day: date) -> None:
        """Log each day."""
        self._log.info(f"derived {day} ({done} of {total})")
