"""A warehouse made of hand-written or generated calls: through the lake's Parquet files, as in a sync."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dialflo_pipeline.core.schema import CALL_CONTEXT, CALL_METADATA, CALLS, TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts import build as marts
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish import publish
from tests.support.sql_subset import copy_sql

Row = dict[str, Any]


def _call(**values: Any) -> Row:
    blank: Row = dict.fromkeys(CALLS.columns)
    defaults = {
        "task_id": "task",
        "call_index": 0,
        "call_date": date(2024, 5, 1),
        "agent_name": "Asha",
        "outcome": "answered",
        "contact_number": "+919876543210",
        "fetched_at": pl.Series(["2024-05-02T00:00:00Z"]).str.to_datetime(time_zone="UTC")[0],
        "source": "api",
    }
    call = blank | defaults | values
    return call | {"is_answered": call["outcome"] == "answered"}


@pytest.fixture(scope="session")
def make_call() -> Callable[..., Row]:
    """A row of `calls`: an answered outbound call unless told otherwise."""
    return _call


@pytest.fixture(scope="session")
def missed(make_call: Callable[..., Row]) -> Callable[..., Row]:
    """A call without an answer, at noon unless the values say otherwise."""

    def call(task_id: str, **values: Any) -> Row:
        return make_call(
            **{
                "task_id": task_id,
                "outcome": "no_answer",
                "occurred_at": datetime(2024, 5, 1, 12, tzinfo=UTC),
                **values,
            }
        )

    return call


@pytest.fixture(scope="module")
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Calls and mart settings to a private warehouse with marts; a new one each time.

    A module that names its `MARTS` gets these only, with what they read, which takes a third of the time.
    """
    only = getattr(request.module, "MARTS", None)
    sql = tmp_path_factory.mktemp("sql") / "sql"
    if only:
        copy_sql(sql, only)

    def build_warehouse(
        calls: Iterable[Row],
        timezone: str = "UTC",
        max_attempts: int = 3,
        min_gap_minutes: float = 30,
        context: Iterable[Row] = (),
        metadata: Iterable[Row] = (),
        tasks: Iterable[Row] = (),
        **more: Any,
    ) -> Path:
        folder = tmp_path_factory.mktemp("warehouse")
        lake, path = Lake(folder / "lake", folder / "work"), folder / "work" / "warehouse.duckdb"
        given = {CALLS: calls, CALL_CONTEXT: context, CALL_METADATA: metadata, TASKS: tasks}
        days: dict[date, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for table, rows in given.items():
            for row in rows:
                days[row["call_date"]][table.name].append(row)
        for day, filled in days.items():
            for table in WAREHOUSE_TABLES:
                frame = pl.DataFrame(filled[table.name], schema=table.frame_schema, orient="row")
                lake.replace(table, [frame], day)
        loader.load(path, lake, dict.fromkeys(days, "first"))
        marts.build(path, MartSettings(timezone, max_attempts, min_gap_minutes, **more), sql if only else None)
        return path

    return build_warehouse


@pytest.fixture(scope="session")
def read() -> Callable[..., list[Row]]:
    """The rows of a query on such a warehouse, times in UTC."""

    def read_rows(path: Path, query: str) -> list[Row]:
        with publish.read_published(path) as connection:
            rows = connection.execute(query).fetchall()
            names = [name for name, *_ in connection.description or []]
            return [dict(zip(names, row, strict=True)) for row in rows]

    return read_rows


@pytest.fixture(scope="session")
def same_rows() -> Callable[[list[Row], list[Mapping[str, Any]]], None]:
    """Assert that two lists hold the same rows in any order, with floats equal up to rounding."""

    def ordered(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
        return sorted((dict(sorted(row.items())) for row in rows), key=_sort_key)

    def compare(found: list[Row], expected: list[Mapping[str, Any]]) -> None:
        assert ordered(found) == [
            {
                name: pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
                for name, value in row.items()
            }
            for row in ordered(expected)
        ]

    return compare


def _sort_key(row: Row) -> str:
    # By what names a row; floats of either side differ in their last digits.
    return repr([value for value in row.values() if not isinstance(value, float)])
