"""The checks of `sql/checks/`: one file, one check, its header comment in YAML like that of a model."""

from functools import partial
from pathlib import Path
from string import Formatter

from pydantic import BaseModel, ConfigDict

from dialflo_pipeline.checks.check import Check, Severity
from dialflo_pipeline.core.errors import ModelError
from dialflo_pipeline.marts.parser import header_and_query

CHECK_FOLDER = "checks"


class CheckHeader(BaseModel):
    """What the header of a check says; the YAML keys are these fields, explained in `Check`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    asset: str
    severity: Severity = Severity.WARNING
    blocking: bool = False
    by_day: bool = False
    says: str
    each: str = ""
    quick: str = ""


def read_checks(folder: Path) -> list[Check]:
    """Every check below `folder`, by name. Raises `ModelError` for a header that is missing or wrong."""
    return [parse_check(path.stem, path.read_text("utf-8")) for path in sorted((folder / CHECK_FOLDER).glob("*.sql"))]


def parse_check(name: str, text: str) -> Check:
    """Make a check of the text of its file."""
    where = f"{CHECK_FOLDER}/{name}.sql"
    header, query = header_and_query(where, text, CheckHeader)
    fail = partial(_wrong, where)
    if header.asset.partition(".")[0] not in ("main", "staging", "marts") or not header.asset.partition(".")[2]:
        fail("asset must be a full name, like main.calls or marts.answer_rate")
    if header.blocking and header.severity is not Severity.ERROR:
        fail("what blocks is of severity error")
    if header.by_day and not header.asset.startswith("main."):
        fail("only a check of a table of main can be by_day")
    if unknown := _placeholders(header.says) - {"rows"}:
        fail(f"says knows {{rows}} only, not {', '.join(sorted(unknown))}")
    _placeholders(header.each)
    return Check(
        name=name,
        asset=header.asset,
        description=" ".join(header.description.split()),
        query=query,
        says=" ".join(header.says.split()),
        each=header.each.strip(),
        severity=header.severity,
        is_blocking=header.blocking,
        by_day=header.by_day,
        quick=header.quick,
    )


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def _wrong(where: str, problem: str) -> None:
    raise ModelError(f"The header of {where} is wrong: {problem}.")
