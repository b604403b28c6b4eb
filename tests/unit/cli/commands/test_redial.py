"""`dialflo redial` prints a plan from the published warehouse that any spreadsheet may open."""

import csv
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from dialflo_pipeline.cli.app import app
from dialflo_pipeline.cli.commands import redial
from dialflo_pipeline.core.errors import NotPublished
from dialflo_pipeline.core.schema import CALL_METADATA, CALLS, WAREHOUSE_TABLES
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish.publish import publish
from dialflo_pipeline.serve.csv_safety import spreadsheet_safe
from dialflo_pipeline.serve.redial_plan import plan

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
RINGING = {"outcome": "in_progress", "fetched_at": NOW - timedelta(minutes=20)}
PLANNED = {f"+{number}" for number in (911, 912, 917, 918, 920, 921, 922, 923, 924, 925, 930, 931, 934)}
AGENT = '=HYPERLINK("http://example.com","Asha")'


def missed(number: str, **values: Any) -> dict[str, Any]:
    at = NOW - timedelta(hours=3)
    row = dict.fromkeys(CALLS.columns) | {"task_id": number.strip("+"), "call_index": 0}
    row |= {"call_date": at.date(), "agent_name": AGENT, "outcome": "no_answer", "is_answered": False}
    row |= {"contact_number": number, "from_number_e164": "+4411111111", "occurred_at": at, "fetched_at": NOW}
    return row | {"source": "api"} | values


def asked(call: dict[str, Any]) -> dict[str, Any]:
    """What somebody said in the call: to be called in four hours, which is in one hour from now."""
    row = {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")}
    return row | {"key": "call_time", "value": "in 4 hours", "value_type": "string", "is_filled": True}


def publish_calls(data: Path, calls: Iterable[dict[str, Any]]) -> None:
    private, lake = data / "work" / "warehouse.duckdb", Lake(data / "lake", data / "work")
    day = (NOW - timedelta(hours=3)).date()
    calls = list(calls)
    rows = {
        CALLS: calls,
        CALL_METADATA: [
            asked(call) for call in calls if call["task_id"].startswith("asked") and not call.pop("is_silent", False)
        ],
    }
    for table in WAREHOUSE_TABLES:
        frame = pl.DataFrame(rows.get(table, []), schema=table.frame_schema, orient="row")
        lake.replace(table, [frame], day)
    loader.load(private, lake, {day: "first"})
    marts.build(private, MartSettings("UTC", 3, 30, redial_max_age_days=0.2))
    publish(private, data / "warehouse.duckdb", data / "work")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("redial")
    calls = [missed("+911"), missed("+912"), missed("+913", outcome="answered"), missed("+914", next_action="STOP")]
    calls += [missed("+915", call_index=n) for n in range(3)]
    calls += [missed("+916", task_id="a"), missed("+916", task_id="b", agent_name="Ravi", next_action="DO_NOT_CALL")]
    recently = NOW - timedelta(minutes=10)
    calls += [missed("+917"), missed("+917", task_id="z", agent_name="Ravi", outcome="failed", occurred_at=recently)]
    spoken: dict[str, Any] = {"outcome": "answered", "is_answered": True, "agent_name": "Ravi"}
    calls += [missed("+918", task_id="asked", **spoken), missed("+919", task_id="asked no more", **spoken)]
    calls += [missed("+919", task_id="stop", next_action="STOP"), missed("+910", task_id="asked before", **spoken)]
    calls += [missed("+910", task_id="spoken to", **spoken | {"occurred_at": recently})]
    calls += [missed("+920", task_id="asked often", call_index=n) for n in range(3)]
    long_ago = NOW - timedelta(hours=6)
    calls += [missed("+925", occurred_at=long_ago), missed("+926", occurred_at=long_ago)]
    calls += [missed("+925", task_id="asked late")]
    calls += [missed("+921"), missed("+921", task_id="ringing", agent_name="Ravi", **RINGING)]
    calls += [missed("+922"), missed("+922", task_id="rang", **RINGING | {"ended_at": NOW})]
    calls += [missed("+923"), missed("+923", task_id="rang long ago", **RINGING | {"fetched_at": NOW - DAY})]
    calls += [missed("+924"), missed("+924", task_id="just begun", **RINGING | {"occurred_at": recently})]
    calls += appointments(spoken)
    publish_calls(folder, calls)
    return folder


def appointments(spoken: dict[str, Any]) -> list[dict[str, Any]]:
    """Each asks Ravi for a time; then comes a call that does, or does not, take the appointment away."""
    later = {"occurred_at": NOW - timedelta(hours=2)}
    calls = [missed(f"+{number}", task_id=f"asked {number}", **spoken) for number in range(930, 935)]
    nobody: dict[str, Any] = {"agent_name": "Ravi", "outcome": "failed"}
    calls += [missed("+930", task_id="dial", **nobody | later)]
    calls += [missed("+931", task_id="other agent", outcome="busy", **later)]
    calls += [missed("+932", task_id="answered", **spoken | later)]
    calls += [missed("+933", task_id="asked 933", **spoken | {"call_index": 1, "is_silent": True})]
    return [*calls, missed("+934", task_id="other answered", outcome="answered", is_answered=True, **later)]


@pytest.fixture(autouse=True)
def _settings(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The clock stands still at the time the calls are told by: tests may wait for their turn.
    as_called: Any = plan
    monkeypatch.setattr(redial, "plan", lambda *given: as_called(*given[:4], NOW, *given[5:]))
    monkeypatch.chdir(data)
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(data))


@pytest.fixture
def planned_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], datetime]:
    """When somebody is called, at whatever hour it is."""
    monkeypatch.setenv("DIALFLO_CALLING_HOURS", "00:00-24:00")
    monkeypatch.setenv("DIALFLO_CALLING_DAYS", "mon-sun")
    rows = json.loads(CliRunner().invoke(app, ["redial", "--format", "json"]).stdout)
    return {row["contact_number"]: datetime.fromisoformat(row["call_at"]) for row in rows}.__getitem__


