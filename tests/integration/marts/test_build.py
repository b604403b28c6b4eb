"""How the models are run: held to their headers, counted only when all are made, and again when something changed."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialflo_pipeline.core.errors import ModelError
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings

Build = Callable[..., Path]
Read = Callable[..., list[dict[str, Any]]]

MARTS = ("answer_rate", "redial_backlog", "interest_distribution", "redial_backlog_daily")

SETTINGS = MartSettings("UTC", 3, 30)
HEADER = "/*\ndescription: d\ngrain: [n]\nmaterialized: {}\ncolumns: {{n: {{type: {}, description: d}}}}\n*/\n"


@pytest.fixture
def sql(tmp_path: Path, sql_of_few_marts: Path) -> Path:
    """A copy of the project's SQL files, with two of the marts, to change."""
    return Path(shutil.copytree(sql_of_few_marts, tmp_path / "sql"))


@pytest.fixture(scope="module")
def built(build: Build, make_call: Callable[..., dict[str, Any]]) -> Path:
    return build([make_call()])


@pytest.fixture
def path(built: Path, tmp_path: Path) -> Path:
    """A warehouse of one call, with those marts, of this test's own."""
    return Path(shutil.copy(built, tmp_path / "warehouse.duckdb"))


def test_the_rows_of_every_model_are_told(path: Path) -> None:
    rows = marts.build(path, SETTINGS)
    assert (rows["marts.answer_rate"], rows["marts.redial_backlog"], rows["staging.redial_backlog"]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("header", "query", "problem"),
    [
        (HEADER.format("table", "BIGINT"), "SELECT 1 AS n", r"header: n BIGINT\. Only in the query: n INTEGER"),
        (HEADER.format("table", "INTEGER"), "SELECT 1 AS m", "Only in the query: m INTEGER"),
        (HEADER.format("view", "INTEGER"), "SELECT 1 AS n, 2 AS o", "Only in the header: nothing"),
        (HEADER.format("table", "NUMBERS"), "SELECT 1 AS n", "NUMBERS"),
        (HEADER.format("table", "INTEGER"), "SELECT nothing AS n FROM main.calls", "marts.odd does not run"),
    ],
)
def test_a_model_that_is_not_what_its_header_says_leaves_no_marts_that_count(
    header: str, query: str, problem: str, path: Path, sql: Path, read: Read
) -> None:
    (sql / "marts" / "odd.sql").write_text(header + query)
    with pytest.raises(ModelError, match=problem):
        marts.build(path, SETTINGS, sql)
    assert not marts.marts_are_current(path, SETTINGS, sql)
    assert not marts.marts_are_current(path, SETTINGS)
    (sql / "marts" / "odd.sql").unlink()
    assert marts.build(path, SETTINGS, sql)["marts.answer_rate"] == 1
    assert read(path, "SELECT * FROM information_schema.tables WHERE table_name = 'odd'") == []
    assert marts.marts_are_current(path, SETTINGS, sql)


def test_a_model_may_turn_into_a_view_and_go_away(path: Path, sql: Path, read: Read) -> None:
    model = sql / "marts" / "mine.sql"
    for kind in ("table", "view"):
        model.write_text(HEADER.format(kind, "INTEGER") + "SELECT 1 AS n")
        assert marts.build(path, SETTINGS, sql)["marts.mine"] == 1
    model.unlink()
    marts.build(path, SETTINGS, sql)
    assert read(path, "SELECT * FROM information_schema.tables WHERE table_name = 'mine'") == []


def test_other_settings_or_sql_make_the_marts_out_of_date(path: Path, sql: Path) -> None:
    marts.build(path, SETTINGS, sql)
    assert marts.marts_are_current(path, SETTINGS, sql)
    assert not marts.marts_are_current(path, replace(SETTINGS, timezone="Asia/Kolkata"), sql)
    assert not marts.marts_are_current(path, replace(SETTINGS, redial_min_gap_minutes=31), sql)
    macros = sql / "macros" / "rates.sql"
    macros.write_text(macros.read_text() + "-- changed\n")
    assert not marts.marts_are_current(path, SETTINGS, sql)


def test_building_twice_gives_the_same_rows_in_the_same_order(
    build: Build, read: Read, make_call: Callable[..., dict[str, Any]]
) -> None:
    calls = [make_call(task_id=f"{n}", call_duration_seconds=n / 7, agent_name=str(n % 3)) for n in range(100)]
    first, second = build(calls), build(reversed(calls))
    for mart in ("answer_rate", "interest_distribution", "redial_backlog_daily"):
        assert read(first, f"FROM marts.{mart}") == read(second, f"FROM marts.{mart}")
