"""Marts brought up to date day by day hold what a build of everything gives, row for row, whatever came before."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dialflo_pipeline.core.errors import ModelError
from dialflo_pipeline.core.schema import CALL_CONTEXT, CALL_METADATA, CALLS, TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.core.seeds import Word
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts import incremental_build as increments
from dialflo_pipeline.marts.parser import parse_model
from dialflo_pipeline.marts.project import in_order as ordered
from dialflo_pipeline.marts.project import read_models, sql_folder
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.storage import duckdb_file

Row = dict[str, Any]
Calls = list[Row]
Changes = dict[date, Calls | None]
"""Days and their calls from now on; None: the day is gone."""

DAYS = [date(2024, 5, 1) + timedelta(days=number) for number in range(5)]
USUAL = MartSettings("UTC", 3, 30, campaign_key="campaign")
OTHER = MartSettings(
    "Asia/Kolkata", 2, 45, engaged_seconds=5, campaign_key="lead", words=(Word("action", "CLOSE", "convert", False),)
)
MIDNIGHT = pl.Series(["2024-05-01T00:00:00Z"]).str.to_datetime(time_zone="UTC")[0]

_CALL = st.fixed_dictionaries(
    {
        "agent_name": st.sampled_from(["Asha", "Ravi", None]),
        "contact_number": st.sampled_from(["+911", "+912", "+913", None]),
        "from_number_e164": st.sampled_from(["+4411111111", "+4422222222", None]),
        "outcome": st.sampled_from(["answered", "no_answer", "busy", "cancelled"]),
        "call_status": st.sampled_from([None, "Weird"]),
        "call_direction": st.sampled_from([None, "inbound"]),
        "next_action": st.sampled_from([None, "REDIAL", "CLOSE", "CONVERT", "DO_NOT_CALL", "new"]),
        "interest_status": st.sampled_from([None, "Unclear", "Interested", "new"]),
        # Times of other days too: a late call of an early day comes after the early calls of a later one.
        "occurred_at": st.one_of(st.none(), st.integers(0, 6 * 24).map(lambda hour: MIDNIGHT + timedelta(hours=hour))),
        "call_duration_seconds": st.sampled_from([None, 1.5, 47.25]),
        "interest_confidence": st.sampled_from([None, 0.25, 0.95]),
        "said": st.sampled_from([None, "", "tomorrow", "in 2 hours", "later", "2 May 10 AM"]),
    }
)
_CHANGES = st.dictionaries(st.sampled_from(DAYS), st.one_of(st.none(), st.lists(_CALL, max_size=4)), max_size=3)
_STEPS = st.lists(st.tuples(st.lists(_CHANGES, min_size=1, max_size=2), st.booleans()), min_size=2, max_size=3)


class Store:
    """A lake and the private warehouse over it; each load gives the days it loads a new fingerprint."""

    def __init__(self, root: Path, make_call: Callable[..., Row]) -> None:
        self.lake, self.path = Lake(root / "lake", root / "work"), root / "work" / "warehouse.duckdb"
        self._make_call = make_call
        self._loads = 0

    def load(self, changes: Changes) -> None:
        self._loads += 1
        for day, calls in changes.items():
            rows = [
                self._make_call(**({"said": None} | call), task_id=f"{day} {place}", call_date=day)
                for place, call in enumerate(calls or [])
            ]
            makers = {CALL_CONTEXT.name: _context, CALL_METADATA.name: _metadata, TASKS.name: _task}
            filled = {CALLS.name: rows} | {name: [make(row) for row in rows] for name, make in makers.items()}
            # A day may have tasks without any call.
            filled[TASKS.name].append(_task({"task_id": f"{day} busy", "call_date": day, "outcome": "busy"}))
            for table in WAREHOUSE_TABLES:
                frame = pl.DataFrame(filled.get(table.name, []), schema=table.frame_schema, orient="row")
                self.lake.replace(table, [frame], day)
        days = {day: None if calls is None else f"load {self._loads}" for day, calls in changes.items()}
        loader.load(self.path, self.lake, days)

    def contents(self, path: Path | None = None) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of every model but what the clock decides, of the marts in their order, and every comment."""
        queries = {
            model.full_name: f"FROM {model.full_name}" + (" ORDER BY ALL" if model.schema == "staging" else "")
            for model in read_models(sql_folder())
        }
        queries["marts.redial_backlog"] = "SELECT * EXCLUDE (age_days, state) FROM marts.redial_backlog"
        queries["marts.callbacks"] = "SELECT * EXCLUDE (state) FROM marts.callbacks"
        queries["pipeline.callbacks"] = "FROM pipeline.callbacks ORDER BY ALL"
        queries["comments"] = "SELECT table_name, column_name, comment FROM duckdb_columns() ORDER BY ALL"
        with duckdb_file.connect(path or self.path, read_only=True) as connection:
            return {name: connection.execute(query).fetchall() for name, query in queries.items()}

    def made_from_all(self, settings: MartSettings) -> dict[str, list[tuple[Any, ...]]]:
        copy = self.path.with_name("copy.duckdb")
        shutil.copyfile(self.path, copy)
        marts.build(copy, settings, rebuild=True)
        return self.contents(copy)


