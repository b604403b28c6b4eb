"""What a check is and what came of it. Pure: nothing here reads files or runs queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

TOLD = 5
"""So many of the rows found, and no more, are put into words."""


class Severity(StrEnum):
    """How bad it is when a check finds something."""

    ERROR = "error"
    WARNING = "warning"


class Stage(StrEnum):
    """When a check can run: as soon as the tables are loaded, or when the models are made from them."""

    TABLES = "tables"
    MODELS = "models"


@dataclass(frozen=True)
class Check:
    """One query, which returns the rows at fault.

    A column `rows` of its result says for how many rows each stands, else for one; `call_date`, if there, on which day.
    """

    name: str
    asset: str
    """Full SQL name of the table or model that it is about."""
    description: str
    query: str
    says: str
    """The sentence when something is found; `{rows}` in it is how many."""
    each: str = ""
    """What to tell of one row of the result: its columns in braces, none that could lead to a person."""
    severity: Severity = Severity.WARNING
    is_blocking: bool = False
    """Whether nothing is published while it finds something."""
    by_day: bool = False
    """Whether it looks at the days of `checks.days` only, and what it finds there depends on nothing else."""
    quick: str = ""
    """A cheaper query whose one value is true only if the other one would find nothing, which is then not run.

    Hashes of 64 bits may stand for values here, added up too: what one in 10^19 cases would hide is not sought.
    """

    @property
    def stage(self) -> Stage:
        """When it can run."""
        return Stage.TABLES if self.asset.startswith("main.") else Stage.MODELS


@dataclass(frozen=True)
class CheckResult:
    """What came of a check."""

    check: Check
    rows: int
    """How many rows are at fault."""
    sentence: str
    days: tuple[date, ...] = ()
    """The days they are of, where the check says so."""

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return self.rows == 0

    @property
    def blocks(self) -> bool:
        """Whether this keeps the warehouse from being published."""
        return self.check.is_blocking and not self.passed

    def __str__(self) -> str:
        return f"{self.check.asset}, {self.check.name}: {self.sentence}"


def judged(check: Check, days: int, columns: Sequence[str], found: Sequence[Sequence[object]]) -> CheckResult:
    """The result of a check whose query returned these rows; one by day looked at so many `days`."""
    if not found:
        return CheckResult(
            check, 0, f"Nothing found on the {days} days looked at." if check.by_day else "Nothing found."
        )
    named = [dict(zip(columns, row, strict=True)) for row in found]
    counts = [count if isinstance(count := row.get("rows", 1), int) else 1 for row in named]
    rows = sum(counts)
    told = [_filled(check.each, row) for row in named[:TOLD]] if check.each else []
    rest = [f"and {len(named) - TOLD} more"] if check.each and len(named) > TOLD else []
    details = f" {'; '.join([*told, *rest])}." if told else ""
    at_fault = {day for row in named if isinstance(day := row.get("call_date"), date)}
    return CheckResult(check, rows, f"{_filled(check.says, {'rows': rows})}{details}", tuple(sorted(at_fault)))


class _Nothing:
    """NULL in a sentence, whatever the format asked for."""

    def __format__(self, _: str) -> str:
        return "(none)"


def _filled(template: str, row: dict[str, object]) -> str:
    return template.format_map({name: _Nothing() if value is None else value for name, value in row.items()})
