"""The stages' events in Dagster's words: results of assets and of checks."""

from collections.abc import Iterable
from typing import Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetKey, MaterializeResult

from dialflo_pipeline.run.asset_events import Checked, Event, Materialized


def check_result(event: Checked) -> AssetCheckResult:
    """A check's event as the result of an asset check."""
    days = [day.isoformat() for day in event.days]
    metadata: dict[str, Any] = {**event.figures, **({"days": days} if days else {})}
    return AssetCheckResult(
        asset_key=AssetKey(event.asset),
        check_name=event.check,
        passed=event.passed,
        severity=AssetCheckSeverity.ERROR if event.is_error else AssetCheckSeverity.WARN,
        description=event.description,
        metadata=metadata,
    )


def results_of(events: Iterable[Event], keys: Iterable[AssetKey]) -> list[MaterializeResult[None]]:
    """A result for each of `keys`, with the figures of its event if there is one."""
    figures = {AssetKey(event.asset): event.figures for event in events if isinstance(event, Materialized)}
    return [MaterializeResult(asset_key=key, metadata=dict(figures.get(key, {}))) for key in keys]
