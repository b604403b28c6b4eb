"""Incidents and who was notified of them: once each, and again after about a day or after a success in between.

Pure: where failures come from, how messages are worded and what time it is are decided elsewhere.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, model_validator

from dialflo_pipeline.alerts.date_ranges import DateRanges, days_in, ranges_of

NOTIFY_AGAIN_AFTER: Final = timedelta(hours=22)
"""About a day: a nightly failure is reported each night, also in the night that is an hour shorter."""

FORGOTTEN_AFTER: Final = timedelta(days=30)
MAX_INCIDENTS: Final = 200
"""The log is one text in a sensor's cursor, so it may not grow without limit."""

_OLD_NAMES: Final[Mapping[str, str]] = {
    "told_at": "notified_at",
    "told": "notified",
    "owed": "pending",
    "wrong": "open",
    "fine_again": "resolved",
}


@dataclass(frozen=True)
class Failure:
    """One failure of a step, a job or a check."""

    key: str
    """The same for all failures of one incident."""
    subject: str
    """The step, job or check that failed. Its success resolves the incident."""
    title: str
    what: str
    remedy: str
    at: datetime
    run_id: str
    days: frozenset[date] = frozenset()
    by_day: bool = False
    """Whether the incident is resolved only when the subject succeeded for all these days."""


class _Stored(BaseModel):
    """Kept as JSON in a sensor's cursor; the field names of older versions are read too."""

    @model_validator(mode="before")
    @classmethod
    def _read_old_names(cls, stored: Any) -> Any:
        if not isinstance(stored, dict):
            return stored
        return {_OLD_NAMES.get(name, name): value for name, value in stored.items()}


class Incident(_Stored):
    """Failures with one cause, open or just resolved."""

    key: str
    subject: str
    title: str
    what: str
    remedy: str
    since: datetime
    last: datetime
    run_id: str
    times: int = 1
    days: DateRanges = ()
    by_day: bool = False
    notified_at: datetime | None = None
    notified: tuple[str, ...] = ()
    """The channels that have sent the message."""
    pending: tuple[str, ...] = ()
    """The channels that have still to send it."""

    @classmethod
    def of(cls, failure: Failure, channels: Iterable[str]) -> "Incident":
        """An incident at its first failure."""
        return cls(
            key=failure.key,
            subject=failure.subject,
            title=failure.title,
            what=failure.what,
            remedy=failure.remedy,
            since=failure.at,
            last=failure.at,
            run_id=failure.run_id,
            days=ranges_of(failure.days),
            by_day=failure.by_day,
            pending=tuple(channels),
        )

    def record_again(self, failure: Failure, channels: Iterable[str]) -> None:
        """Record one more failure; the channels send it again if the last message is about a day old."""
        self.title, self.what, self.remedy = failure.title, failure.what, failure.remedy
        self.last, self.run_id, self.times = failure.at, failure.run_id, self.times + 1
        self.days = ranges_of(days_in(self.days) | failure.days)
        if self.notified_at is not None and failure.at - self.notified_at >= NOTIFY_AGAIN_AFTER:
            self.pending, self.notified_at = tuple(channels), None

    def record_success(self, days: frozenset[date]) -> bool:
        """Record that the subject succeeded for these days. Returns whether that resolves the incident."""
        if not self.by_day:
            return True
        self.days = ranges_of(days_in(self.days) - days)
        return not self.days

    def mark_notified(self, channel: str, at: datetime) -> None:
        """Record that a channel has sent the message."""
        self.pending = tuple(name for name in self.pending if name != channel)
        self.notified = tuple(sorted({*self.notified, channel}))
        self.notified_at = at


class IncidentLog(_Stored):
    """All open incidents, resolved ones whose message is not sent yet, and how far the run history was read."""

    read_up_to: int
    events_read_up_to: int = 0
    """The same for the event file of the command line."""
    open: list[Incident] = []
    resolved: list[Incident] = []

    def record_failure(self, failure: Failure, channels: Collection[str]) -> None:
        """Record a failure. A pending message that its incident was resolved is dropped."""
        self.resolved = [incident for incident in self.resolved if incident.key != failure.key]
        known = next((incident for incident in self.open if incident.key == failure.key), None)
        if known:
            known.record_again(failure, channels)
        else:
            self.open.append(Incident.of(failure, channels))
            self.open = self.open[-MAX_INCIDENTS:]

    def record_success(self, subject: str, days: frozenset[date], at: datetime, run_id: str) -> None:
        """Record a success. Only channels that sent the incident send that it is resolved."""
        over = [incident for incident in self.open if incident.subject == subject and incident.record_success(days)]
        self.open = [incident for incident in self.open if incident not in over]
        self.resolved += [
            incident.model_copy(update={"pending": incident.notified, "last": at, "run_id": run_id})
            for incident in over
            if incident.notified
        ]

    def remove_old(self, channels: Collection[str], now: datetime) -> None:
        """Remove channels that are no longer set up, and incidents without a failure for 30 days."""
        for incident in (*self.open, *self.resolved):
            incident.pending = tuple(name for name in incident.pending if name in channels)
        self.resolved = [incident for incident in self.resolved if incident.pending][-MAX_INCIDENTS:]
        self.open = [incident for incident in self.open if now - incident.last < FORGOTTEN_AFTER]
