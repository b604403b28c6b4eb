"""`dialflo sync` and `dialflo rebuild`: run the Dagster assets over the days that need it, and say what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dialflo_pipeline.cli.console import say, say_error, say_hint, table
from dialflo_pipeline.cli.progress import ProgressReporter
from dialflo_pipeline.days import DayStatus, registered_days, survey
from dialflo_pipeline.errors import TokenRefused
from dialflo_pipeline.fetch import FetchReport
from dialflo_pipeline.locks import run_lock
from dialflo_pipeline.refresh import is_up_to_date
from dialflo_pipeline.rules import mart_settings_of, rules_of
from dialflo_pipeline.runs import note_run
from dialflo_pipeline.settings import Settings, load_settings
from dialflo_pipeline.stages import counts_by_state
from dialflo_pipeline.task_ids.inbox import waiting_files
from dialflo_pipeline.workspace import Workspace

Span = tuple[date | None, date | None]

NO_TASKS_HINT = "No task ids are registered. Add some: `dialflo tasks add FILE`, or drop a file in {inbox}."


def run_sync(span: Span, *, retry_failed: bool) -> int:
    """Sync the days of the span; the exit code."""
    return sync(load_settings(), span, retry_failed=retry_failed)


def run_rebuild(span: Span) -> int:
    """Derive the days of the span anew from their raw answers; the exit code."""
    settings = load_settings()
    with _Run.of(settings, "dialflo rebuild") as run:
        days = registered_days(run.workspace.lake, *span)
        if not days:
            return run.nothing_registered()
        run.derive(days, rebuild=True)
        run.summary(days)
    return 0


def sync(settings: Settings, span: Span, *, retry_failed: bool = False) -> int:
    """Inbox, fetch, derive, load, marts, publish, under these settings; the exit code."""
    with _Run.of(settings, "dialflo sync") as run:
        run.take_in()
        days = registered_days(run.workspace.lake, *span)
        if not days:
            return run.nothing_registered()
        try:
            run.sync(days, retry_failed=retry_failed)
        except TokenRefused:
            # What was fetched before, and what was registered, is still shown to readers.
            run.derive(days, rebuild=False)
            raise
        run.summary(days)
        return run.exit_code()
