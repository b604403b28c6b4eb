"""The files of sql/checks: what their headers must say, and that no sentence can tell of a person."""

from string import Formatter

import pytest

from dialflo_pipeline.checks.check import Check, Severity
from dialflo_pipeline.checks.context import INPUTS
from dialflo_pipeline.checks.sql_checks import CHECK_FOLDER, parse_check, read_checks
from dialflo_pipeline.core.errors import ModelError
from dialflo_pipeline.core.schema import RAW_TABLES, WAREHOUSE_TABLES, Privacy
from dialflo_pipeline.marts.column_lineage import query_lineage
from dialflo_pipeline.marts.parser import tables_read
from dialflo_pipeline.marts.project import read_models, sql_folder

MODELS = read_models(sql_folder())
CHECKS = read_checks(sql_folder())
NAMES = [check.name for check in CHECKS]

HEADER = "/*\ndescription: d\nasset: main.calls\nsays: '{{rows}} are odd.'\n{}\n*/\nSELECT 1"


def privacy_of_columns() -> dict[tuple[str, str], Privacy]:
    tables = [(f"main.{table.name}", table) for table in WAREHOUSE_TABLES]
    tables += [(f"lake.{table.name}", table) for table in RAW_TABLES]
    declared = {
        (full, name): Privacy((column.metadata or {})["privacy"])
        for full, table in tables
        for name, column in table.columns.items()
    }
    return declared | {
        (model.full_name, name): column.privacy for model in MODELS for name, column in model.columns.items()
    }


@pytest.mark.parametrize("check", CHECKS, ids=NAMES)
def test_what_a_sentence_tells_comes_from_no_column_about_a_person(check: Check) -> None:
    told = {name for _, name, _, _ in Formatter().parse(check.each) if name}
    known = privacy_of_columns()
    sources = query_lineage(check.query, sorted(told), MODELS)
    for name in told:
        for source in sources[name]:
            assert known.get(source, Privacy.NONE) is Privacy.NONE, (name, source)


@pytest.mark.parametrize("check", CHECKS, ids=NAMES)
def test_a_check_reads_what_there_is_and_is_about_an_asset(check: Check) -> None:
    tables = {f"main.{table.name}" for table in WAREHOUSE_TABLES}
    models = {model.full_name for model in MODELS}
    assert tables_read(check.name, check.query) <= tables | models | INPUTS
    assert check.asset in tables | models
    if check.quick:
        assert tables_read(check.name, check.quick) <= tables | INPUTS


def test_every_file_is_read() -> None:
    assert sorted(path.stem for path in (sql_folder() / CHECK_FOLDER).glob("*.sql")) == NAMES


def test_a_header_is_read_as_it_says() -> None:
    check = parse_check("mine", HEADER.format("severity: error\nblocking: true\nby_day: true\neach: '{call_date}'"))
    assert (check.severity, check.is_blocking, check.by_day) == (Severity.ERROR, True, True)
    assert (check.query, check.says) == ("SELECT 1", "{rows} are odd.")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("asset: calls", "asset must be a full name"),
        ("blocking: true", "what blocks is of severity error"),
        ("says: '{name} is odd'", "says knows {rows} only, not name"),
        ("asset: marts.answer_rate\nby_day: true", "only a check of a table of main can be by_day"),
        ("severity: dreadful", "severity"),
        ("sayz: s", "sayz"),
    ],
)
def test_a_wrong_header_is_refused_with_its_reason(line: str, problem: str) -> None:
    with pytest.raises(ModelError, match=problem):
        parse_check("mine", HEADER.format(line))


def test_a_check_without_a_header_is_refused() -> None:
    with pytest.raises(ModelError, match=r"checks/mine\.sql has no header"):
        parse_check("mine", "SELECT 1")
