"""`dialflo query`: where SQL comes from, how rows are shown and errors told, on a small real DuckDB file."""

import csv
import io
import json
import os
import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from dialflo_pipeline.cli import console
from dialflo_pipeline.cli.query import output as query_output
from dialflo_pipeline.cli.query.run import run_query
from dialflo_pipeline.core.errors import NotPublished, UsageError
from dialflo_pipeline.storage import duckdb_file


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


@pytest.mark.usefixtures("published")
def test_rows_and_time_are_said_beside_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    run_query("FROM calls", "csv")
    assert re.fullmatch(r"2 rows, \d+\.\d\d s\n", capsys.readouterr().err)
    run_query("FROM calls LIMIT 1", "json")
    assert capsys.readouterr().err.startswith("1 row, ")


@pytest.mark.usefixtures("published")
def test_a_table_stops_at_so_many_rows_and_says_how_to_get_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    run_query("FROM range(300)", max_rows=5)
    shown = capsys.readouterr()
    assert shown.out.split() == ["range", "0", "1", "2", "3", "4"]
    assert shown.err.startswith("First 5 rows; there are more. `--rows 0` prints all")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("sql", "max_rows"), [("FROM range(300)", 0), ("FROM range(300)", 300)])
def test_a_table_that_is_whole_says_so(capsys: pytest.CaptureFixture[str], sql: str, max_rows: int) -> None:
    run_query(sql, max_rows=max_rows)
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 301
    assert shown.err.startswith("300 rows, ")


@pytest.mark.usefixtures("published")
def test_a_query_may_take_more_memory_than_a_sync(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(duckdb_file.connection._OPTIONS, duckdb_file.MEMORY_LIMIT, "10MB")
    run_query("SELECT count(DISTINCT repeat(range::VARCHAR, 1000)) AS n FROM range(100_000)", "csv")
    assert capsys.readouterr().out == "n\n100000\n"


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("result_format", ["csv", "json"])
def test_what_programs_read_is_never_cut(capsys: pytest.CaptureFixture[str], result_format: str) -> None:
    run_query("FROM range(300)", result_format, max_rows=5)
    assert "299" in capsys.readouterr().out


@pytest.mark.usefixtures("published")
def test_sql_comes_from_a_file(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = data_dir / "question.sql"
    file.write_text("\ufeff-- names: नमस्ते\nSELECT count(*) AS n\nFROM calls;\n", encoding="utf-8")
    run_query(None, "csv", file=str(file))
    assert capsys.readouterr().out == "n\n2\n"


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("sql", "file"), [("-", None), (None, "-")])
def test_sql_comes_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sql: str | None, file: str | None
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("SELECT 1 AS n -- é".encode()), "ascii"))
    run_query(sql, "csv", file=file)
    assert capsys.readouterr().out == "n\n1\n"


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("sql", "file"), [(None, None), ("SELECT 1", "question.sql")])
def test_sql_comes_from_one_place(sql: str | None, file: str | None) -> None:
    with pytest.raises(UsageError, match="argument or with --file"):
        run_query(sql, file=file)


