"""One view per agent with a typed column per metadata key, whatever agents and keys are called."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts import metadata_views
from dialflo_pipeline.marts.metadata_views import Key, plan_columns
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.marts.sql_names import column_name, safe_names
from dialflo_pipeline.storage import duckdb_file

Row = dict[str, Any]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

MARTS = ("metadata_coverage",)

HOSTILE = [
    "",
    " ",
    "'; DROP TABLE main.calls; --",
    '"quoted"',
    "x" * 10_000,
    "x" * 9_999 + "y",
    "a\x00b",
    "task_id",
    "Task ID",
    "आशा",
    "\u212aelvin",
    "select",
    "*/ /*",
    "1st",
]


@pytest.fixture
def made(make_call: Callable[..., Row], build: Build) -> Callable[..., Path]:
    """A warehouse of calls, each an agent and its metadata as key and text; None is no value."""

    def make(*calls: tuple[str | None, dict[str, str | None]]) -> Path:
        rows = [make_call(task_id=f"t{n:03}", agent_name=agent) for n, (agent, _) in enumerate(calls)]
        metadata = [
            {
                "task_id": f"t{n:03}",
                "call_index": 0,
                "call_date": date(2024, 5, 1),
                "agent_name": agent,
                "key": key,
                "value": value,
                "value_type": "null" if value is None else "string",
                "is_filled": bool((value or "").strip()),
            }
            for n, (agent, values) in enumerate(calls)
            for key, value in values.items()
        ]
        return build(rows, metadata=metadata)

    return make


def types(path: Path, view: str, read: Read) -> dict[str, str]:
    return {row["column_name"]: row["column_type"] for row in read(path, f"DESCRIBE marts.{view}")}


def test_a_view_has_a_row_per_call_and_a_column_per_key(made: Callable[..., Path], read: Read) -> None:
    path = made(("Asha", {"City": "Pune", "age": "41"}), ("Asha", {"City": " ", "job": None}), ("Ravi", {"x": "1"}))
    assert read(path, "SELECT * EXCLUDE (call_date) FROM marts.agent_metadata_asha ORDER BY task_id") == [
        {"task_id": "t000", "call_index": 0, "city": "Pune", "age": 41, "job": None},
        {"task_id": "t001", "call_index": 0, "city": None, "age": None, "job": None},
    ]
    assert read(path, "SELECT x FROM marts.agent_metadata_ravi") == [{"x": 1}]


TYPES: list[tuple[list[str | None], str]] = [
    (["1", "-20", "0"], "BIGINT"),
    (["1", "2.5", "1e3"], "DOUBLE"),
    (["1", "1e999"], "VARCHAR"),
    (["411001", "011001"], "VARCHAR"),
    (["+911"], "VARCHAR"),
    (["1" * 18], "BIGINT"),
    (["1" * 19], "VARCHAR"),
    (["1" * 16, "1"], "BIGINT"),
    (["1" * 15, "0.5"], "DOUBLE"),
    (["1" * 16, "0.5"], "VARCHAR"),
    (["1" * 16 + ".5"], "VARCHAR"),
    (["true", "false"], "BOOLEAN"),
    (["true", "Yes"], "VARCHAR"),
    (["2024-02-29"], "DATE"),
    (["2023-02-29"], "VARCHAR"),
    (["1", ""], "BIGINT"),
    (["1", "one"], "VARCHAR"),
    (["1 "], "VARCHAR"),
    (["", None], "VARCHAR"),
]


def test_a_type_is_taken_only_where_every_filled_value_agrees(made: Callable[..., Path], read: Read) -> None:
    calls = [
        ("Asha", {f"k{n}": values[place] for n, (values, _) in enumerate(TYPES) if place < len(values)})
        for place in range(3)
    ]
    path = made(*calls)
    found = list(types(path, "agent_metadata_asha", read).items())[3:]
    assert dict(found) == {f"k{n}": sql_type for n, (_, sql_type) in enumerate(TYPES)}
    (counts,) = read(
        path, f"SELECT {', '.join(f'count(k{n}) AS k{n}' for n in range(len(TYPES)))} FROM marts.agent_metadata_asha"
    )
    assert counts == {f"k{n}": sum(bool(value) for value in values) for n, (values, _) in enumerate(TYPES)}


def test_hostile_agents_and_keys_get_harmless_names_and_lose_nothing(made: Callable[..., Path], read: Read) -> None:
    path = made(*((agent, {key: f"v{n}" for n, key in enumerate(HOSTILE)}) for agent in [None, "none", *HOSTILE]))
    views = [row["view_name"] for row in read(path, "SELECT DISTINCT view_name FROM pipeline.metadata_columns")]
    assert len(views) == len(HOSTILE) + 2
    for view in views:
        (row,) = read(path, f"FROM marts.{view}")
        assert {name for name in row if not name.replace("_", "").isalnum() or not name.isascii()} == set()
        assert sorted(list(row.values())[3:]) == sorted(f"v{n}" for n in range(len(HOSTILE)))
    columns = read(path, "SELECT agent_name, key, view_name, column_name FROM pipeline.metadata_columns")
    (task,) = (each for each in columns if each["agent_name"] == "none" and each["key"] == "task_id")
    found = read(path, f"SELECT {task['column_name']} AS value FROM marts.{task['view_name']}")
    assert found == [{"value": f"v{HOSTILE.index('task_id')}"}]


def test_no_column_needs_quotes(made: Callable[..., Path], read: Read) -> None:
    path = made(("Asha", {"1st": "a", "Order": "b", "_order": "c", "2": "d"}))
    (row,) = read(path, "SELECT _1st, _order, _2 FROM marts.agent_metadata_asha")
    assert row == {"_1st": "a", "_order": "b", "_2": "d"}
    with duckdb.connect() as connection:
        words = connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
        for name in safe_names([word for (word,) in words], taken=["x"], make=column_name):
            connection.execute(f'CREATE OR REPLACE TABLE bare AS SELECT 42 AS "{name}"')
            assert connection.execute(f"SELECT {name} FROM bare GROUP BY {name}").fetchall() == [(42,)]


def test_a_view_and_its_columns_are_described(made: Callable[..., Path], read: Read) -> None:
    path = made(("Asha's", {'It\'s "odd"\n': "1"}))
    comments = "SELECT comment FROM duckdb_views() WHERE view_name = 'agent_metadata_asha_s'"
    assert '"Asha\'s"' in read(path, comments)[0]["comment"]
    (row,) = read(path, "SELECT comment FROM duckdb_columns() WHERE column_name = 'it_s_odd'")
    assert row["comment"].startswith('The key "It\'s "odd"�"; NULL where not filled. [privacy: personal]')


def test_the_view_of_an_agent_that_is_gone_is_dropped_and_others_stay(made: Callable[..., Path], read: Read) -> None:
    path = made(("Asha", {"age": "41"}), ("Ravi", {"age": "41"}))
    with duckdb_file.connect(path) as connection:
        connection.execute("DELETE FROM main.call_metadata WHERE agent_name = 'Ravi'")
        connection.execute("UPDATE main.call_metadata SET value = 'old'")
    marts.build(path, MartSettings("UTC", 3, 30), rebuild=True)
    names = "SELECT view_name FROM duckdb_views() WHERE view_name LIKE 'agent_metadata%'"
    assert read(path, names) == [{"view_name": "agent_metadata_asha"}]
    assert types(path, "agent_metadata_asha", read)["age"] == "VARCHAR"


def test_there_are_no_more_agents_and_keys_than_the_limits(
    made: Callable[..., Path], read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata_views, "MOST_AGENTS", 2)
    monkeypatch.setattr(metadata_views, "MOST_KEYS", 1)
    path = made(("b", {"x": "1", "often": "1"}), ("b", {"often": "1"}), ("c", {"x": "1"}), ("a", {"x": "1"}))
    shown = read(path, "SELECT view_name, column_name, agent_name, key FROM pipeline.metadata_columns ORDER BY ALL")
    assert [tuple(row.values()) for row in shown] == [
        ("agent_metadata_a", "x", "a", "x"),
        ("agent_metadata_b", "often", "b", "often"),
        ("agent_metadata_b", None, "b", "x"),
        (None, None, "c", "x"),
    ]
    (row,) = read(path, "SELECT comment FROM duckdb_views() WHERE view_name = 'agent_metadata_b'")
    assert row["comment"].endswith("1 more keys have no column.")


def test_every_column_says_what_it_is(made: Callable[..., Path], read: Read) -> None:
    path = made(("asha", {"age": "1", "city": "Pune"}))
    of_view = "schema_name = 'marts' AND starts_with(table_name, 'agent_metadata_')"
    rows = read(path, f"SELECT column_name, comment FROM duckdb_columns() WHERE {of_view}")
    assert {row["column_name"] for row in rows} == {"task_id", "call_index", "call_date", "age", "city"}
    assert all(row["comment"].endswith("]") for row in rows)


def test_of_texts_with_one_name_the_first_keeps_it_and_the_others_get_a_mark_of_their_own() -> None:
    names = safe_names(["City", "city", "CITY!", "x"])
    assert names == ["city", names[1], names[2], "x"]
    assert safe_names(["x", "CITY!", "city"])[2] == names[1]
    assert len({*names}) == 4
    assert all(len(name) == len("city_") + 6 for name in names[1:3])


def test_a_text_that_says_nothing_in_ascii_never_has_the_plain_name() -> None:
    names = safe_names(["आशा", "unnamed", "", None, "none"])
    assert [name.rpartition("_")[0] for name in names] == ["unnamed", "unnamed", "unnamed", "", "none"]
    assert names[3] == "none"
    assert len({*names}) == 5


def test_a_mark_that_is_taken_grows() -> None:
    marked = safe_names(["City", "city"])[1]
    assert safe_names([marked, "City", "city"])[2].startswith(marked)


def key(agent: str | None, day: int, name: str = "x", key_day: int | None = None) -> Key:
    return Key(agent, date(2024, 5, day), name, date(2024, 5, key_day or day), "VARCHAR")


def test_of_agents_with_one_name_the_one_seen_first_keeps_it_however_many_calls_the_others_have() -> None:
    views = {column.agent_name: column.view_name for column in plan_columns([key("asha", 2), key("Asha", 1)])}
    assert views["Asha"] == "agent_metadata_asha"
    assert str(views["asha"]).startswith("agent_metadata_asha_")
    same_day = plan_columns([key("asha", 1), key("Asha", 1)])
    assert {column.agent_name: column.view_name for column in same_day} == views
    no_agent = plan_columns([key("none", 1), key(None, 1)])
    assert [column.view_name == "agent_metadata_none" for column in no_agent] == [False, True]


def test_of_keys_with_one_name_the_one_seen_first_keeps_it() -> None:
    columns = plan_columns([key("a", 1, "Salary", 3), key("a", 1, "salary", 2), key("a", 1, "task_id", 1)])
    names = {column.key: str(column.column_name) for column in columns}
    assert names["salary"] == "salary"
    assert names["Salary"].startswith("salary_")
    assert names["task_id"].startswith("task_id_")


def test_who_is_not_shown_keeps_the_name_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_views, "MOST_AGENTS", 1)
    monkeypatch.setattr(metadata_views, "MOST_KEYS", 1)
    shown, hidden = plan_columns([key("asha", 2), key("Asha", 1)])
    assert hidden.view_name is None
    assert shown.view_name != "agent_metadata_asha"
    shown, hidden = plan_columns([key("a", 1, "City", 2), key("a", 1, "city", 1)])
    assert hidden.column_name is None
    assert shown.column_name != "city"


def test_an_agent_that_comes_later_takes_no_view_from_another(
    made: Callable[..., Path], read: Read, make_call: Callable[..., Row]
) -> None:
    path = made(("Asha", {"Salary": "1"}))
    with duckdb_file.connect(path) as connection:
        for agent, name in (("asha", "Salary"), ("asha", "x"), ("Asha", "salary")):
            connection.execute(
                "INSERT INTO main.call_metadata BY NAME SELECT * REPLACE ("
                "'new' || $1 || $2 AS task_id, call_date + 1 AS call_date, $1 AS agent_name, $2 AS key, '2' AS value)"
                " FROM main.call_metadata WHERE task_id = 't000'",
                [agent, name],
            )
    marts.build(path, MartSettings("UTC", 3, 30), rebuild=True)
    assert read(path, "SELECT salary FROM marts.agent_metadata_asha ORDER BY ALL") == [{"salary": 1}, {"salary": None}]
    views = read(path, "SELECT DISTINCT agent_name, view_name FROM pipeline.metadata_columns ORDER BY ALL")
    assert [row["agent_name"] for row in views if row["view_name"] == "agent_metadata_asha"] == ["Asha"]


def test_agents_and_keys_with_equal_calls_are_shown_by_name(
    made: Callable[..., Path], read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata_views, "MOST_AGENTS", 2)
    monkeypatch.setattr(metadata_views, "MOST_KEYS", 1)
    path = made(("b", {"y": "1", "Z": "1"}), ("a", {"x": "1"}), (None, {"x": "1"}))
    shown = read(
        path, "SELECT agent_name, key FROM pipeline.metadata_columns WHERE column_name IS NOT NULL ORDER BY ALL"
    )
    assert [tuple(row.values()) for row in shown] == [("a", "x"), (None, "x")]


def test_no_keys_are_no_views() -> None:
    assert plan_columns([]) == []
