"""`dialflo export`: what is in the published file, as files that stand by themselves."""

import csv
import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from dialflo_pipeline.cli.commands.export import run_export
from dialflo_pipeline.core.errors import NotPublished, TransientError, UsageError
from dialflo_pipeline.core.schema import WAREHOUSE_TABLES
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.serve.export import export
from dialflo_pipeline.storage import duckdb_file

TRICKY = [
    "=1+1",
    "=HYPERLINK(1)",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "  =1",
    "\rx",
    "＝1+1",  # noqa: RUF001 - the wide sign is the point
]
HARMLESS = ["+919876543210", "-5", "-5.25", "2+2=4", "a = b", "'quoted'", "", "नमस्ते, दोस्त", "two\nlines", '"']


@pytest.fixture
def published(simulated: DataDir) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(read_published(simulated.published)) as connection:
        yield connection


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = connection.execute(
        "SELECT schema_name || '.' || name FROM (SELECT schema_name, table_name AS name FROM duckdb_tables()"
        " UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal)"
        " WHERE schema_name IN ('main', 'marts')"
    ).fetchall()
    return {name: len(connection.execute(f"FROM {name}").fetchall()) for (name,) in names}


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
@pytest.mark.usefixtures("data_dir_of_simulated")
def test_every_table_and_mart_becomes_a_file_with_all_its_rows(
    published: duckdb.DuckDBPyConnection, tmp_path: Path, file_format: str
) -> None:
    assert run_export([], file_format, tmp_path) == 0
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    found = {one["table"]: one for one in manifest["files"]}
    assert {name: one["rows"] for name, one in found.items()} == _tables(published)
    assert found.keys() >= {f"main.{table.name}" for table in WAREHOUSE_TABLES} | {"marts.redial_backlog"}
    for one in found.values():
        content = (tmp_path / one["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*(one["file"] for one in found.values()), "manifest.json"]
    )


@pytest.mark.usefixtures("data_dir_of_simulated")
def test_an_export_may_take_more_memory_than_a_sync(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(duckdb_file.connection._OPTIONS, duckdb_file.MEMORY_LIMIT, "300KB")
    assert run_export(["calls"], "parquet", tmp_path) == 0


def test_the_manifest_says_as_of_when(published: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    export(published, ["answer_rate"], "csv", tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    as_of, version = published.execute("SELECT as_of, pipeline_version FROM published").fetchone() or ()
    assert manifest["format"] == "csv"
    assert manifest["published"]["as_of"] == as_of.isoformat()
    assert manifest["published"]["pipeline_version"] == version


def test_parquet_holds_what_the_table_holds(published: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    export(published, ["calls", "marts.answer_rate"], "parquet", tmp_path)
    calls = pq.read_table(tmp_path / "calls.parquet").to_pylist()
    names = [name for name, *_ in published.execute("FROM calls LIMIT 0").description or []]
    assert [tuple(row.values()) for row in calls] == published.execute("FROM calls").fetchall()
    assert list(calls[0]) == names
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "calls.parquet",
        "manifest.json",
        "marts.answer_rate.parquet",
    ]


def test_csv_holds_times_in_utc_and_null_as_nothing(published: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    export(published, ["tasks"], "csv", tmp_path)
    head, *rows = _rows(tmp_path / "tasks.csv")
    place = {name: head.index(name) for name in ("task_id", "completed_at", "next_try_at", "attributes")}
    expected = dict(published.execute("SELECT task_id, completed_at FROM tasks").fetchall())
    assert len(rows) == len(expected)
    for row in rows:
        assert row[place["completed_at"]] == expected[row[place["task_id"]]].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert json.loads(row[place["attributes"]])["campaign"]


@pytest.fixture
def texts(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(tmp_path / "texts.duckdb") as connection:
        connection.execute("CREATE TABLE texts (place INTEGER, x VARCHAR, xs VARCHAR[], pair STRUCT(a INTEGER))")
        rows: list[Any] = [(place, text, [text], {"a": 1}) for place, text in enumerate([*TRICKY, *HARMLESS])]
        connection.executemany("INSERT INTO texts VALUES (?, ?, ?, ?)", [*rows, (99, None, None, None)])
        yield connection


def test_no_spreadsheet_takes_a_text_in_csv_for_a_formula(texts: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    export(texts, [], "csv", tmp_path / "out")
    found = [row[1] for row in _rows(tmp_path / "out" / "texts.csv")[1:]]
    assert found == [*(f"'{text}" for text in TRICKY), *HARMLESS, ""]


def test_csv_tells_null_from_blank_text(texts: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    export(texts, [], "csv", tmp_path)
    lines = (tmp_path / "texts.csv").read_text("utf-8").splitlines()
    assert lines[-1] == "99,,,"
    assert f"{len(TRICKY) + HARMLESS.index('')},\"\",[''],{{'a': 1}}" in lines


def test_parquet_changes_no_text(texts: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    export(texts, ["texts"], "parquet", tmp_path)
    assert pq.read_table(tmp_path / "texts.parquet").column("x").to_pylist() == [*TRICKY, *HARMLESS, None]


def test_a_wrong_name_is_told_with_the_one_that_was_meant(published: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no table or mart marts\.answer_rat: did you mean marts\.answer_rate\?"):
        export(published, ["calls", "marts.answer_rat"], "csv", tmp_path)
    with pytest.raises(UsageError, match=r"there are main\.call_context, "):
        export(published, ["zzz"], "csv", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_fails_leaves_the_one_before(
    published: duckdb.DuckDBPyConnection, texts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    export(published, ["tasks"], "csv", folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    texts.execute("CREATE VIEW broken AS SELECT error('no') AS x; CREATE TABLE tasks AS SELECT 1 AS x")
    with pytest.raises(TransientError, match=r"^main\.broken cannot be written to .*broken\.csv"):
        export(texts, ["tasks", "broken"], "csv", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_exporting_again_replaces_the_files(published: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for _ in range(2):
        export(published, ["tasks"], "csv", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "tasks.csv"]


def test_without_a_folder_files_go_below_the_data_folder(
    data_dir_of_simulated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_export(["tasks"], "csv", None)
    assert (data_dir_of_simulated / "export" / "tasks.csv").is_file()
    shown = capsys.readouterr()
    assert "tasks.csv" in shown.out
    assert str(data_dir_of_simulated / "export") in shown.err


def test_without_a_published_warehouse_the_error_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path))
    with pytest.raises(NotPublished, match="dialflo sync"):
        run_export([], "csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()
