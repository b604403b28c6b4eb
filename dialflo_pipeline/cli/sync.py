"""`dialflo sync` and `dialflo rebuild`: run the stages over the days that need it, and report the outcome."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial

from dialflo_pipeline.cli.console import say_error, say_hint
from dialflo_pipeline.cli.first_use import load_settings_to_write
from dialflo_pipeline.cli.outcome import report_outcome
from dialflo_pipeline.cli.progress import ProgressReporter
from dialflo_pipeline.core.errors import DashboardFailed, DialfloError, PermanentError
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.core.signals import INTERRUPTED, exit_on_signals
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.last_run import note_run
from dialflo_pipeline.marts.settings import mart_settings_of
from dialflo_pipeline.run.event_file import RunEnded, append_events, compact_events
from dialflo_pipeline.run.session import EVERY_DAY, RunSession, Span, open_session
from dialflo_pipeline.run.sync import Driver
from dialflo_pipeline.run.time_zone import time_zone_change


def sync(settings: Settings, span: Span = EVERY_DAY, *, retry_failed: bool = False, refetch: bool = False) -> int:
    """Inbox, fetch, flatten, load, marts, publish; the exit code."""
    return _run(settings, "sync", span, lambda driver: driver.sync(span, retry_failed=retry_failed, refetch=refetch))


def rebuild(settings: Settings, span: Span = EVERY_DAY) -> int:
    """Flatten, load, marts, publish from the stored raw answers; the exit code."""
    return _run(settings, "rebuild", span, lambda driver: driver.rebuild(span))


def run_sync(span: Span, *, retry_failed: bool, refetch: bool) -> int:
    """`sync` with the current settings."""
    return sync(load_settings_to_write(), span, retry_failed=retry_failed, refetch=refetch)


def run_rebuild(span: Span) -> int:
    """`rebuild` with the current settings."""
    return rebuild(load_settings_to_write(), span)


def _run(settings: Settings, name: str, span: Span, drive: Callable[[Driver], None]) -> int:
    problem: PermanentError | None = None
    with _session(settings, name) as session:
        driver = Driver(session)
        try:
            try:
                drive(driver)
            except PermanentError as error:
                problem = error
            code = _outcome(session, driver, span)
        except Exception as error:
            with suppress(OSError):  # a full disk, say, which may be the very error
                _leave_events(session, _ended(name, DialfloError.exit_code, error, driver))
            raise
        _note(session, name, problem.exit_code if problem else code)
        _leave_events(session, _ended(name, problem.exit_code if problem else code, problem, driver))
    if problem:
        raise problem
    return code


def _outcome(session: RunSession, driver: Driver, span: Span) -> int:
    """Say what the run did; the exit code."""
    days = session.days(span)
    if not days:
        say_hint(
            "No task ids are registered for these days. Add some with `dialflo tasks add FILE`,"
            f" or drop a file in {session.data_dir.inbox}."
        )
    code = session.repairing(lambda: report_outcome(session.data_dir, days, session.reporter))
    if driver.dashboard_problem:
        say_error(str(driver.dashboard_problem))
    return code or (DashboardFailed.exit_code if driver.dashboard_problem else code)


def _note(session: RunSession, name: str, code: int) -> None:
    """Keep for `dialflo status` how the run ended."""
    work, ended, copied = session.data_dir.work, datetime.now(UTC), session.reporter.copied
    note_run(work, name, session.started_at, ended, f"exit code {code}", copied)


def _ended(name: str, code: int, error: Exception | None, driver: Driver) -> RunEnded:
    """What failed the run, for notifications: an error, the fetch as a whole, or the dashboard."""
    if driver.fetch_problem:
        return RunEnded.of(name, code, driver.fetch_problem, "raw_answers", driver.fetched_days)
    if driver.dashboard_problem:
        return RunEnded.of(name, code, driver.dashboard_problem, "published__dashboard", ())
    return RunEnded.of(name, code, error, None, driver.fetched_days)


def _leave_events(session: RunSession, ended: RunEnded) -> None:
    """Leave the run's end for Dagster's page and for notifications, and keep the event file short."""
    append_events(session.data_dir.work, [ended])
    compact_events(session.data_dir.work, session.data_dir.aside)


@contextmanager
def _session(settings: Settings, name: str) -> Iterator[RunSession]:
    data_dir = DataDir(settings.data_dir)
    mart_settings_of(settings)  # invalid mappings of words are reported before anything is done
    with ProgressReporter() as reporter:
        try:
            with exit_on_signals(partial(_say_farewell, reporter)):
                say_hint(f"data: {data_dir.root}")
                if not data_dir.published.exists():
                    say_hint(f"Using time zone {settings.timezone} (DIALFLO_TIMEZONE)")
                elif change := time_zone_change(data_dir, settings.timezone):
                    say_error(change)
                with open_session(settings, f"dialflo {name}", reporter) as session:
                    yield session
        except KeyboardInterrupt:
            _say_farewell(reporter)
            sys.exit(INTERRUPTED)


def _say_farewell(reporter: ProgressReporter) -> None:
    reporter.stop()  # else the terminal would stay without its cursor
    say_error("Interrupted. What was fetched is kept. The same command continues from there.")
