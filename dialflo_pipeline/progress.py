"""What a run reports while it works: one base, which the command line and Dagster extend in their own ways."""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a reporter needs none of the modules whose results it keeps
    from dialflo_pipeline.checks.check import CheckResult
    from dialflo_pipeline.extract.fetch import FetchReport
    from dialflo_pipeline.extract.task_ids.database.source import SourceReport
    from dialflo_pipeline.extract.task_ids.inbox import InboxReport
    from dialflo_pipeline.flatten.days import DayReport
    from dialflo_pipeline.publish.publish import Copied
    from dialflo_pipeline.recovery.quarantine import Finding


@dataclass
class Reporter:
    """Hears of each stage while it works and when it ends, and keeps the results; shows nothing by itself."""

    inbox: "InboxReport | None" = None
    database: "SourceReport | None" = None
    fetch: "FetchReport | None" = None
    days: "list[DayReport]" = field(default_factory=list)
    copied: "Copied | None" = None
    findings: "list[Finding]" = field(default_factory=list)
    checks: "dict[tuple[str, str], CheckResult]" = field(default_factory=dict)
    """The latest result of each check, by what it is about and its name."""

    def damage_found(self, finding: "Finding") -> None:
        """A file was damaged, and was repaired as far as possible."""
        self.findings.append(finding)

    def inbox_read(self, report: "InboxReport") -> None:
        """The inbox was read."""
        self.inbox = report

    def database_read(self, report: "SourceReport") -> None:
        """The database of task ids was read, or could not be."""
        self.database = report

    def fetching(self, report: "FetchReport") -> None:
        """One more fetch of an id ended. The report grows, and is kept for a run that is interrupted."""
        self.fetch = report

    def fetched(self, report: "FetchReport") -> None:
        """The run fetches no more."""
        self.fetch = report

    def flattening(self, done: int, total: int, day: date) -> None:
        """`done` of `total` days are flattened, the last of them `day`."""

    def flattened(self, reports: "list[DayReport]") -> None:
        """All days are flattened."""
        self.days = [*self.days, *reports]

    def loaded(self, rows: dict[str, int]) -> None:
        """These rows were loaded, by table."""

    def built(self, rows: dict[str, int]) -> None:
        """The models hold these rows, by model."""

    def checked(self, results: "list[CheckResult]") -> None:
        """These checks have run."""
        self.checks |= {(result.check.asset, result.check.name): result for result in results}

    def published(self, copied: "Copied | None") -> None:
        """Readers have the newest state; None where they had it already."""
        self.copied = copied or self.copied
