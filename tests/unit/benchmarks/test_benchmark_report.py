"""From figures to rows: which ratio is which, and that the page says what its figures say."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ratios import Row, ratio_rows, stage_rows
from benchmarks.report import fill_page

DOCS = Path(__file__).resolve().parents[3] / "docs"


def _runs(*runs: Mapping[str, float]) -> list[dict[str, float]]:
    whole = {"seconds": 0.0, "cpu_seconds": 1.0, "peak_bytes": 2**20}
    return [{**whole, **run} for run in runs]


def _answers(tasks: int) -> dict[str, Any]:
    stages = {"derive_seconds": 1.0, "load_seconds": 0.5, "marts_seconds": 0.25, "publish_seconds": 0.25}
    disk = {"disk": 3 * 2**20, "disk_dlt": 0, "disk_dlt.duckdb": 2**20}
    runs = {
        "stages": _runs(stages),
        "rebuild": _runs({"seconds": 4} | disk, {"seconds": 5} | disk, {"seconds": 60} | disk),
        "dlt": _runs({"seconds": 30, "normalize_seconds": 15, "load_seconds": 5} | disk),
    }
    return {"tasks": tasks, "days": 7, "runs": runs}


def _row(results: dict[str, Any], what: str) -> Row:
    (row,) = (row for row in ratio_rows(results) if row.what.startswith(what))
    return row


def test_raw_to_warehouse_is_all_four_stages_beside_normalise_and_load() -> None:
    row = _row({"contests": {"answers 200000": _answers(200_000)}}, "raw to warehouse")
    assert (row.ours, row.theirs, row.ratio, row.is_met) == ("100,000/s", "10,000/s", 10, True)


@pytest.mark.parametrize(("tasks", "at_least"), [(10_000, None), (200_000, 3), (1_000_000, 5)])
def test_a_rebuild_is_held_to_more_the_larger_it_is(tasks: int, at_least: float | None) -> None:
    row = _row({"contests": {f"answers {tasks}": _answers(tasks)}}, "`dialflo rebuild`")
    assert row.at_least == at_least
    assert row.ratio == 6, "the median of 4, 5 and 60 seconds is 5"


def test_stages_are_told_one_by_one() -> None:
    rows = stage_rows({"contests": {"answers 200000": _answers(200_000)}})
    assert [row[0] for row in rows] == ["derive", "load", "marts", "publish"]
    assert rows[0] == ["derive", "200,000", "1.00", "200,000"]


def test_a_floor_is_told_as_how_many_times_the_time() -> None:
    flatten, floor = {"seconds": 6.0}, {"seconds": 1.0}
    ours, floors = ("flatten", "write", "load"), ("parse_only", "write_only", "load_only")
    runs = {name: [flatten] for name in ours} | {name: [floor] for name in floors}
    row = _row({"contests": {"flatten 1000": {"tasks": 1_000, "runs": runs}}}, "flatten")
    assert (row.ratio, row.wanted, row.is_met) == (6, "at most 8", True)


def test_many_days_are_compared_with_few_and_the_copy_is_left_out() -> None:
    def stored(days: int, seconds: float, copy: float) -> dict[str, Any]:
        runs = {name: [{"seconds": seconds}] for name in ("first", "idle", "new_day")} | {"copy": [{"seconds": copy}]}
        return {"days": days, "new_calls": 1_000, "runs": runs}

    results = {"contests": {"days 365": stored(365, 5, 3), "days 7": stored(7, 2, 1)}}
    assert _row(results, "first sync").ratio == 2.5
    assert _row(results, "sync of a new day").ratio == 2


def test_contests_that_were_not_held_have_no_rows() -> None:
    assert ratio_rows({"contests": {}}) == []


def test_figures_take_the_place_of_those_before_and_nothing_else_does() -> None:
    about = {"machine": "M", "server": "S", "document_bytes": 1, "versions": {}, "runs": 5, "command": "C", "day": "D"}
    results = {"about": about, "contests": {"answers 200000": _answers(200_000)}}
    page = "Head\n<!-- figures: machine -->\n<!-- end -->\n\nMore\n<!-- figures: stages -->\nold\n<!-- end -->\nTail\n"
    filled = fill_page(page, results)
    assert [line for line in filled.splitlines() if line in page.splitlines()] == [
        line for line in page.splitlines() if line != "old"
    ]
    assert "| publish | 200,000 | 0.25 | 800,000 |" in filled
    assert fill_page(filled, results) == filled


def test_the_performance_page_says_what_its_figures_say() -> None:
    page = (DOCS / "performance.md").read_text("utf-8")
    results = json.loads((DOCS / "performance.json").read_text("utf-8"))
    assert page == fill_page(page, results), "run: make bench PAGE=1"
