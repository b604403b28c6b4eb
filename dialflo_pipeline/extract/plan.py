"""Which ids a sync asks for, and which days it therefore has to look into."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from dialflo_pipeline.core.schema import State
from dialflo_pipeline.lake.partitions import DayStatus, group_days, read_states
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.lake.task_states import is_due


@dataclass(frozen=True)
class FetchPlan:
    """Which ids to ask for: those that wait and are due at `now`, and what else is asked for again."""

    now: datetime
    retry_failed: bool = False
    """Also those that failed, and those that are not found for good."""
    refetch: bool = False
    """Also those that are settled, not found or held back: all but the failed ones."""

    def has_work(self, day: DayStatus) -> bool:
        """Whether there is anything to do for a day."""
        return (
            day.has_work(self.now)
            or (self.retry_failed and (day.failed > 0 or day.not_found > 0))
            or (self.refetch and sum(day.counts.values()) > day.failed)
        )

    def tasks(self) -> pl.Expr:
        """Of the tasks of a day, with their states: whether to ask."""
        wanted = is_due(self.now)
        if self.retry_failed:
            is_final_not_found = (pl.col("state") == State.NOT_FOUND) & ~pl.col("is_waiting")
            wanted |= (pl.col("state") == State.FAILED) | is_final_not_found
        if self.refetch:
            wanted |= pl.col("state") != State.FAILED
        return wanted


def plan_ids(lake: Lake, days: Iterable[date], lake_settings: LakeSettings, wanted: FetchPlan) -> dict[str, date]:
    """The ids to fetch and their days, in the order of the days; those that a stopped run fetched last come last."""
    ids: dict[str, date] = {}
    last: dict[str, date] = {}
    for group in group_days(lake, days):
        tasks = read_states(lake, group, lake_settings).filter(wanted.tasks()).sort("call_date", "task_id")
        for task_id, day, was_stopped in tasks.select("task_id", "call_date", "was_stopped").iter_rows():
            (last if was_stopped else ids)[task_id] = day
    return ids | last