def _metadata(call: Row) -> Row:
    place = {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")}
    return {**place, "key": "call_time", "value": call["said"], "value_type": "string", "is_filled": bool(call["said"])}


def _task(call: Row) -> Row:
    state = "pending" if call["outcome"] == "busy" else "settled"
    blank = dict.fromkeys(("completed_at", "last_status", "last_error", "next_try_at", "attributes"))
    about = {name: call[name] for name in ("task_id", "call_date")}
    return {**blank, **about, "registered_at": MIDNIGHT, "state": state, "attempts": 1}


def _context(call: Row) -> Row:
    same = {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")}
    value = {"value": call["interest_status"], "value_type": "string", "is_filled": bool(call["interest_status"])}
    return {**same, "key": "campaign", **value}


@pytest.fixture
def refills(monkeypatch: pytest.MonkeyPatch) -> list[list[date]]:
    """The days that marts were brought up to date with, however many calls changed; builds of all do not count."""
    seen: list[list[date]] = []

    def build_incremental(connection: Any, models: Any, days: list[date]) -> None:
        seen.append(days)
        increments.build_incremental(connection, models, days)

    monkeypatch.setattr(marts, "MOST_CHANGED", 1.0)
    monkeypatch.setattr(marts, "build_incremental", build_incremental)
    return seen


@pytest.fixture
def new_store(tmp_path_factory: pytest.TempPathFactory, make_call: Callable[..., Row]) -> Callable[[], Store]:
    return lambda: Store(tmp_path_factory.mktemp("store"), make_call)


# Not shrunk: each build takes its time, and an example is small.
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_STEPS)
def test_increments_give_what_a_build_of_everything_gives(
    new_store: Callable[[], Store], refills: list[list[date]], steps: list[tuple[list[Changes], bool]]
) -> None:
    store = new_store()
    store.load({day: [{"agent_name": "Asha", "outcome": "busy"}] for day in DAYS[:2]})
    marts.build(store.path, USUAL)
    refills.clear()
    for loads, with_other_settings in steps:
        for changes in loads:
            store.load(changes)
        chosen = OTHER if with_other_settings else USUAL
        marts.build(store.path, chosen)
        assert marts.marts_are_current(store.path, chosen)
        found, expected = store.contents(), store.made_from_all(chosen)
        assert [(name, rows, expected[name]) for name, rows in found.items() if rows != expected[name]] == []


def test_few_changed_days_are_refilled_and_no_others(new_store: Callable[[], Store], refills: list[list[date]]) -> None:
    store = new_store()
    store.load({day: [{"outcome": "busy"}] for day in DAYS})
    marts.build(store.path, USUAL)
    assert refills == []
    store.load({DAYS[1]: [{"outcome": "answered"}], DAYS[3]: None})
    marts.build(store.path, USUAL)
    assert refills == [[DAYS[1], DAYS[3]]]
    assert store.contents() == store.made_from_all(USUAL)


@pytest.mark.parametrize("why", ["settings", "rebuild", "sql", "many days", "many calls"])
def test_everything_is_made_anew_when_more_than_a_few_days_changed(
    why: str, new_store: Callable[[], Store], refills: list[list[date]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store()
    store.load({day: [{"outcome": "busy"}] for day in DAYS})
    marts.build(store.path, USUAL)
    folder = Path(shutil.copytree(sql_folder(), tmp_path / "sql"))
    if why == "sql":
        (folder / "macros" / "more.sql").write_text("-- nothing\nSELECT 1;\n")
    if why == "many days":
        monkeypatch.setattr(loader, "FEW_DAYS", 0)
    if why == "many calls":
        monkeypatch.setattr(marts, "MOST_CHANGED", 0.1)
    store.load({DAYS[1]: [{"outcome": "answered"}]})
    marts.build(store.path, OTHER if why == "settings" else USUAL, folder, rebuild=why == "rebuild")
    assert refills == []
    assert store.contents() == store.made_from_all(OTHER if why == "settings" else USUAL)


_HEADER = (
    "/*\ndescription: d\ngrain: [{0}]\nmaterialized: {1}\nincremental_by: [{2}]\n"
    "columns: {{{0}: {{type: DATE, description: d}}}}\n*/\n"
)
_VIEW = (
    "/*\ndescription: d\ngrain: [call_date]\nmaterialized: view\n"
    "columns: {call_date: {type: DATE, description: d}}\n*/\n"
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (_HEADER.format("call_date", "view", "call_date") + "SELECT call_date FROM staging.days", "is a view"),
        (
            _HEADER.format("state", "table", "state") + "SELECT state FROM staging.days",
            "can be incremental by call_date",
        ),
        (_HEADER.format("day", "table", "call_date") + "SELECT 1 AS day FROM staging.days", "must have the columns"),
        (_HEADER.format("call_date", "table", "call_date") + "SELECT call_date FROM main.calls", "through views"),
        (
            _HEADER.format("call_date", "table", "call_date") + "SELECT call_date FROM marts.stored",
            "which are no views",
        ),
        (
            _HEADER.format("agent_name", "table", "agent_name") + "SELECT 1 AS agent_name FROM staging.days",
            "a view without",
        ),
    ],
)
def test_a_model_that_cannot_be_incremental_as_it_says_is_refused(text: str, problem: str) -> None:
    stored = _HEADER.format("call_date", "table", "") + "SELECT call_date FROM staging.days"
    models = [
        parse_model("staging", "days", _VIEW + "SELECT call_date FROM main.tasks"),
        parse_model("marts", "stored", stored),
        parse_model("marts", "mine", text),
    ]
    with pytest.raises(ModelError, match=problem):
        ordered(models)
