"""The days of the partitioned assets, in the configured time zone, and which of them a run works on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    BackfillPolicy,
    DailyPartitionsDefinition,
    MaterializeResult,
)

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.assets.configs import DaysConfig
from dialflo_pipeline.defs.internals.planned import note_planned
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import DayStatus

Metadata: TypeAlias = "dict[str, int]"

FIRST, LAST = date(1970, 1, 1), date(2099, 12, 31)
"""The days that can be partitions: Dagster supports fewer dates than Python, and lists each day between. A task of
another day, mostly a mistake in its registration, is processed like any other, but is not a partition."""

A_DAY_A_RUN = BackfillPolicy.multi_run(max_partitions_per_run=1)
"""A day of a backfill fails by itself and is started again by itself; what has no days follows once, after all."""


def daily_partitions(settings: Settings) -> DailyPartitionsDefinition:
    """From `DIALFLO_START_DATE`, else the first day with a task, to today, or to a later day that has one."""
    today = datetime.now(settings.zone).date()
    days = [today, *DataDir(settings.data_dir).lake.days(TASK_IDS)]
    first = _possible(settings.start_date or min(days))
    return DailyPartitionsDefinition(
        start_date=min(first, today).isoformat(),
        # One makes today a partition: Dagster by itself waits for a day to end.
        end_offset=1 + (_possible(max(days)) - today).days,
        timezone=settings.timezone,
    )


def _possible(day: date) -> date:
    return min(max(day, FIRST), LAST)


def partition_of_run(partitions: DailyPartitionsDefinition, days: Sequence[date]) -> str:
    """The partition of a run over the days from the first to the last of `days`, all of which have work.

    A run has one, which is shown as done or as failed whatever it comes to: so the last of these days. Where none of
    them is a partition (see `are_partitions`), the last one there is.
    """
    known = (key for day in reversed(days) if partitions.has_partition_key(key := day.isoformat()))
    return next(known, None) or partitions.get_partition_keys()[-1]


def are_partitions(partitions: DailyPartitionsDefinition, days: Iterable[date]) -> bool:
    """Whether any of these days is one; not those before `DIALFLO_START_DATE`, nor new ones until a reload."""
    return any(partitions.has_partition_key(day.isoformat()) for day in days)


def days_of_run(context: AssetExecutionContext, config: DaysConfig, days: Iterable[DayStatus]) -> list[DayStatus]:
    """Those of `days` that this run is to work on."""
    first, last = context.partition_key_range
    first_day, last_day = config.first_day or first, config.last_day or last
    return [status for status in days if first_day <= status.day.isoformat() <= last_day]


def materialized(
    context: AssetExecutionContext, key: AssetKey, days: Mapping[date, Metadata], in_all: Metadata
) -> MaterializeResult[None]:
    """The result of an asset that worked on `days`: figures of each day and of all.

    Days outside the run's own partitions are logged one by one: a run over a range would cost several events for each
    day of it and asset, and show days as done on which there was nothing to do.
    """
    first, last = context.partition_key_range
    own: Metadata = {}
    for day, metadata in days.items():
        if first <= day.isoformat() <= last:
            own = metadata
        else:
            context.log_event(_of_a_day(key, day, metadata))
    return MaterializeResult(asset_key=key, metadata={**in_all, **(own if first == last else {})})


def note_failed(
    context: AssetExecutionContext, key: AssetKey, done: Mapping[date, Metadata], failed: Iterable[date]
) -> None:
    """Before a step fails: the days that an asset has been made for until then, and those that fail with the step."""
    for day, metadata in done.items():
        context.log_event(_of_a_day(key, day, metadata))
    note_planned(context, key, [day.isoformat() for day in sorted(failed)])


def _of_a_day(key: AssetKey, day: date, metadata: Metadata) -> AssetMaterialization:
    return AssetMaterialization(key, partition=day.isoformat(), metadata=metadata)
