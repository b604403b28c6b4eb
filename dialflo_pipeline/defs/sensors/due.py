"""The watch on what is due: ids to be asked for, and answers that readers do not have yet, get their run in minutes.

What the last runs came to says how soon another may follow, so that neither an outage nor a wrong setting starts one
every minute. Results under other settings do not count, so a corrected setting takes effect without a wait.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DailyPartitionsDefinition,
    DefaultSensorStatus,
    RunRecord,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from dialflo_pipeline.core.errors import DialfloError, LockHeld
from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.history.run_content import was_cut_off
from dialflo_pipeline.defs.jobs import derive_job, derive_request, sync_job, sync_request
from dialflo_pipeline.defs.partitions import are_partitions, daily_partitions, partition_of_run
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.runs.active_runs import is_under_way
from dialflo_pipeline.defs.runs.backfills import days_in_hand, is_followed_up
from dialflo_pipeline.defs.sensors.settings_changed import ALWAYS, settings_since
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import DayStatus, survey
from dialflo_pipeline.lake.settings import lake_settings_of
from dialflo_pipeline.marts.settings import mart_settings_of
from dialflo_pipeline.pipeline import is_up_to_date
from dialflo_pipeline.storage.locks import run_lock

EVERY_SECONDS = 30

TRY_AGAIN_AFTER = timedelta(minutes=15)
"""After a run that left ids in trouble, or failed; doubled for each further failure in a row."""

LONGEST_WAIT = timedelta(hours=1)

LOADED_WITHIN_SECONDS = 150
"""The daemon reloads the definitions each minute, `dialflo dev` within seconds after new days."""

_ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


def due_sensor(pipeline: Pipeline, partitions: DailyPartitionsDefinition) -> SensorDefinition:
    """A run over the days that have new ids, or ids that are due to be asked again; one without requests if those wait.

    What was fetched reaches readers also while the API refuses or is down, and after a run that was killed. The days of
    a backfill are left to it until its last one is done; new ids of other days do not wait so long.
    """

    @sensor(
        jobs=[sync_job, derive_job],
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Syncs days with new ids, and those with ids whose time to be asked again has come. Derives what"
        " was fetched and has not reached readers.",
    )
    def due(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        settings, now = pipeline.load(), datetime.now(UTC)
        data_dir, since = DataDir(settings.data_dir), settings_since(context, now)
        if any(is_under_way(context.instance, job.name, data_dir) for job in (sync_job, derive_job)):
            return SkipReason("A sync is under way.")
        days, in_hand = survey(data_dir.lake, lake_settings_of(settings)), days_in_hand(context.instance, data_dir)
        tick = _Tick(context.instance, settings, partitions, now, since, days, in_hand)
        found = tick.sync()
        return tick.derive(found) if isinstance(found, SkipReason) else found

    return due


@dataclass(frozen=True)
class _Tick:
    """One tick of the sensor: which run it requests."""

    instance: DagsterInstance
    settings: Settings
    partitions: DailyPartitionsDefinition
    now: datetime
    since: datetime
    days: Sequence[DayStatus]
    in_hand: frozenset[date]

    def sync(self) -> RunRequest | SkipReason:
        """A sync over the days that have work and belong to no backfill."""
        with_work = [each for each in self.days if each.day not in self.in_hand and self._is_for_a_sync(each)]
        if not with_work:
            return SkipReason("Nothing is due.")
        has_news = any(_has_news(day, self.now) for day in with_work)
        earliest = earliest_start(self.instance, sync_job.name, has_news=has_news, since=self.since)
        if earliest > self.now:
            return SkipReason(
                f"Ids are due, but the last sync failed or left some in trouble: next one at {earliest:%H:%M} UTC."
            )
        wanted = [each.day for each in with_work]
        if _are_yet_to_be_loaded(self.partitions, self.settings, wanted):
            return SkipReason("Days were registered just now; the sync follows once they are partitions.")
        return sync_request(wanted, partition_of_run(self.partitions, wanted), run_key=f"due {self.now.isoformat()}")

    def derive(self, no_sync: SkipReason) -> RunRequest | SkipReason:
        """What brings readers what was fetched; not in the midst of a backfill, after which it is done once."""
        if self.in_hand or is_followed_up(self.instance):
            return SkipReason("A backfill is under way; what it fetches goes on after its last day.")
        if not (underived := _underived(DataDir(self.settings.data_dir), self.days, self.settings)):
            return no_sync
        earliest = earliest_start(self.instance, derive_job.name, has_news=True, since=self.since)
        if earliest > self.now:
            return SkipReason(
                f"{no_sync.skip_message} What was fetched could not be derived: next try at {earliest:%H:%M} UTC."
            )
        days = [each.day for each in underived]
        if _are_yet_to_be_loaded(self.partitions, self.settings, days):
            return no_sync
        return derive_request(days, partition_of_run(self.partitions, days), run_key=f"derive {self.now.isoformat()}")

    def _is_for_a_sync(self, day: DayStatus) -> bool:
        """Whether there is anything to do for a day; beside a backfill anything new."""
        return day.has_work(self.now) and (not self.in_hand or _has_news(day, self.now))


def _are_yet_to_be_loaded(partitions: DailyPartitionsDefinition, settings: Settings, days: Sequence[date]) -> bool:
    """Whether all these days are new and will be partitions after the next reload; who has none goes without."""
    if are_partitions(partitions, days) or not are_partitions(daily_partitions(settings), days):
        return False
    lake = DataDir(settings.data_dir).lake
    registered = max(path.stat().st_mtime for day in days for path in lake.files(TASK_IDS, day))
    return time.time() - registered < LOADED_WITHIN_SECONDS


def _has_news(day: DayStatus, now: datetime) -> bool:
    """Whether there is more to do than to ask again what was in trouble."""
    return not day.is_current or (day.next_try_at is not None and day.next_try_at <= now)


def _underived(data_dir: DataDir, days: Sequence[DayStatus], settings: Settings) -> Sequence[DayStatus]:
    """The days of which something has not reached readers; the last one represents everything without days."""
    if stale := [day for day in days if not day.is_current]:
        return stale
    try:
        with run_lock(data_dir.work, "a check by the sensor `due`", wait=False):
            is_done = not days or is_up_to_date(data_dir, days, mart_settings_of(settings))
    except LockHeld:
        return []  # the active run may be doing just that
    except DialfloError:
        is_done = False  # a file that cannot be read: a run repairs it or reports it
    return [] if is_done else days[-1:]


def earliest_start(instance: DagsterInstance, job_name: str, *, has_news: bool, since: datetime = ALWAYS) -> datetime:
    """When the next run of a job may start, going by how the latest ones ended that began with these settings."""
    ended = instance.get_run_records(RunsFilter(job_name=job_name, statuses=_ENDED), limit=10)
    if not _is_cut_off_each_time(instance, ended):
        ended = [each for each in ended if _began(each) >= since]
    failed = [each.dagster_run.status is DagsterRunStatus.FAILURE for each in ended]
    failures = [*failed, False].index(False)
    is_cut_off = failures == 1 and was_cut_off(instance, ended[0].dagster_run.run_id)
    if not ended or (has_news and not failures) or is_cut_off:
        return ALWAYS
    latest = ended[0].end_time or ended[0].create_timestamp.timestamp()
    wait: timedelta = min(TRY_AGAIN_AFTER * 2 ** max(failures - 1, 0), LONGEST_WAIT)
    return datetime.fromtimestamp(latest, UTC) + wait


def _began(record: RunRecord) -> datetime:
    return datetime.fromtimestamp(record.start_time, UTC) if record.start_time else record.create_timestamp


def _is_cut_off_each_time(instance: DagsterInstance, ended: Sequence[RunRecord]) -> bool:
    """Whether runs may be what crashes the services, so that a restart alone does not justify a new run."""
    return len(ended) > 1 and all(was_cut_off(instance, each.dagster_run.run_id) for each in ended[:2])
