"""Rows as the queries of the dashboard give them: none, or of a campaign of any size."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dialflo_pipeline.marts.parser import header_and_query
from dialflo_pipeline.marts.project import sql_folder
from dialflo_pipeline.serve.dashboard.limits import Frames
from dialflo_pipeline.serve.dashboard.queries import FOLDER, Header

FIRST = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)

TYPES = {
    "VARCHAR": pl.String(),
    "DATE": pl.Date(),
    "BOOLEAN": pl.Boolean(),
    "DOUBLE": pl.Float64(),
    "BIGINT": pl.Int64(),
    "INTEGER": pl.Int32(),
    "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
}


def _schema(path: Path) -> dict[str, pl.DataType]:
    header, _ = header_and_query(path.name, path.read_text("utf-8"), Header)
    return {name: TYPES[column.type] for name, column in header.columns.items()}


SCHEMAS = {path.stem: _schema(path) for path in sorted((sql_folder() / FOLDER).glob("*.sql"))}


@pytest.fixture(scope="session")
def frames_of() -> Callable[..., Frames]:
    """Frames with these rows, each a mapping, by name; of what a row leaves out NULL, of what is left out no rows."""

    def make(**rows: list[dict[str, Any]]) -> Frames:
        return {name: pl.DataFrame(rows.get(name, []), schema=schema) for name, schema in SCHEMAS.items()}

    return make


@pytest.fixture(scope="session")
def large_campaign() -> Callable[[int, int], Frames]:
    """Frames of so many days and agents, each with two campaigns, two numbers, ten hours, eight words, six keys."""

    def make(days: int, agents: int) -> Frames:
        pairs = pl.DataFrame({"call_date": [FIRST + timedelta(days=day) for day in range(days)]}).join(
            pl.DataFrame({"agent_name": [f"Agent {agent}" for agent in range(agents)]}), how="cross"
        )
        groups = pairs.join(pl.DataFrame({"campaign": ["alpha", "beta"]}), how="cross")
        frames = {
            "funnel": groups,
            "numbers": groups.join(pl.DataFrame({"from_number_e164": ["+915551000011", "+915551000012"]}), how="cross"),
            "hours": groups.join(pl.DataFrame({"hour": range(9, 19)}), how="cross").with_columns(
                weekday=pl.col("call_date").dt.weekday()
            ),
            "interest": groups.join(pl.DataFrame({"interest_status": list("abcdefgh")}), how="cross").with_columns(
                interested=pl.lit("yes")
            ),
            "coverage": groups.join(pl.DataFrame({"key": list("abcdef")}), how="cross").with_columns(
                key=pl.col("agent_name") + pl.col("key")
            ),
            "backlog_days": pairs,
            "backlog": _backlog(10_000, agents),
            "calls": _calls(1_000, agents),
        }
        return {name: _with_counts(frames.get(name, pl.DataFrame()), schema) for name, schema in SCHEMAS.items()}

    return make


def _drawn(place: int, most: pl.Expr | int) -> pl.Expr:
    """Numbers from 0 up to below `most`, the same in each run; other ones for another place."""
    return (pl.int_range(pl.len()).hash(place) % most).cast(pl.Int64)


def _with_counts(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The frame with all columns of its query: counts drawn, none larger than the one before it, all else NULL."""
    if not frame.width:
        return pl.DataFrame(schema=schema)
    before: pl.Expr | int = 60
    for place, (name, dtype) in enumerate(schema.items()):
        if name not in frame.columns:
            column = _drawn(place, before) if dtype == pl.Int64 else pl.lit(None)
            frame = frame.with_columns(column.cast(dtype).alias(name))
            before = pl.col(name) + 1 if dtype == pl.Int64 else before
    return frame.select(*schema).cast(schema)  # type: ignore[arg-type]  # invariant in the type of its values


def _backlog(rows: int, agents: int) -> pl.DataFrame:
    return pl.select(place=pl.int_range(rows)).select(
        agent_name=pl.format("Agent {}", _drawn(1, agents)),
        campaign=pl.lit("alpha"),
        since=pl.lit(NOON) + pl.duration(seconds=_drawn(2, 5_000_000)),
        due_at=pl.lit(NOON) + pl.duration(seconds=_drawn(3, 5_000_000)),
        contacts=pl.lit(1),
    )


def _calls(rows: int, agents: int) -> pl.DataFrame:
    name = pl.format("{}{}", pl.int_range(pl.len()).hash(1), pl.int_range(pl.len()).hash(2))
    return pl.select(place=pl.int_range(rows)).select(
        called_at=pl.lit(NOON) + pl.duration(seconds=_drawn(4, 5_000_000)),
        call_date=pl.lit(FIRST),
        agent_name=pl.format("Agent {}", _drawn(5, agents)),
        campaign=pl.lit("alpha"),
        contact_number=pl.format("+91555{}", 1_000_000 + _drawn(6, 1_000_000)),
        from_number=pl.lit("915551000011"),
        recording_url=pl.format("https://media.example.invalid/{}.mp3", name),
        task_id=name,
    )
