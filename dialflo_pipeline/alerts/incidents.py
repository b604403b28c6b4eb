"""What was told and what is still to be told: one cause once, until it was fine in between or about a day has passed.

Pure: nothing here knows where causes come from, how they are put in words for a channel, or what time it is.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from pydantic import BaseModel

from dialflo_pipeline.alerts.date_ranges import Spans, days_of, spans_of

TOLD_AGAIN_AFTER: Final = timedelta(hours=22)
"""About a day: what fails every night is told every night, also in the night in which an hour is left out."""

FORGOTTEN_AFTER: Final = timedelta(days=30)
MOST_CAUSES: Final = 200
"""The ledger is one text in a sensor's cursor: it may not grow with the years."""


@dataclass(frozen=True)
class Trouble:
    """One occurrence of something wrong."""

    key: str
    """What two occurrences of the same cause have in common."""
    subject: str
    """What went wrong: a step, a job, a check. When it goes right, the cause is over."""
    title: str
    what: str
    remedy: str
    at: datetime
    run_id: str
    days: frozenset[date] = frozenset()
    by_day: bool = False
    """Whether it is over only when the subject went right for all of these days."""


class Cause(BaseModel):
    """Something that is wrong, or was until just now."""

    key: str
    subject: str
    title: str
    what: str
    remedy: str
    since: datetime
    last: datetime
    run_id: str
    times: int = 1
    days: Spans = ()
    by_day: bool = False
    told_at: datetime | None = None
    told: tuple[str, ...] = ()
    """The channels that have told it."""
    owed: tuple[str, ...] = ()
    """The channels that have still to tell it."""

    @classmethod
    def of(cls, trouble: Trouble, channels: Iterable[str]) -> "Cause":
        """A cause at its first occurrence."""
        return cls(
            key=trouble.key,
            subject=trouble.subject,
            title=trouble.title,
            what=trouble.what,
            remedy=trouble.remedy,
            since=trouble.at,
            last=trouble.at,
            run_id=trouble.run_id,
            days=spans_of(trouble.days),
            by_day=trouble.by_day,
            owed=tuple(channels),
        )

    def seen_again(self, trouble: Trouble, channels: Iterable[str]) -> None:
        """Note one more occurrence; to be told anew if it was told about a day ago."""
        self.title, self.what, self.remedy = trouble.title, trouble.what, trouble.remedy
        self.last, self.run_id, self.times = trouble.at, trouble.run_id, self.times + 1
        self.days = spans_of(days_of(self.days) | trouble.days)
        if self.told_at is not None and trouble.at - self.told_at >= TOLD_AGAIN_AFTER:
            self.owed, self.told_at = tuple(channels), None

    def went_right(self, days: frozenset[date]) -> bool:
        """Note that the subject went right for these days; whether the cause is over with that."""
        if not self.by_day:
            return True
        self.days = spans_of(days_of(self.days) - days)
        return not self.days

    def was_told(self, channel: str, at: datetime) -> None:
        """Note that a channel has told it."""
        self.owed = tuple(name for name in self.owed if name != channel)
        self.told = tuple(sorted({*self.told, channel}))
        self.told_at = at


class Ledger(BaseModel):
    """All causes that are open, those that are over and not yet told to be, and up to where the history was read."""

    read_up_to: int
    wrong: list[Cause] = []
    fine_again: list[Cause] = []

    def failed(self, trouble: Trouble, channels: Collection[str]) -> None:
        """Note an occurrence; that it was fine before need not be told any more."""
        self.fine_again = [cause for cause in self.fine_again if cause.key != trouble.key]
        known = next((cause for cause in self.wrong if cause.key == trouble.key), None)
        if known:
            known.seen_again(trouble, channels)
        else:
            self.wrong.append(Cause.of(trouble, channels))
            self.wrong = self.wrong[-MOST_CAUSES:]

    def succeeded(self, subject: str, days: frozenset[date], at: datetime, run_id: str) -> None:
        """Note that something went right. What is over before anybody was told is not told at all."""
        over = [cause for cause in self.wrong if cause.subject == subject and cause.went_right(days)]
        self.wrong = [cause for cause in self.wrong if cause not in over]
        self.fine_again += [
            cause.model_copy(update={"owed": cause.told, "last": at, "run_id": run_id}) for cause in over if cause.told
        ]

    def clean_up(self, channels: Collection[str], now: datetime) -> None:
        """Forget channels that are no more, and causes that nothing was heard of for long."""
        for cause in (*self.wrong, *self.fine_again):
            cause.owed = tuple(name for name in cause.owed if name in channels)
        self.fine_again = [cause for cause in self.fine_again if cause.owed][-MOST_CAUSES:]
        self.wrong = [cause for cause in self.wrong if now - cause.last < FORGOTTEN_AFTER]
