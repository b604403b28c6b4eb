"""`dialflo sync` and `dialflo rebuild`: run the Dagster assets over the days that need it, and say what came of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from dialflo_pipeline.cli.console import say_error, say_hint
from dialflo_pipeline.cli.outcome import report_outcome
from dialflo_pipeline.cli.progress import ProgressReporter
from dialflo_pipeline.days import DayStatus, survey
from dialflo_pipeline.errors import PermanentError
from dialflo_pipeline.locks import run_lock
from dialflo_pipeline.refresh import is_up_to_date
from dialflo_pipeline.rules import Rules, mart_settings_of, rules_of
from dialflo_pipeline.runs import note_run
from dialflo_pipeline.settings import Settings, load_settings
from dialflo_pipeline.task_ids.inbox import waiting_files
from dialflo_pipeline.wanted import Wanted
from dialflo_pipeline.warehouse import set_aside_if_damaged
from dialflo_pipeline.workspace import Workspace

if TYPE_CHECKING:
    from dialflo_pipeline.defs.execute import DagsterRuns

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
        run.take_in()
        try:
            run.sync(span, retry_failed=retry_failed, refetch=refetch)
        except PermanentError as error:
            # A token that is missing or refused ends the asking, not what can be done without it.
            run.derive_rest()
            run.tell(span)
            run.note(error.exit_code)
            raise
        run.derive_rest()
        return run.note(run.tell(span))


def rebuild(settings: Settings, span: Span = EVERY_DAY) -> int:
    """Derive, load, marts, publish from the raw answers at hand; the exit code."""
    with _run(settings, "rebuild") as run:
        run.derive([status.day for status in run.days(span)], rebuild=True)
        run.derive_rest()
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
    workspace: Workspace
    rules: Rules
    reporter: ProgressReporter
    started: datetime
    history_apart: bool
    surveyed: list[DayStatus] | None = None

    def days(self, span: Span = EVERY_DAY) -> list[DayStatus]:
        """Where the days of a span stand, both ends included."""
        if self.surveyed is None:
            self.surveyed = survey(self.workspace.lake, self.rules)
        first, last = span
        return [status for status in self.surveyed if (first or status.day) <= status.day <= (last or status.day)]

    def take_in(self) -> None:
        """Register what lies in the inbox."""
        if waiting_files(self.workspace.inbox):
            self._dagster().register()

    def sync(self, span: Span, *, retry_failed: bool, refetch: bool) -> None:
        """Fetch what is due, and all that follows; nothing at all when nothing is to do."""
        wanted = Wanted(datetime.now(UTC), retry_failed, refetch)
        with_work = [status.day for status in self.days(span) if wanted.has_work(status)]
        if with_work:
            self._dagster().sync(with_work, retry_failed=retry_failed, refetch=refetch)

    def derive(self, days: Sequence[date], *, rebuild: bool) -> None:
        """All that follows the fetch, for these days."""
        if days:
            self._dagster().derive(days, rebuild=rebuild)

    def derive_rest(self) -> None:
        """The same for any day that still needs it, so that the warehouse has every registered id; mostly none does."""
        days = self.days()
        stale = [status.day for status in days if not status.is_current]
        if stale or (days and not is_up_to_date(self.workspace, days, mart_settings_of(self.settings))):
            self.derive(stale or [days[-1].day], rebuild=False)

    def tell(self, span: Span) -> int:
        """Say what came of it; the exit code."""
        days = self.days(span)
        if not days:
            say_hint(
                f"No task ids are registered for these days. Add some with `dialflo tasks add FILE`,"
                f" or drop a file in {self.workspace.inbox}."
            )
        return report_outcome(self.workspace, days, self.reporter)

    def note(self, code: int) -> int:
        """Keep for `dialflo status` how the run ended."""
        ended, outcome = datetime.now(UTC), f"exit code {code}"
        note_run(self.workspace.work, self.name, self.started, ended, outcome, self.reporter.copied)
        return code

    def _dagster(self) -> "DagsterRuns":
        from dialflo_pipeline.defs.execute import DagsterRuns  # a second or two, which an idle sync need not spend

        self.surveyed = None
        return DagsterRuns.of(self.settings, self.reporter, apart=self.history_apart)


@contextmanager
def _run(settings: Settings, name: str, *, history_apart: bool = False) -> Iterator[_Run]:
    workspace = Workspace(settings.data_dir)
    mart_settings_of(settings)  # wrong mappings of words are told before anything is done
    with run_lock(workspace.work, f"dialflo {name}", wait=False), ProgressReporter() as reporter:
        workspace.tidy()
        say_hint(f"data: {workspace.root}")
        if aside := set_aside_if_damaged(workspace.private):
            say_hint(f"{workspace.private} cannot be opened: it is made anew from the lake; the old one is {aside}")
        if not workspace.published.exists():
            say_hint(f"days and hours are reckoned in {settings.timezone} (DIALFLO_TIMEZONE)")
        try:
            yield _Run(name, settings, workspace, rules_of(settings), reporter, datetime.now(UTC), history_apart)
        except KeyboardInterrupt:
            say_error("Interrupted. What was fetched is kept; the same command goes on from there.")
            raise
