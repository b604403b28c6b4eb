"""Temporary tables that stand in for views while models are filled."""

from collections.abc import Iterator

import duckdb
import pytest

from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.parser import parse_model
from dialflo_pipeline.marts.temp_tables import TempTables


def model(name: str, query: str, *more: str) -> Model:
    header = ["description: d", "grain: [n]", "columns: {n: {type: INTEGER, description: d}}", *more]
    return parse_model("staging", name, "\n".join(["/*", *header, "*/", query]))


SHARED = model("shared", "SELECT n FROM main.calls", "materialized: view", "is_shared: true")
PLAIN = model("plain", "SELECT n FROM main.calls", "materialized: view")
ABOVE = model("above", "SELECT n + 1 AS n FROM staging.shared", "materialized: view")
TABLE = model("made", "SELECT n, 'staging.sharedness' AS t FROM staging.shared JOIN staging.plain USING (n)")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE main.calls AS SELECT unnest([1, 2, 3]) AS n; CREATE SCHEMA staging")
    connection.execute("CREATE VIEW staging.plain AS SELECT n FROM main.calls")
    connection.begin()
    yield connection
    connection.close()


def temporary(connection: duckdb.DuckDBPyConnection) -> list[tuple[str]]:
    return connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()


def test_without_a_stand_in_a_query_stays_what_it_is(connection: duckdb.DuckDBPyConnection) -> None:
    with TempTables(connection) as stand_ins:
        stand_ins.take_over(PLAIN)
        assert stand_ins.query_of(TABLE) == TABLE.query


def test_a_shared_view_is_reckoned_once_and_what_reads_it_reads_its_stand_in(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with TempTables(connection) as stand_ins:
        stand_ins.take_over(SHARED)
        stand_ins.take_over(ABOVE)
        assert temporary(connection) == [("staging.shared",)]
        connection.execute("DELETE FROM main.calls WHERE n = 3")
        assert connection.execute('SELECT max(n) FROM temp."staging.above"').fetchall() == [(4,)]
        assert stand_ins.query_of(TABLE) == (
            "SELECT n, 'staging.sharedness' AS t FROM temp.\"staging.shared\" JOIN staging.plain USING (n)"
        )
    assert temporary(connection) == []


def test_a_narrowed_table_narrows_the_views_over_it(connection: duckdb.DuckDBPyConnection) -> None:
    with TempTables(connection) as stand_ins:
        stand_ins.narrow("main.calls", "SELECT * FROM main.calls WHERE n > 1")
        stand_ins.take_over(PLAIN, is_narrowed=True)
        stand_ins.take_over(SHARED)
        assert connection.execute(stand_ins.query_of(TABLE)).fetchall() == [
            (2, "staging.sharedness"),
            (3, "staging.sharedness"),
        ]
