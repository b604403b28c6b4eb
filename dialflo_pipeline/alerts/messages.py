"""The words of a message: what failed, what to do, since when, where, and a link. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dialflo_pipeline.alerts.date_ranges import format_ranges
from dialflo_pipeline.alerts.incidents import Incident


@dataclass(frozen=True)
class Message:
    """What a channel sends, without any layout."""

    title: str
    facts: tuple[tuple[str, str], ...]
    """Name and value of each."""
    link: str | None = None

    def plain(self) -> str:
        """All of it but the title, one line a fact."""
        lines = [f"{name}: {value}" for name, value in self.facts]
        return "\n".join([*lines, *([f"Run: {self.link}"] if self.link else [])])


@dataclass(frozen=True)
class MessageWriter:
    """Writes the messages of one installation."""

    host: str
    data_dir: str
    zone: tzinfo
    ui_url: str | None
    """The address of Dagster's page, for links."""

    def opened(self, incident: Incident) -> Message:
        """The message for an open incident."""
        again = [("Seen", f"{incident.times} times, last {self._time(incident.last)}")] if incident.times > 1 else []
        facts = [("What", incident.what), ("To do", incident.remedy), ("Since", self._time(incident.since)), *again]
        return self._message(f"Dialflo: {incident.title}", facts, incident)

    def resolved(self, incident: Incident) -> Message:
        """The message for a resolved incident."""
        facts = [
            ("What", f"{incident.subject} succeeded at {self._time(incident.last)}."),
            ("The error was", incident.what),
            ("Since", self._time(incident.since)),
        ]
        return self._message(f"Dialflo: resolved: {incident.subject}", facts, incident)

    def test(self) -> Message:
        """The message that `dialflo doctor --notify` sends to try the channels."""
        what = "This is a test. Messages about failed runs and checks arrive here."
        return Message("Dialflo: test message", (("What", what), self._where()), self.ui_url)

    def _message(self, title: str, facts: Iterable[tuple[str, str]], incident: Incident) -> Message:
        days = [("Days", format_ranges(incident.days))] if incident.days else []
        link = f"{self.ui_url}/runs/{incident.run_id}" if self.ui_url else None
        run = [] if link else [("Run", incident.run_id[:8])]
        return Message(title, (*facts, *days, *run, self._where()), link)

    def _where(self) -> tuple[str, str]:
        return "Where", f"{self.host}, data in {self.data_dir}"

    def _time(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M} {self.zone}"
