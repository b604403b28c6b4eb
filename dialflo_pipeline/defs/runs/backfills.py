"""Which days runs by hand are at work on, or wait for: those of a backfill, from the page or from Dagster's commands.

What has no days is to follow such runs once, after all of them, and not in their midst.
"""

from datetime import date

from dagster import DagsterInstance

from dialflo_pipeline.alerts.failures import ASSETS_BY_HAND
from dialflo_pipeline.defs.history.run_content import days_of
from dialflo_pipeline.defs.internals.names import BulkActionsFilter, BulkActionStatus
from dialflo_pipeline.defs.jobs import fetch_days_job
from dialflo_pipeline.defs.runs.active_runs import runs_under_way
from dialflo_pipeline.lake.data_dir import DataDir


def days_in_hand(instance: DagsterInstance, data_dir: DataDir) -> frozenset[date]:
    """The days of all runs by hand that are queued or under way."""
    runs = [run for job in (fetch_days_job.name, ASSETS_BY_HAND) for run in runs_under_way(instance, job, data_dir)]
    return frozenset[date]().union(*(days_of(run) for run in runs))


def is_followed_up(instance: DagsterInstance) -> bool:
    """Whether a backfill from the page is under way: it runs by itself what follows its days."""
    under_way = BulkActionsFilter(statuses=[BulkActionStatus.REQUESTED])
    return any(backfill.is_asset_backfill for backfill in instance.get_backfills(filters=under_way))
