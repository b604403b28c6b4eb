"""Showing on Dagster's page what runs of the command line did: their event file as runless asset events.

How far the file is reported is kept in Dagster's storage, so each event is reported once. A crash between an event and
that note reports the event again.
"""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    MetadataValue,
)
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.run.asset_events import Checked, Materialized
from dialflo_pipeline.run.event_file import StoredEvent, read_events

WITHIN_SECONDS: Final = 20.0
"""After so long the rest waits for the next call: a first sync of years leaves thousands of events."""
NOTED_EVERY: Final = 25
_LOCK: Final = "asset_events.reporting.lock"


def report_events(instance: DagsterInstance, data_dir: DataDir, within_seconds: float = WITHIN_SECONDS) -> int:
    """Report the events that this instance has not seen, oldest first; how many were reported."""
    if not data_dir.work.is_dir():
        return 0
    try:
        with FileLock(data_dir.work / _LOCK, timeout=0):
            return _report(instance, data_dir, time.monotonic() + within_seconds)
    except Timeout:
        return 0  # another process is reporting


def show_command_line_runs(home: Path, data_dir: DataDir) -> None:
    """Report what is new to the run history in `home`; without events the history is not opened.

    A history that cannot be used is left to the page itself, which says what is wrong with it.
    """
    if read_events(data_dir.work):
        with suppress(SQLAlchemyError), DagsterInstance.from_config(str(home)) as instance:
            report_events(instance, data_dir)


def _report(instance: DagsterInstance, data_dir: DataDir, end: float) -> int:
    cursor = f"dialflo/reported_events/{data_dir.root.resolve()}"
    stored = instance.daemon_cursor_storage.get_cursor_values({cursor}).get(cursor)
    events = read_events(data_dir.work, after=int(stored or 0))
    reported = 0
    for place, event in enumerate(events, start=1):
        reported += _report_one(instance, event)
        is_late = time.monotonic() > end
        if is_late or place % NOTED_EVERY == 0 or place == len(events):
            instance.daemon_cursor_storage.set_cursor_values({cursor: str(event.id)})
        if is_late:
            break
    return reported


def _report_one(instance: DagsterInstance, stored: StoredEvent) -> bool:
    match stored.event:
        case Materialized(asset, figures, day):
            partition = day.isoformat() if day else None
            metadata = _metadata(figures, stored)
            instance.report_runless_asset_event(AssetMaterialization(AssetKey(asset), None, metadata, partition))
        case Checked() as checked:
            instance.report_runless_asset_event(_evaluation(checked, stored))
        case _:
            return False
    return True


def _evaluation(checked: Checked, stored: StoredEvent) -> AssetCheckEvaluation:
    return AssetCheckEvaluation(
        asset_key=AssetKey(checked.asset),
        check_name=checked.check,
        passed=checked.passed,
        severity=AssetCheckSeverity.ERROR if checked.is_error else AssetCheckSeverity.WARN,
        description=checked.description,
        metadata=_metadata({**checked.figures}, stored)
        | ({"days": MetadataValue.json([day.isoformat() for day in checked.days])} if checked.days else {}),
    )


def _metadata(figures: Any, stored: StoredEvent) -> dict[str, Any]:
    return {**figures, "ended_at": MetadataValue.timestamp(stored.at), "event_id": str(stored.id)}
