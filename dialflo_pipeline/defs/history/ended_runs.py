"""Reading the ends of runs from Dagster's history, each once and in order."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Final

from dagster import DagsterEventType, DagsterInstance, DagsterRun, EventLogEntry, RunStatusChangeRecordsFilter

from dialflo_pipeline.defs.history.run_content import EndedRun, with_content

ENDS: Final = (DagsterEventType.RUN_SUCCESS, DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED)
AT_ONCE = 50
"""Runs read in one go."""


def newest_end(instance: DagsterInstance) -> int:
    """The place in the history of the last end of a run; -1 if none has ended."""
    newest = [instance.fetch_run_status_changes(kind, limit=1).records for kind in ENDS]
    return max((record.storage_id for record in chain(*newest)), default=-1)


def ended_runs(
    instance: DagsterInstance, after: int, is_ours: Callable[[DagsterRun], bool], day_steps: frozenset[str]
) -> Iterator[EndedRun]:
    """The runs that ended after that place, in order; one that is not ours, or not there any more, without content.

    What happens in one of `day_steps` says something of the run's days only.
    """
    while ends := _ends(instance, after):
        for after, entry in ends:
            run = instance.get_run_by_id(entry.run_id)
            ended = EndedRun(after, entry.run_id, datetime.fromtimestamp(entry.timestamp, UTC))
            yield with_content(instance, run, ended, entry, day_steps) if run and is_ours(run) else ended


def _ends(instance: DagsterInstance, after: int) -> list[tuple[int, EventLogEntry]]:
    """The next ends of runs, in order; only as far as all kinds of ends have been read."""
    found: dict[int, EventLogEntry] = {}
    read_to: list[int] = []
    for kind in ENDS:
        wanted = RunStatusChangeRecordsFilter(event_type=kind, after_storage_id=after)
        records = instance.fetch_run_status_changes(wanted, limit=AT_ONCE, ascending=True).records
        found |= {record.storage_id: record.event_log_entry for record in records}
        if len(records) == AT_ONCE:
            read_to.append(records[-1].storage_id)
    return [(place, found[place]) for place in sorted(found) if place <= min(read_to, default=place)]
