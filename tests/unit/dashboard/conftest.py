"""Rows as the queries of the dashboard give them: none, or of a campaign of any size."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dialflo_pipeline.dashboard.limits import Frames
from dialflo_pipeline.dashboard.reading import FOLDER, Header
from dialflo_pipeline.models import header_and_query, sql_folder

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
    """Frames of so many days and agents, each with two campaigns, two numbers, ten hours, eight words, eight keys."""

    def make(days: int, agents: int) -> Frames:
        dice = random.Random(days * 1_000 + agents)  # noqa: S311 - made-up rows
        rows = {name: list(rows_of(dice)) for name, rows_of in _rows_by_day(days, agents).items()}
        rows["backlog"] = list(_backlog(dice, agents))
        rows["calls"] = list(_calls(dice, agents))
        return {name: pl.DataFrame(rows.get(name, []), schema=schema, orient="row") for name, schema in SCHEMAS.items()}

    return make


def _rows_by_day(days: int, agents: int) -> dict[str, Callable[[random.Random], Iterator[tuple[Any, ...]]]]:
    pairs = [(FIRST + timedelta(days=day), f"Agent {agent}") for day in range(days) for agent in range(agents)]
    groups = [(*pair, campaign) for pair in pairs for campaign in ("alpha", "beta")]

    def counts(dice: random.Random, most: int, places: int) -> list[int]:
        found = [dice.randint(1, most)]
        for _ in range(places - 1):
            found.append(dice.randint(0, found[-1]))
        return found

    return {
        "funnel": lambda dice: ((*group, *counts(dice, 120, 6)) for group in groups),
        "numbers": lambda dice: (
            (*group, f"+9155510{dice.randint(10_000, 10_060)}", *counts(dice, 60, 2)) for group in groups for _ in "ab"
        ),
        "hours": lambda dice: (
            (*group, group[0].isoweekday(), hour, *counts(dice, 12, 2)) for group in groups for hour in range(9, 19)
        ),
        "interest": lambda dice: (
            (*group, f"Word {word}", "yes", dice.randint(1, 20)) for group in groups for word in range(8)
        ),
        "coverage": lambda dice: (
            (*group, f"{group[1]} asks {key}", *counts(dice, 60, 2)) for group in groups for key in range(6)
        ),
        "backlog_days": lambda dice: ((*pair, *counts(dice, 90, 3)) for pair in pairs),
    }


def _backlog(dice: random.Random, agents: int) -> Iterator[tuple[Any, ...]]:
    for _ in range(10_000):
        since, later = (NOON + timedelta(seconds=dice.randint(0, 5_000_000)) for _ in "ab")
        agent, is_exhausted = f"Agent {dice.randrange(agents)}", dice.random() < 0.2
        yield agent, "alpha", since, later, None, False, is_exhausted, "unanswered", 1


def _calls(dice: random.Random, agents: int) -> Iterator[tuple[Any, ...]]:
    for _ in range(1_000):
        at, name = NOON + timedelta(seconds=dice.randint(0, 5_000_000)), dice.randbytes(16).hex()
        url = f"https://media.example.invalid/{name}.mp3"
        yield (
            *(at, at.date(), f"Agent {dice.randrange(agents)}", "alpha", "+915551000042", "915551000011", False),
            *("answered", float(dice.randint(0, 300)), "Interested", "REDIAL", url, dice.randbytes(16).hex(), 0),
        )
