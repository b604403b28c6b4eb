"""Run the dashboard queries (`sql/dashboard/`) on the published file only."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
from pydantic import BaseModel, ConfigDict

from dialflo_pipeline.core.errors import ModelError, PermanentError
from dialflo_pipeline.marts.model import ModelColumn
from dialflo_pipeline.marts.parser import header_and_query
from dialflo_pipeline.marts.project import sql_folder
from dialflo_pipeline.serve.dashboard.limits import BY_DAY, MOST, Frames, Limits
from dialflo_pipeline.storage import duckdb_file
from dialflo_pipeline.storage.duckdb_file.pool import query_parallel

FOLDER = "dashboard"
SESSION = "USE warehouse; SET TimeZone = 'UTC'"
OTHER = ("number_flags", "drifts", "backlog", "calls", "lost_tasks", "about")


class Header(BaseModel):
    """The header comment of such a query."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    grain: list[str]
    columns: dict[str, ModelColumn]


def read_frames(published: Path, limits: Limits = MOST, folder: Path | None = None) -> Frames:
    """Everything the page may show, with unmasked numbers, from one state of the published file.

    Raises `PermanentError` for a file published by an older version.
    """
    folder = (folder or sql_folder()) / FOLDER
    with duckdb_file.connect(published, read_only=True) as connection:
        try:
            values = {"first_day": _first_day(connection, limits.days), "most_calls": limits.calls}
            paths = [folder / f"{name}.sql" for name in (*OTHER, *BY_DAY)]  # the slowest queries first
            frames = query_parallel(connection, SESSION, partial(_read, values=values), paths)
            return {path.stem: frame for path, frame in zip(paths, frames, strict=True)}
        except duckdb.CatalogException as error:
            raise PermanentError(
                f"{published} was published by an older version of the pipeline; run `dialflo sync` first."
            ) from error


def _first_day(connection: duckdb.DuckDBPyConnection, days: int) -> date:
    """The first of the latest `days` with tasks; counted this way, one day far in the future hides none."""
    found = connection.execute(
        "SELECT call_date FROM marts.data_freshness ORDER BY call_date DESC LIMIT ?", [days]
    ).fetchall()
    return found[-1][0] if found else date.min


def _read(connection: duckdb.DuckDBPyConnection, path: Path, values: Mapping[str, object]) -> pl.DataFrame:
    header, query = header_and_query(f"{path.parent.name}/{path.name}", path.read_text("utf-8"), Header)
    wanted = {name: value for name, value in values.items() if f"${name}" in query}
    frame: pl.DataFrame = connection.sql(query, params=wanted).pl()
    if frame.columns != list(header.columns):
        raise ModelError(f"dashboard/{path.name} gives {frame.columns}, and its header says {list(header.columns)}.")
    return frame
