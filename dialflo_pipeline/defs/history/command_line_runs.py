"""Runs of the command line, read from their event file, as if they were in Dagster's history: for notifications."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from dialflo_pipeline.alerts.failures import FailedStep
from dialflo_pipeline.defs.history.run_content import Checked, EndedRun, Succeeded
from dialflo_pipeline.run import asset_events
from dialflo_pipeline.run.event_file import RunEnded, StoredEvent, read_events

STEPS: Final = (
    *("task_ids", "lake_tables", "warehouse_tables", "table_checks", "models", "model_checks"),
    *("published__warehouse", "published__dashboard"),
)
"""The steps that have gone right when a run ended with exit code 0, beside the fetch."""


def newest_event(work: Path) -> int:
    """The id of the last event; 0 if there is none."""
    return max((stored.id for stored in read_events(work)), default=0)


def command_line_runs(work: Path, after: int) -> Iterator[EndedRun]:
    """The runs that ended after the event with this id, each with the checks of its time; `place` is the event's id."""
    checks: list[Checked] = []
    for stored in read_events(work, after):
        match stored.event:
            case asset_events.Checked() as event:
                checks += _checked(event)
            case RunEnded() as ended:
                yield EndedRun(stored.id, str(stored.id), stored.at, tuple(_steps(stored, ended)), tuple(checks))
                checks = []


def _checked(event: asset_events.Checked) -> list[Checked]:
    return [Checked("/".join(event.asset), event.check, event.passed, event.is_error, event.description, None)]


def _steps(stored: StoredEvent, ended: RunEnded) -> Iterator[FailedStep | Succeeded]:
    days = frozenset(map(date.fromisoformat, ended.days))
    if ended.kind:
        run_id = str(stored.id)
        yield FailedStep(ended.kind, ended.problem, ended.what, ended.step, stored.at, run_id, days, by_day=False)
        return
    yield Succeeded(ended.what, "raw_answers", days)
    if ended.exit_code == 0:
        yield Succeeded(ended.what, None, frozenset())
        yield from (Succeeded(ended.what, step, days) for step in STEPS)
