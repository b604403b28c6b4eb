"""`dialflo sync` and `dialflo rebuild`: run the Dagster assets over the days that need it, and say what came of it."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from dialflo_pipeline.cli.console import say_error, say_hint
from dialflo_pipeline.cli.outcome import report_outcome
from dialflo_pipeline.cli.progress import ProgressReporter
from dialflo_pipeline.core.errors import (
    ApiDown,
    ChecksFailed,
    DashboardFailed,
    PermanentError,
    TaskSourceDown,
    TaskSourceError,
)
from dialflo_pipeline.core.settings import Settings, load_settings
from dialflo_pipeline.core.signals import INTERRUPTED, ending_at_once
from dialflo_pipeline.extract.plan import FetchPlan
from dialflo_pipeline.extract.task_ids.inbox import waiting_files
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.last_run import note_run
from dialflo_pipeline.lake.partitions import DayStatus, survey
from dialflo_pipeline.lake.settings import Rules, rules_of
from dialflo_pipeline.marts.settings import mart_settings_of
from dialflo_pipeline.pipeline import is_up_to_date
from dialflo_pipeline.recovery.cleanup import clean_up
from dialflo_pipeline.recovery.repair import Recovery
from dialflo_pipeline.serve.dashboard import is_current
from dialflo_pipeline.storage.locks import run_lock

if TYPE_CHECKING:
    from dialflo_pipeline.defs.runs.execute import DagsterRuns

Span = tuple[date | None, date | None]
EVERY_DAY: Span = (None, None)


def sync(
    settings: Settings,
    span: Span = EVERY_DAY,
    *,
    retry_failed: bool = False,
    refetch: bool = False,
    history_apart: bool = False,
) -> int:
    """Inbox, fetch, derive, load, marts, publish; the exit code. `history_apart` as in `DagsterRuns.of`."""
    with _run(settings, "sync", history_apart=history_apart) as run:
        run.read_inbox()
        try:
            run.sync(span, retry_failed=retry_failed, refetch=refetch)
        except PermanentError as error:
            # A token that is missing or refused ends the asking, not what can be done without it.
            run.flatten_rest()
            run.tell(span)
            run.note(error.exit_code)
            raise
        run.flatten_rest()
        return run.note(run.tell(span))


def rebuild(settings: Settings, span: Span = EVERY_DAY) -> int:
    """Derive, load, marts, publish from the raw answers at hand; the exit code."""
    with _run(settings, "rebuild") as run:
        run.derive([status.day for status in run.days(span)], rebuild=True)
        run.flatten_rest()
        return run.note(run.tell(span))


def run_sync(span: Span, *, retry_failed: bool, refetch: bool) -> int:
    """`sync` under the settings in force."""
    return sync(load_settings(), span, retry_failed=retry_failed, refetch=refetch)


def run_rebuild(span: Span) -> int:
    """`rebuild` under the settings in force."""
    return rebuild(load_settings(), span)


@dataclass
class _Run:
    """One run of the command line, which holds the data directory's lock and so looks at the days once a change."""

    name: str
    settings: Settings
    data_dir: DataDir
    rules: Rules
    reporter: ProgressReporter
    mender: Recovery
    started: datetime
    history_apart: bool
    surveyed: list[DayStatus] | None = None
    is_blocked: bool = False
    """Whether a check keeps what was made from being published; `tell` says which."""
    without_dashboard: str = ""
    """Why the dashboard could not be made, which all else does not depend on; `tell` says it."""

    def days(self, span: Span = EVERY_DAY) -> list[DayStatus]:
        """Where the days of a span stand, both ends included."""
        if self.surveyed is None:
            self.surveyed = self.mender.retry_after_repair(lambda: survey(self.data_dir.lake, self.rules))
        first, last = span
        return [status for status in self.surveyed if (first or status.day) <= status.day <= (last or status.day)]

    def read_inbox(self) -> None:
        """Register what lies in the inbox, and what the database of task ids has that is new."""
        if waiting_files(self.data_dir.inbox) or self._database_has_news():
            self._dagster().register()

    def _database_has_news(self) -> bool:
        if self.settings.tasks_dsn is None:
            return False
        from dialflo_pipeline.extract.task_ids.database.source import (  # most have no database
            SourceReport,
            has_news,
            source_of,
        )

        source = source_of(self.settings)
        try:
            return source is not None and has_news(source, self.data_dir, self.started, timedelta(0))
        except (TaskSourceError, TaskSourceDown) as error:
            self.reporter.read_database(SourceReport(problem=str(error)))
            return False

    def sync(self, span: Span, *, retry_failed: bool, refetch: bool) -> None:
        """Fetch what is due, and all that follows; nothing at all when nothing is to do."""
        wanted = FetchPlan(datetime.now(UTC), retry_failed, refetch)
        found = len(self.reporter.findings)
        with_work = [status.day for status in self.days(span) if wanted.has_work(status)]
        if with_work:
            with self._unless_blocked():
                self._dagster().sync(with_work, retry_failed=retry_failed, refetch=refetch)
        if any(finding.is_refetched for finding in self.reporter.findings[found:]):
            self.sync(span, retry_failed=False, refetch=False)  # found after the asking

    def derive(self, days: Sequence[date], *, rebuild: bool) -> None:
        """All that follows the fetch, for these days."""
        if days:
            with self._unless_blocked():
                self._dagster().derive(days, rebuild=rebuild)

    def flatten_rest(self) -> None:
        """The same for any day that still needs it, so that the warehouse has every registered id; mostly none does."""
        if self.is_blocked:
            return
        days = self.days()
        stale = [status.day for status in days if not status.is_current]
        if stale or (days and not self._is_up_to_date()):
            self.derive(stale or [days[-1].day], rebuild=False)

    def _is_up_to_date(self) -> bool:
        settings = mart_settings_of(self.settings)
        return self.mender.retry_after_repair(
            lambda: is_up_to_date(self.data_dir, self.days(), settings) and self._has_dashboard()
        )

    def _has_dashboard(self) -> bool:
        # One that has just failed is not tried again at once.
        return bool(self.without_dashboard) or is_current(self.data_dir.published, self.data_dir.dashboard)

    def tell(self, span: Span) -> int:
        """Say what came of it; the exit code."""
        days = self.days(span)
        if not days:
            say_hint(
                f"No task ids are registered for these days. Add some with `dialflo tasks add FILE`,"
                f" or drop a file in {self.data_dir.inbox}."
            )
        code = self.mender.retry_after_repair(lambda: report_outcome(self.data_dir, days, self.reporter))
        if self.without_dashboard:
            say_error(self.without_dashboard)
        return code or (DashboardFailed.exit_code if self.without_dashboard else code)

    def note(self, code: int) -> int:
        """Keep for `dialflo status` how the run ended."""
        self.mender.note()
        ended, outcome = datetime.now(UTC), f"exit code {code}"
        note_run(self.data_dir.work, self.name, self.started, ended, outcome, self.reporter.copied)
        return code

    @contextmanager
    def _unless_blocked(self) -> Iterator[None]:
        try:
            yield
        except ChecksFailed:
            self.is_blocked = True
        except ApiDown:
            pass  # Dagster has the run as failed; here what is there is derived, and `tell` says the rest
        except DashboardFailed as error:
            self.without_dashboard = str(error)

    def _dagster(self) -> "DagsterRuns":
        from dialflo_pipeline.defs.runs.execute import DagsterRuns  # a second or two, which an idle sync need not spend

        self.surveyed = None
        return DagsterRuns.of(self.settings, self.reporter, apart=self.history_apart)


@contextmanager
def _run(settings: Settings, name: str, *, history_apart: bool = False) -> Iterator[_Run]:
    data_dir = DataDir(settings.data_dir)
    mart_settings_of(settings)  # wrong mappings of words are told before anything is done
    with run_lock(data_dir.work, f"dialflo {name}", wait=False), ProgressReporter() as reporter:
        clean_up(data_dir)
        say_hint(f"data: {data_dir.root}")
        if not data_dir.published.exists():
            say_hint(f"days and hours are reckoned in {settings.timezone} (DIALFLO_TIMEZONE)")
        rules, marts = rules_of(settings), mart_settings_of(settings)
        mender = Recovery(data_dir, rules, marts, settings.zone, reporter.damaged)
        try:
            with ending_at_once(partial(_say_farewell, reporter)):
                mender.inspect()
                yield _Run(name, settings, data_dir, rules, reporter, mender, datetime.now(UTC), history_apart)
        except KeyboardInterrupt:
            _say_farewell(reporter)
            sys.exit(INTERRUPTED)


def _say_farewell(reporter: ProgressReporter) -> None:
    reporter.stop()  # else the terminal would stay without its cursor
    say_error("Interrupted. What was fetched is kept; the same command goes on from there.")
