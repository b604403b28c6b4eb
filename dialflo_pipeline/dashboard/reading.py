"""What the dashboard is made from: the queries of `sql/dashboard/`, run on the published file and on nothing else.

How much of it the page keeps is decided here too, so that its size does not follow the size of the history.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
from pydantic import BaseModel, ConfigDict

from dialflo_pipeline import warehouse
from dialflo_pipeline.dashboard.limits import MOST, Limits, only_most_frequent, to_the_hour
from dialflo_pipeline.errors import ModelError, PermanentError
from dialflo_pipeline.models import ModelColumn, header_and_query, sql_folder

FOLDER = "dashboard"
BY_DAY = ("funnel", "numbers", "hours", "interest", "coverage", "backlog_days", "freshness")
"""What grows with each day; the days that are too many are left out of all of it."""

OTHER = ("number_flags", "drifts", "backlog", "calls", "about")

Frames = Mapping[str, pl.DataFrame]
"""The rows of each query, by the name of its file."""


class Header(BaseModel):
    """What the header comment of such a query says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    grain: list[str]
    columns: dict[str, ModelColumn]


def read_frames(published: Path, limits: Limits = MOST, folder: Path | None = None) -> dict[str, pl.DataFrame]:
    """Everything that the page shows, numbers unmasked, from one state of the published file.

    Raises `PermanentError` for a file that an older version published.
    """
    folder = (folder or sql_folder()) / FOLDER
    with warehouse.connect(published, read_only=True) as connection:
        try:
            last_day = _last_day(connection)
            values = {"first_day": last_day - timedelta(days=limits.days - 1), "most_calls": limits.calls}
            frames = {name: _read(connection, folder / f"{name}.sql", values) for name in (*BY_DAY, *OTHER)}
        except duckdb.CatalogException as error:
            raise PermanentError(
                f"{published} was published by an older version of the pipeline; run `dialflo sync` first."
            ) from error
    return _within(frames, limits)


def _last_day(connection: duckdb.DuckDBPyConnection) -> date:
    ((last,),) = connection.execute(
        "SELECT greatest((SELECT max(call_date) FROM marts.data_freshness),"
        " (SELECT max(call_date) FROM marts.conversion_funnel))"
    ).fetchall()
    return last or date(1970, 12, 31)


def _read(connection: duckdb.DuckDBPyConnection, path: Path, values: Mapping[str, object]) -> pl.DataFrame:
    header, query = header_and_query(f"{path.parent.name}/{path.name}", path.read_text("utf-8"), Header)
    wanted = {name: value for name, value in values.items() if f"${name}" in query}
    frame: pl.DataFrame = connection.sql(query, params=wanted).pl()
    if frame.columns != list(header.columns):
        raise ModelError(f"dashboard/{path.name} gives {frame.columns}, and its header says {list(header.columns)}.")
    return frame


def _within(frames: dict[str, pl.DataFrame], limits: Limits) -> dict[str, pl.DataFrame]:
    """No more days, different values and rows than the page is to hold."""
    frames = only_most_frequent(frames, limits)
    first_day = _first_day_within(frames, limits)
    if first_day is not None:
        for name in BY_DAY:
            frames[name] = frames[name].filter(pl.col("call_date") >= first_day)
    if frames["backlog"].height > limits.contacts:
        frames["backlog"] = to_the_hour(frames["backlog"])
    return frames


def _first_day_within(frames: Frames, limits: Limits) -> date | None:
    """The first of the days that together have no more rows than the page is to hold; the last day is always one."""
    rows: Counter[date] = Counter()
    for name in BY_DAY:
        for day, count in frames[name].group_by("call_date").len().iter_rows():
            rows[day] += count
    total, first_day = 0, None
    for day in sorted(rows, reverse=True):
        total += rows[day]
        if first_day is not None and total > limits.rows:
            break
        first_day = day
    return first_day
