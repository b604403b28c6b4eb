"""What assets work with: the session of their run, opened by the first step that needs it and closed with the run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from dagster import AssetCheckExecutionContext, AssetExecutionContext, DagsterLogManager

from dialflo_pipeline.core.settings import Settings, load_settings
from dialflo_pipeline.core.signals import keep_exit_on_signals
from dialflo_pipeline.extract.fetch import FetchReport
from dialflo_pipeline.progress import Reporter
from dialflo_pipeline.recovery.quarantine import Finding
from dialflo_pipeline.run.session import RunSession, open_session

Context: TypeAlias = AssetExecutionContext | AssetCheckExecutionContext


@dataclass(frozen=True)
class Pipeline:
    """How a run gets its settings. The token stays in the environment until a fetch needs it."""

    load: Callable[[], Settings] = load_settings


@dataclass
class DagsterRun:
    """One run of Dagster's: its session is open from its first step to its end, and so is the run lock held."""

    pipeline: Pipeline
    _closing: ExitStack = field(default_factory=ExitStack)
    _session: RunSession | None = None

    @contextmanager
    def step(self, context: Context) -> Iterator[RunSession]:
        """The session for one step. The first step waits while another run holds the lock."""
        # Dagster turns a signal into an exception at whatever place the step has reached.
        with keep_exit_on_signals():
            if self._session is None:
                what = f"Dagster run {context.run.run_id[:8]}"
                self._session = self._closing.enter_context(
                    open_session(
                        self.pipeline.load(), what, LogReporter(context.log), wait=True, on_wait=context.log.info
                    )
                )
            try:
                yield self._session
            except BaseException:
                self._session.has_failed = True
                self._session.survey_again()
                raise

    def close(self) -> None:
        """Let the lock go."""
        self._closing.close()


class LogReporter(Reporter):
    """Writes progress into Dagster's log, now and then."""

    EVERY = 1_000

    def __init__(self, log: DagsterLogManager) -> None:
        super().__init__()
        self._log = log

    def damage_found(self, finding: Finding) -> None:
        """Log what was damaged, and what was done about it."""
        super().damage_found(finding)
        self._log.warning(f"damaged: {finding}")

    def fetching(self, report: FetchReport) -> None:
        """Log each thousandth fetch."""
        super().fetching(report)
        if report.asked % self.EVERY == 0:
            self._log.info(f"fetched {report.asked} of {report.wanted} ids")

    def flattening(self, done: int, total: int, day: date) -> None:
        """Log each day."""
        self._log.info(f"flattened {day} ({done} of {total})")