def test_only_those_who_may_be_called_are_planned() -> None:
    rows = json.loads(CliRunner().invoke(app, ["redial", "--format", "json"]).stdout)
    assert {row["contact_number"] for row in rows} == PLANNED
    redials = [row for row in rows if row["reason"] != "callback"]
    assert {(row["attempt"], row["from_number"], row["agent_name"]) for row in redials} == {(2, "+4411111111", AGENT)}
    assert all(datetime.fromisoformat(row["call_at"]) >= NOW for row in rows)


def test_who_asked_for_a_call_in_the_latest_call_is_planned_for_that_time() -> None:
    rows = json.loads(CliRunner().invoke(app, ["redial", "--format", "json"]).stdout)
    (call,) = [row for row in rows if row["contact_number"] == "+918"]
    assert call["reason"] == "callback"
    assert (call["contact_number"], call["attempt"], call["from_number"]) == ("+918", 1, "+4411111111")
    assert datetime.fromisoformat(call["requested_at"]) == NOW + timedelta(hours=1)
    assert call["call_at"] >= call["requested_at"]


@pytest.mark.parametrize(("number", "attempt"), [("+920", 4), ("+925", 3)])
def test_who_asked_for_a_time_to_come_is_planned_even_when_exhausted_or_stale(number: str, attempt: int) -> None:
    rows = json.loads(CliRunner().invoke(app, ["redial", "--format", "json"]).stdout)
    (call,) = [row for row in rows if row["contact_number"] == number]
    assert (call["reason"], call["attempt"]) == ("callback", attempt)
    assert call["call_at"] >= call["requested_at"]


@pytest.mark.parametrize(("number", "attempt"), [("+930", 2), ("+931", 1), ("+934", 1)])
def test_an_appointment_outlives_dials_that_reach_nobody_and_calls_of_other_agents(number: str, attempt: int) -> None:
    rows = json.loads(CliRunner().invoke(app, ["redial", "--format", "json"]).stdout)
    (call,) = [row for row in rows if row["contact_number"] == number]
    assert (call["reason"], call["agent_name"], call["attempt"]) == ("callback", "Ravi", attempt)
    assert call["call_at"] >= call["requested_at"]


def test_times_in_tables_are_not_before_the_exact_ones() -> None:
    exact = json.loads(CliRunner().invoke(app, ["redial", "--format", "json"]).stdout)
    shown = list(csv.DictReader(CliRunner().invoke(app, ["redial", "--format", "csv"]).stdout.splitlines()))
    for one, other in zip(exact, shown, strict=True):
        late = datetime.fromisoformat(other["call_at"]) - datetime.fromisoformat(one["call_at"])
        assert timedelta() <= late < timedelta(seconds=1)
        assert "." not in other["call_at"]


@pytest.mark.parametrize(("number", "minutes"), [("+917", 20), ("+921", 10), ("+924", 20)])
def test_the_gap_is_kept_from_calls_of_other_agents_and_from_those_under_way(
    number: str, minutes: int, planned_at: Callable[[str], datetime]
) -> None:
    assert planned_at(number) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize("number", ["+922", "+923"])
def test_a_call_that_has_ended_or_was_long_not_seen_holds_nobody_up(
    number: str, planned_at: Callable[[str], datetime]
) -> None:
    assert planned_at(number) == NOW


def test_the_limit_is_kept() -> None:
    limited, rows = (
        [row["contact_number"] for row in json.loads(CliRunner().invoke(app, ["redial", *more]).stdout)]
        for more in (["--limit", "1", "--format", "json"], ["--format", "json"])
    )
    assert limited == rows[:1]
    assert len(rows) == len(PLANNED)


def test_no_cell_of_the_csv_is_a_formula_and_the_plus_survives() -> None:
    lines = CliRunner().invoke(app, ["redial", "--format", "csv"]).stdout.splitlines()
    rows = list(csv.DictReader(lines))
    assert {row["contact_number"] for row in rows} == {f"'{number}" for number in PLANNED}
    assert {row["agent_name"] for row in rows} == {f"'{AGENT}", "Ravi"}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_a_table_is_for_people() -> None:
    result = CliRunner().invoke(app, ["redial"])
    assert result.exit_code == 0
    assert "+911" in result.stdout


@pytest.mark.parametrize("text", ["=1", "+91", "-1", "@x", "\t=1", "\r=1", "\n=1", "\uff1d1", " =1", "\u00a0+91"])
def test_what_a_spreadsheet_would_reckon_becomes_text(text: str) -> None:
    assert spreadsheet_safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "91", "a=1", "'+91", "2026-03-04T09:00:00+05:30"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert spreadsheet_safe(text) == text


def test_without_a_warehouse_a_sync_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path))
    assert isinstance(CliRunner().invoke(app, ["redial"]).exception, NotPublished)
