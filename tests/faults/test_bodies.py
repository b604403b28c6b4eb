"""Every odd body over real HTTP, into raw answers, derived and loaded: each value is where its line says.

All rows of all tables and marts are compared with the oracle's as well.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings
from tests.support.cases.bodies import BODIES, ZONE, Body
from tests.support.cases.http_faults import STATES
from tests.support.fault_server import FaultServer, Say
from tests.support.fetching import DAY, Fetched, fetch_from, using
from tests.support.oracle.strict_json import frozen, parse_stored
from tests.support.oracle.warehouse import Exchange, TaskRow, expected_warehouse
from tests.support.oracle.warehouse import Rules as OracleRules
from tests.support.warehouse_rows import differences, read_tables

Row = dict[str, Any]
Tables = dict[str, list[Row]]
ROWS = [pytest.param(number, id=body.name) for number, body in enumerate(BODIES)]
RULES = LakeSettings(ZONE, timedelta(hours=24))


def _tables(fetched: Fetched, folder: Path) -> Tables:
    """Derive the day, load it, make the marts."""
    list(flatten_days(fetched.lake, [DAY], RULES))
    path = folder / "warehouse.duckdb"
    loader.load(path, fetched.lake, {DAY: "now"})
    marts.build(path, MartSettings(ZONE, redial_max_attempts=3, redial_min_gap_minutes=30))
    return read_tables(path)


def _script(bodies: Sequence[Body]) -> dict[str, list[Say]]:
    """Good ids stand between the others: no twenty in a row may end in garbage."""
    script: dict[str, list[Say]] = {}
    for number, body in enumerate(bodies):
        script |= {f"{number}-body": [Say(200, body.body)], f"{number}-good": [Say()]}
    return script


@dataclass(frozen=True)
class Landed:
    """What all bodies together gave, and each id's rows of it."""

    fetched: Fetched
    tables: Tables
    by_id: dict[tuple[str, str], list[Row]]


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    folder = tmp_path_factory.mktemp("bodies")
    script = _script(BODIES)
    with using("fast"):
        fetched = fetch_from(FaultServer(script), folder, list(script), max_concurrency=8)
    assert fetched.failure is None
    tables = _tables(fetched, folder)
    by_id: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for table in ("calls", "call_metadata", "call_context", "rejects", "tasks"):
        for row in tables[table]:
            by_id[table, row["task_id"]].append(row)
    return Landed(fetched, tables, by_id)


@pytest.fixture
def _deep_stack() -> Iterator[None]:
    """The oracle walks documents of many levels by recursion."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("_deep_stack")
@pytest.mark.parametrize("number", ROWS)
def test_each_value_of_a_body_is_where_its_line_says(landed: Landed, number: int) -> None:
    body, task_id = BODIES[number], f"{number}-body"
    (task,) = landed.by_id["tasks", task_id]
    assert task["state"] == (body.state or STATES[body.result][0])
    calls = sorted(landed.by_id["calls", task_id], key=lambda row: row["call_index"])
    assert len(calls) == body.calls
    assert sorted(row["path"] for row in landed.by_id["rejects", task_id]) == sorted(body.rejects)
    for table, keys in (("call_metadata", body.metadata), ("call_context", body.context)):
        assert {row["key"]: (row["value"], row["value_type"]) for row in landed.by_id[table, task_id]} == keys
    if calls:
        assert {name: calls[0][name] for name in body.columns} == body.columns
        _check_extra(calls[0]["extra"], body)


def _check_extra(extra: str | None, body: Body) -> None:
    if body.extra is not None:
        assert frozen(parse_stored(extra)) == frozen(parse_stored(body.extra))


@pytest.mark.usefixtures("_deep_stack")
def test_all_rows_equal_those_of_the_oracle(landed: Landed) -> None:
    askings: dict[str, list[list[Exchange]]] = defaultdict(lambda: [[]])
    for row in landed.fetched.rows:
        askings[row["task_id"]][0].append(Exchange(row["requested_at"], row["status"], row["body"]))
    rows = [TaskRow(task_id, call_date=DAY.isoformat()) for task_id in askings]
    registered_at = {row["task_id"]: row["registered_at"] for row in landed.tables["tasks"]}
    expected = expected_warehouse(rows, askings, registered_at, OracleRules(ZONE))
    assert differences(landed.tables, expected, datetime.now(UTC)) == []


def test_a_document_that_changes_replaces_all_rows_of_the_one_before(tmp_path: Path) -> None:
    first = b'[{"call_status": "RINGING", "call_context": {"old": 1}, "x": 1}, {"call_status": "BUSY"}, 7]'
    second = b'{"call_status": "BUSY", "call_context": {"new": 2}, "call_duration": "?"}'
    for body in (first, second):
        fetched = _fetch_again(tmp_path, Say(200, body))
    tables = _tables(fetched, tmp_path)
    assert [(row["call_index"], row["outcome"], row["extra"]) for row in tables["calls"]] == [(0, "busy", None)]
    assert [row["key"] for row in tables["call_context"]] == ["new"]
    assert [row["path"] for row in tables["rejects"]] == ["call_duration"]
    assert [(row["state"], row["attempts"]) for row in tables["tasks"]] == [("settled", 2)]


@pytest.mark.parametrize(
    "later", [Say(200, b"[]"), Say(200, b"<html>"), Say(404), Say(410), Say(503), Say(hangs_up=True)]
)
def test_nothing_that_comes_later_removes_the_rows_of_a_usable_answer(tmp_path: Path, later: Say) -> None:
    _fetch_again(tmp_path, Say(200, b'[{"call_status": "RINGING", "x": 1}]'))
    tables = _tables(_fetch_again(tmp_path, later), tmp_path)
    assert [(row["outcome"], row["extra"]) for row in tables["calls"]] == [("in_progress", '{"x":1}')]
    assert [row["state"] for row in tables["tasks"]] == ["unsettled"]
    assert tables["rejects"] == []


def _fetch_again(folder: Path, say: Say) -> Fetched:
    with using("fast"):
        return fetch_from(FaultServer({"a": [say]}), folder, ["a"])
