"""The session of a run: lock, clean-up, inspection, progress, and the surveyed days that stages hand on."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar

from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import DayStatus, day_status, survey
from dialflo_pipeline.lake.settings import LakeSettings, lake_settings_of
from dialflo_pipeline.lake.twins import merge_twins
from dialflo_pipeline.marts.settings import MartSettings, mart_settings_of
from dialflo_pipeline.progress import Reporter
from dialflo_pipeline.recovery.cleanup import clean_up
from dialflo_pipeline.recovery.repair import Recovery
from dialflo_pipeline.storage.locks import run_lock

T = TypeVar("T")
Span = tuple[date | None, date | None]
EVERY_DAY: Span = (None, None)


@dataclass
class RunSession:
    """What the stages of one run work with. It is open only while this process holds the run lock."""

    settings: Settings
    data_dir: DataDir
    lake_settings: LakeSettings
    mart_settings: MartSettings
    reporter: Reporter
    recovery: Recovery
    started_at: datetime
    has_failed: bool = False
    """Whether a stage failed, so that nothing is noted as whole at the end."""
    _surveyed: list[DayStatus] | None = field(default=None, init=False)

    def days(self, span: Span = EVERY_DAY) -> list[DayStatus]:
        """The status of a span's days, both ends included. All days are surveyed once, then handed on."""
        if self._surveyed is None:
            self._surveyed = self.repairing(lambda: survey(self.data_dir.lake, self.lake_settings))
        first, last = span
        return [status for status in self._surveyed if (first or status.day) <= status.day <= (last or status.day)]

    def refresh(self, days: Iterable[date]) -> None:
        """Look again at days that a stage has changed; the others stay as surveyed."""
        changed = set(days)
        lake, lake_settings = self.data_dir.lake, self.lake_settings
        self._surveyed = [
            day_status(lake, status.day, lake_settings) if status.day in changed else status for status in self.days()
        ]

    def survey_again(self) -> None:
        """Have the next call of `days` survey all days, because days may have come or gone."""
        self._surveyed = None

    def repairing(self, attempt: Callable[[], T]) -> T:
        """What `attempt` returns, tried again each time it found damage that could be repaired."""
        found = len(self.reporter.findings)
        try:
            return self.recovery.retry_after_repair(attempt)
        finally:
            if len(self.reporter.findings) > found:
                self.survey_again()


@contextmanager
def open_session(
    settings: Settings,
    what: str,
    reporter: Reporter,
    *,
    wait: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[RunSession]:
    """Take the run lock, clean up after killed runs, inspect what was touched; on success note that all is whole.

    `what` names the run to others. Raises `LockHeld` when another run is active, unless this one is to `wait`.
    """
    data_dir, lake_settings, marts = DataDir(settings.data_dir), lake_settings_of(settings), mart_settings_of(settings)
    with run_lock(data_dir.work, what, wait=wait, on_wait=on_wait):
        clean_up(data_dir)
        recovery = Recovery(data_dir, lake_settings, marts, settings.zone, reporter.damage_found)
        recovery.inspect()
        recovery.retry_after_repair(lambda: merge_twins(data_dir.lake, data_dir.work, datetime.now(UTC)))
        session = RunSession(settings, data_dir, lake_settings, marts, reporter, recovery, datetime.now(UTC))
        yield session
        if not session.has_failed:
            recovery.note()
