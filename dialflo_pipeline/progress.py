"""What a run tells while it works: one interface, which the command line and Dagster fill in their own ways."""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # whoever only listens need not load what fetches and flattens
    from dialflo_pipeline.checks.check import CheckResult
    from dialflo_pipeline.extract.fetch import FetchReport
    from dialflo_pipeline.extract.task_ids.database.source import SourceReport
    from dialflo_pipeline.extract.task_ids.inbox import InboxReport
    from dialflo_pipeline.flatten.days import DayReport
    from dialflo_pipeline.publish.publish import Copied
    from dialflo_pipeline.recovery.quarantine import Finding


class Reporter(Protocol):
    """Hears of each stage as it goes on and when it ends."""

    def damaged(self, finding: "Finding") -> None:
        """A file was not as it was written, and has been mended as far as can be."""

    def inbox_read(self, report: "InboxReport") -> None:
        """The inbox has been read."""

    def read_database(self, report: "SourceReport") -> None:
        """The database of task ids has been read, or could not be."""

    def fetching(self, report: "FetchReport") -> None:
        """One more asking has ended."""

    def fetched(self, report: "FetchReport") -> None:
        """No more is asked in this run."""

    def deriving(self, done: int, total: int, day: date) -> None:
        """`done` of `total` days have been derived, the last of them `day`."""

    def derived(self, reports: "list[DayReport]") -> None:
        """All days have been derived."""

    def loaded(self, rows: dict[str, int]) -> None:
        """The warehouse's tables hold these rows more."""

    def built(self, rows: dict[str, int]) -> None:
        """The marts hold these rows."""

    def checked(self, results: "list[CheckResult]") -> None:
        """These checks have been made."""

    def published(self, copied: "Copied | None") -> None:
        """Readers have the newest state; None where they had it already."""


@dataclass
class Remembered:
    """The base of reporters: remembers the ends of the stages, says nothing."""

    inbox: "InboxReport | None" = None
    database: "SourceReport | None" = None
    fetch: "FetchReport | None" = None
    days: "list[DayReport]" = field(default_factory=list)
    copied: "Copied | None" = None
    findings: "list[Finding]" = field(default_factory=list)
    checks: "dict[tuple[str, str], CheckResult]" = field(default_factory=dict)
    """The latest result of each check, by what it is about and its name."""

    def damaged(self, finding: "Finding") -> None:
        """Remember what was damaged."""
        self.findings.append(finding)

    def inbox_read(self, report: "InboxReport") -> None:
        """Remember the inbox's report."""
        self.inbox = report

    def read_database(self, report: "SourceReport") -> None:
        """Remember the database's report."""
        self.database = report

    def fetching(self, report: "FetchReport") -> None:
        """Remember the report while it grows, for a run that ends at once."""
        self.fetch = report

    def fetched(self, report: "FetchReport") -> None:
        """Remember the fetch's report."""
        self.fetch = report

    def deriving(self, done: int, total: int, day: date) -> None:
        """Say nothing."""

    def derived(self, reports: "list[DayReport]") -> None:
        """Remember the days."""
        self.days = reports

    def loaded(self, rows: dict[str, int]) -> None:
        """Say nothing."""

    def built(self, rows: dict[str, int]) -> None:
        """Say nothing."""

    def checked(self, results: "list[CheckResult]") -> None:
        """Remember the results."""
        self.checks |= {(result.check.asset, result.check.name): result for result in results}

    def published(self, copied: "Copied | None") -> None:
        """Remember the copy."""
        self.copied = copied or self.copied