@pytest.mark.usefixtures("published")
def test_a_file_of_sql_that_cannot_be_read_is_told(data_dir: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        run_query(None, file=str(data_dir / "none.sql"))
    (data_dir / "odd.sql").write_bytes(b"SELECT '\xe9'")
    with pytest.raises(UsageError, match="UTF-8"):
        run_query(None, file=str(data_dir / "odd.sql"))


@pytest.mark.usefixtures("published")
def test_an_argument_that_is_no_text_is_told() -> None:
    with pytest.raises(UsageError, match="UTF-8"):
        run_query(os.fsdecode(b"SELECT '\xe9'"))


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("result_format", ["table", "csv", "json"])
def test_a_value_that_python_cannot_hold_is_told(result_format: str) -> None:
    with pytest.raises(UsageError, match="cast it"):
        run_query("SELECT INTERVAL 99999999 YEARS", result_format)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("shift", range(4))
def test_what_duckdb_quotes_may_end_in_half_a_character(shift: int) -> None:
    with pytest.raises(UsageError, match="Malformed JSON"):
        run_query(f"SELECT '[{'x' * shift}{'😀' * 40}'::JSON")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("sql", ["", "  ;", "-- nothing"])
def test_no_sql_at_all_is_told(sql: str) -> None:
    with pytest.raises(UsageError, match="returns no rows"):
        run_query(sql)


@pytest.mark.usefixtures("published")
def test_rows_go_into_a_file_of_the_kind_its_name_says(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT agent, n, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS at FROM calls ORDER BY n"
    for name in ("rows.csv", "rows.json", "rows.parquet"):
        run_query(sql, output=tmp_path / name)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"2 rows in {tmp_path / 'rows.parquet'}, " in shown.err
    assert list(csv.reader(io.StringIO((tmp_path / "rows.csv").read_text("utf-8"))))[2][:2] == ["नमस्ते", ""]
    assert json.loads((tmp_path / "rows.json").read_text("utf-8"))[0]["agent"] == 'a, "b"'
    rows = pq.read_table(tmp_path / "rows.parquet")
    assert rows.select(["agent", "n"]).to_pylist() == [{"agent": 'a, "b"', "n": 1}, {"agent": "नमस्ते", "n": None}]
    assert str(rows.schema.field("at").type.unit) == "us"
    assert sorted(path.name for path in data_dir.iterdir()) == [
        "rows.csv",
        "rows.json",
        "rows.parquet",
        "warehouse.duckdb",
    ]


@pytest.mark.usefixtures("published")
def test_a_format_goes_before_the_name_of_the_file(tmp_path: Path) -> None:
    run_query("SELECT 1 AS a, 2 AS a", "parquet", output=tmp_path / "rows.data")
    assert pq.read_table(tmp_path / "rows.data").to_pylist() == [{"a": 1, "a_1": 2}]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("result_format", "name", "problem"),
    [
        ("parquet", None, "add --output"),
        ("table", "rows.txt", "csv, json or parquet"),
        (None, "rows.xlsx", "csv, json or parquet"),
        ("csv", "", "is a folder"),
        ("parquet", "", "is a folder"),
    ],
)
def test_a_format_that_does_not_fit_is_told(
    tmp_path: Path, result_format: str | None, name: str | None, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        run_query("SELECT 1", result_format, output=None if name is None else tmp_path / name)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_sql_that_fails_leaves_the_file_as_it_was(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("before")
    for sql in ("SELECT nope", "SELECT error('late') FROM range(3)"):
        with pytest.raises(UsageError):
            run_query(sql, output=tmp_path / name)
    assert (tmp_path / name).read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "warehouse.duckdb"]


@pytest.mark.usefixtures("published")
def test_what_parquet_cannot_hold_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cast it"):
        run_query("SELECT INTERVAL 1 DAY AS gap", output=tmp_path / "rows.parquet")
    assert not (tmp_path / "rows.parquet").exists()


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT agent\nFROM cals", '(?s)Did you mean "calls".*\nLINE 2: FROM cals\n             \\^\\^\\^\\^$'),
        ("SELECT 1;\n\nFROM cals", '(?s)"calls".*\nLINE 3: FROM cals\n             \\^\\^\\^\\^$'),
        ("FROM man.calls", r'(?s)Did you mean "main\.calls"\?.*SHOW ALL TABLES.*\nLINE 1: '),
        ("SELECT agnt FROM calls", r'(?s)"agent".*\nLINE 1: SELECT agnt FROM calls\n {15}\^\^\^\^$'),
        ("SELECT 'न', nope FROM calls", r"\nLINE 1: SELECT 'न', nope FROM calls\n {20}\^\^\^\^$"),
        ("SELEC 1", r"(?s)syntax error.*\nLINE 1: SELEC 1\n {8}\^{5}$"),
        ("SELECT 'x'::INTEGER", r"(?s)Could not convert.*\nLINE 1: "),
    ],
)
def test_an_error_points_at_its_spot_and_says_what_was_meant(sql: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        run_query(sql)
    assert re.search(told, str(caught.value)), str(caught.value)
    assert "{" not in str(caught.value)


@pytest.mark.usefixtures("published")
def test_of_a_long_line_the_part_around_the_spot_is_shown() -> None:
    many = ", ".join(["1"] * 200)
    with pytest.raises(UsageError) as caught:
        run_query(f"SELECT {many}, nope, {many}")
    line, mark = str(caught.value).splitlines()[-2:]
    assert len(line) < 150
    assert line[mark.index("^") :].startswith("nope")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("width", "is_table"), [(200, True), (40, False)])
def test_a_terminal_too_narrow_for_a_table_shows_row_by_row(
    monkeypatch: pytest.MonkeyPatch, width: int, is_table: bool
) -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, legacy_windows=False)
    monkeypatch.setattr(query_output, "out", terminal)
    monkeypatch.setattr(console, "out", terminal)
    run_query("SELECT 'a good deal of text' AS first, NULL AS second, 1/3 AS third FROM calls")
    assert isinstance(terminal.file, io.StringIO)
    shown = terminal.file.getvalue()
    assert ("row 2" in shown) is not is_table
    assert all(text in shown for text in ("a good deal of text", "NULL", "0.333333 "))
    assert "0.3333333" not in shown
