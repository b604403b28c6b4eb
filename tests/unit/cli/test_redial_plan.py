"""`dialflo redial` prints a plan from the published warehouse that any spreadsheet may open."""

import csv
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from dialflo_pipeline import loading, marts
from dialflo_pipeline.cli.app import app
from dialflo_pipeline.cli.redial import spreadsheet_safe
from dialflo_pipeline.errors import NotPublished
from dialflo_pipeline.lake import Lake
from dialflo_pipeline.publish import publish
from dialflo_pipeline.rules import MartSettings
from dialflo_pipeline.tables import CALLS, WAREHOUSE_TABLES

NOW = datetime.now(UTC)
AGENT = '=HYPERLINK("http://example.com","Asha")'


def missed(number: str, **values: Any) -> dict[str, Any]:
    at = NOW - timedelta(hours=3)
    row = dict.fromkeys(CALLS.columns) | {"task_id": number.strip("+"), "call_index": 0}
    row |= {"call_date": at.date(), "agent_name": AGENT, "outcome": "no_answer", "is_answered": False}
    row |= {"contact_number": number, "from_number_e164": "+4411111111", "occurred_at": at, "fetched_at": NOW}
    return row | {"source": "api"} | values


def publish_calls(data: Path, calls: Iterable[dict[str, Any]]) -> None:
    private, lake = data / "work" / "warehouse.duckdb", Lake(data / "lake", data / "work")
    day = (NOW - timedelta(hours=3)).date()
    for table in WAREHOUSE_TABLES:
        frame = pl.DataFrame(list(calls) if table is CALLS else [], schema=table.frame_schema, orient="row")
        lake.replace(table, [frame], day)
    loading.load(private, lake, {day: "first"})
    marts.build(private, MartSettings("UTC", 3, 30))
    publish(private, data / "warehouse.duckdb", data / "work")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("redial")
    calls = [missed("+911"), missed("+912"), missed("+913", outcome="answered"), missed("+914", next_action="STOP")]
    calls += [missed("+915", call_index=n) for n in range(3)]
    calls += [missed("+916", task_id="a"), missed("+916", task_id="b", agent_name="Ravi", next_action="DO_NOT_CALL")]
    recently = NOW - timedelta(minutes=10)
    calls += [missed("+917"), missed("+917", task_id="z", agent_name="Ravi", outcome="failed", occurred_at=recently)]
    publish_calls(folder, calls)
    return folder


@pytest.fixture(autouse=True)
def _settings(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(data))


def test_only_those_who_may_be_called_are_planned() -> None:
    rows = json.loads(CliRunner().invoke(app, ["redial", "--format", "json"]).stdout)
    assert [row["contact_number"] for row in rows] == ["+911", "+912", "+917"]
    assert {(row["attempt"], row["from_number"], row["agent_name"]) for row in rows} == {(2, "+4411111111", AGENT)}
    assert all(datetime.fromisoformat(row["call_at"]) >= NOW.replace(microsecond=0) for row in rows)


def test_the_gap_is_kept_from_calls_of_other_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALFLO_CALLING_HOURS", "00:00-24:00")
    monkeypatch.setenv("DIALFLO_CALLING_DAYS", "mon-sun")
    rows = json.loads(CliRunner().invoke(app, ["redial", "--format", "json"]).stdout)
    (call_at,) = [datetime.fromisoformat(row["call_at"]) for row in rows if row["contact_number"] == "+917"]
    assert call_at == (NOW + timedelta(minutes=20)).replace(microsecond=0)


def test_the_limit_is_kept() -> None:
    rows = json.loads(CliRunner().invoke(app, ["redial", "--limit", "1", "--format", "json"]).stdout)
    assert [row["contact_number"] for row in rows] == ["+911"]


def test_no_cell_of_the_csv_is_a_formula_and_the_plus_survives() -> None:
    lines = CliRunner().invoke(app, ["redial", "--format", "csv"]).stdout.splitlines()
    rows = list(csv.DictReader(lines))
    assert [row["contact_number"] for row in rows] == ["'+911", "'+912", "'+917"]
    assert {row["agent_name"] for row in rows} == {f"'{AGENT}"}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_a_table_is_for_people() -> None:
    result = CliRunner().invoke(app, ["redial"])
    assert result.exit_code == 0
    assert "+911" in result.stdout


@pytest.mark.parametrize("text", ["=1", "+91", "-1", "@x", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_what_a_spreadsheet_would_reckon_becomes_text(text: str) -> None:
    assert spreadsheet_safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "91", "a=1", "'+91", "2026-03-04T09:00:00+05:30"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert spreadsheet_safe(text) == text


def test_without_a_warehouse_a_sync_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path))
    assert isinstance(CliRunner().invoke(app, ["redial"]).exception, NotPublished)
