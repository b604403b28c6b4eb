"""The days of the partitioned assets: from the first registered one to today, in the configured time zone."""

from collections.abc import Iterable
from datetime import date, datetime

from dagster import AssetExecutionContext, BackfillPolicy, DailyPartitionsDefinition

from dialflo_pipeline.settings import Settings
from dialflo_pipeline.tables import TASK_IDS
from dialflo_pipeline.workspace import Workspace

ONE_RUN = BackfillPolicy.single_run()
"""A run covers any range of days: starting one costs far more than a day's work."""

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def daily_partitions(settings: Settings) -> DailyPartitionsDefinition:
    """From the first day with a registered task (or today) to today, or to a later day that has one."""
    today = datetime.now(settings.zone).date()
    days = [today, *Workspace(settings.data_dir).lake.days(TASK_IDS)]
    return DailyPartitionsDefinition(
        start_date=min(days).isoformat(),
        # One makes today a partition: Dagster by itself waits for a day to end.
        end_offset=1 + (max(days) - today).days,
        timezone=settings.timezone,
    )


def days_of_run(context: AssetExecutionContext, days: Iterable[date]) -> list[date]:
    """Those of `days` that this run is to cover."""
    first, last = context.partition_key_range
    return [day for day in days if date.fromisoformat(first) <= day <= date.fromisoformat(last)]


def range_tags(first: date, last: date) -> dict[str, str]:
    """The tags that make a run cover these days, both included."""
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}
