"""What assets get handed: the settings, read from the environment when a run begins, and where to report to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from dagster import AssetCheckExecutionContext, AssetExecutionContext, RetryRequested

from dialflo_pipeline.core.errors import DamagedFile
from dialflo_pipeline.core.settings import Settings, load_settings
from dialflo_pipeline.core.signals import still_ending_at_once
from dialflo_pipeline.extract.fetch import FetchReport
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.settings import Rules, rules_of
from dialflo_pipeline.marts.settings import MartSettings, mart_settings_of
from dialflo_pipeline.progress import Remembered, Reporter
from dialflo_pipeline.recovery.cleanup import clean_up
from dialflo_pipeline.recovery.quarantine import Finding
from dialflo_pipeline.recovery.repair import Recovery
from dialflo_pipeline.storage.locks import run_lock

Context: TypeAlias = AssetExecutionContext | AssetCheckExecutionContext

MAX_REPAIRS = 20
"""So many damaged files, found in the midst of one step, are mended before it fails: more is a failing disk."""


def recovery_of(settings: Settings, reporter: Reporter) -> Recovery:
    """What finds and mends damage below the data directory of these settings."""
    data_dir, rules = DataDir(settings.data_dir), rules_of(settings)
    return Recovery(data_dir, rules, mart_settings_of(settings), settings.zone, reporter.damaged)


@dataclass(frozen=True)
class Pipeline:
    """Settings and reporting of a run. The token stays in the environment until a fetch needs it."""

    load: Callable[[], Settings] = load_settings
    reporter: Reporter | None = None

    @contextmanager
    def step(self, context: Context) -> Iterator["Step"]:
        """What one asset works with, while it holds this data directory's lock; waits for another run to end."""
        settings = self.load()
        data_dir = DataDir(settings.data_dir)
        what = f"Dagster run {context.run.run_id[:8]}"
        # Dagster turns a signal into an exception at whatever place the step has reached.
        with still_ending_at_once(), run_lock(data_dir.work, what, wait=True, on_wait=context.log.info):
            clean_up(data_dir)
            reporter = self.reporter or LogReporter(context)
            mender = recovery_of(settings, reporter)
            if not self.reporter:  # else the command line has done so, and does so at its end
                mender.inspect()
            try:
                yield Step(settings, data_dir, reporter)
            except DamagedFile as damage:
                mender.repair(damage)
                raise RetryRequested(MAX_REPAIRS) from damage
            if not self.reporter:
                mender.note()


@dataclass(frozen=True)
class Step:
    """The values an asset hands on to the core."""

    settings: Settings
    data_dir: DataDir
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

    def damaged(self, finding: Finding) -> None:
        """Log what was damaged, and what was done about it."""
        super().damaged(finding)
        self._log.warning(f"damaged: {finding}")

    def fetching(self, report: FetchReport) -> None:
        """Log each thousandth asking."""
        super().fetching(report)
        if report.asked % self.EVERY == 0:
            self._log.info(f"asked {report.asked} of {report.wanted} ids")

    def deriving(self, done: int, total: int, day: date) -> None:
        """Log each day."""
        self._log.info(f"derived {day} ({done} of {total})")
