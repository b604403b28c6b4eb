"""The words of a message: what is wrong, since when, where, what to do, and where to read on. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dialflo_pipeline.alerts.date_ranges import shown
from dialflo_pipeline.alerts.incidents import Cause


@dataclass(frozen=True)
class Message:
    """What a channel is to tell, without any form."""

    title: str
    facts: tuple[tuple[str, str], ...]
    """Each with what it is about."""
    link: str | None = None

    def plain(self) -> str:
        """All of it but the title, a line for each fact."""
        lines = [f"{name}: {value}" for name, value in self.facts]
        return "\n".join([*lines, *([f"Run: {self.link}"] if self.link else [])])


@dataclass(frozen=True)
class Place:
    """Where the pipeline is that speaks."""

    host: str
    data_dir: str
    zone: tzinfo
    ui_url: str | None
    """Where Dagster's page is for those who read messages."""

    def wrong(self, cause: Cause) -> Message:
        """A cause that is open."""
        again = [("Seen", f"{cause.times} times, last {self._time(cause.last)}")] if cause.times > 1 else []
        facts = [("What", cause.what), ("To do", cause.remedy), ("Since", self._time(cause.since)), *again]
        return self._message(f"Dialflo: {cause.title}", facts, cause)

    def fine_again(self, cause: Cause) -> Message:
        """A cause that is over."""
        facts = [
            ("What", f"{cause.subject} went right at {self._time(cause.last)}."),
            ("It had said", cause.what),
            ("Since", self._time(cause.since)),
        ]
        return self._message(f"Dialflo: fine again: {cause.subject}", facts, cause)

    def test(self) -> Message:
        """What `dialflo doctor` sends to try the channels."""
        facts = (("What", "This is a test. Whoever reads it will hear of failed runs and checks."), self._where())
        return Message("Dialflo: a test message", facts, self.ui_url)

    def _message(self, title: str, facts: Iterable[tuple[str, str]], cause: Cause) -> Message:
        days = [("Days", shown(cause.days))] if cause.days else []
        link = f"{self.ui_url}/runs/{cause.run_id}" if self.ui_url else None
        run = [] if link else [("Run", cause.run_id[:8])]
        return Message(title, (*facts, *days, *run, self._where()), link)

    def _where(self) -> tuple[str, str]:
        return "Where", f"{self.host}, data in {self.data_dir}"

    def _time(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M} {self.zone}"
