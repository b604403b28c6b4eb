"""`dialflo query`: formats and errors, on a small real DuckDB file."""

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest

from dialflo_pipeline.cli.query import run_query
from dialflo_pipeline.errors import NotPublished, UsageError


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIALFLO_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def published(data_dir: Path) -> Path:
    path = data_dir / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE calls AS SELECT * FROM (VALUES ('a, \"b\"', 1), ('नमस्ते', NULL)) t(agent, n)")
    return path


@pytest.mark.usefixtures("published")
def test_csv_quotes_what_needs_it_and_leaves_null_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_query("SELECT * FROM calls ORDER BY n", "csv") == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [["agent", "n"], ['a, "b"', "1"], ["नमस्ते", ""]]


@pytest.mark.usefixtures("published")
def test_json_is_an_array_of_objects(capsys: pytest.CaptureFixture[str]) -> None:
    run_query("SELECT agent, n, DATE '2026-01-02' AS day FROM calls ORDER BY n", "json")
    assert json.loads(capsys.readouterr().out) == [
        {"agent": 'a, "b"', "n": 1, "day": "2026-01-02"},
        {"agent": "नमस्ते", "n": None, "day": "2026-01-02"},
    ]


@pytest.mark.usefixtures("published")
def test_json_of_no_rows_is_an_empty_array(capsys: pytest.CaptureFixture[str]) -> None:
    run_query("SELECT * FROM calls WHERE false", "json")
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.usefixtures("published")
def test_json_holds_what_json_has_no_form_for_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    run_query("SELECT 'nan'::DOUBLE AS a, [1.5, 'inf'::DOUBLE] AS b, 2::HUGEINT ** 70 AS c, 1 AS a", "json")
    (row,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert (row["a"], row["b"], row["a_1"]) == ("nan", [1.5, "inf"], 1)
    assert row["c"] == 2**70


@pytest.mark.usefixtures("published")
def test_a_table_shows_names_and_null(capsys: pytest.CaptureFixture[str]) -> None:
    run_query("SELECT * FROM calls", "table")
    shown = capsys.readouterr().out
    assert "agent" in shown
    assert "NULL" in shown


@pytest.mark.usefixtures("published")
def test_wrong_sql_is_a_usage_error_that_points_at_the_spot() -> None:
    with pytest.raises(UsageError, match=r"(?s)nope.*\^"):
        run_query("SELECT nope FROM calls", "table")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("sql", ["DROP TABLE calls", "INSERT INTO calls VALUES ('x', 1)", "CREATE TABLE t (a INTEGER)"])
def test_the_published_file_cannot_be_changed(sql: str) -> None:
    with pytest.raises(UsageError, match="read-only"):
        run_query(sql, "table")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "sql",
    [
        "COPY calls TO 'out.csv'",
        "SELECT 1; COPY calls TO 'out.parquet'",
        "EXPORT DATABASE 'out'",
        "ATTACH 'out.duckdb'",
        "FROM read_csv('other.csv')",
        "FROM 'other.csv'",
        "FROM read_text('other.csv')",
        "FROM glob('*')",
        "FROM read_parquet('https://api.invalid/x.parquet')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET autoinstall_known_extensions = true",
        "SET temp_directory = 'out'",
        "PRAGMA enable_profiling = 'json'; PRAGMA profiling_output = 'out.json'; SELECT 1",
        "CALL enable_logging(storage = 'file', storage_path = 'out')",
    ],
)
def test_no_sql_reaches_beyond_the_published_file(data_dir: Path, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    monkeypatch.chdir(data_dir)
    (data_dir / "other.csv").write_text("a\n1\n")
    with pytest.raises(UsageError, match=r"disabled|locked"):
        run_query(sql, "csv")
    assert sorted(path.name for path in data_dir.iterdir()) == ["other.csv", "warehouse.duckdb"]


@pytest.mark.usefixtures("data_dir")
def test_without_a_published_warehouse_the_error_says_what_to_do() -> None:
    with pytest.raises(NotPublished, match="dialflo sync"):
        run_query("SELECT 1", "table")
