"""Batches of raw answers, and both readers of them."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from dialflo_pipeline.flatten import Flattened, flatten, reference
from dialflo_pipeline.flatten.fields import ReadRules
from dialflo_pipeline.flatten.frames import assemble
from dialflo_pipeline.flatten.vectorised import reader as vectorised

Batch: TypeAlias = Callable[[Sequence[bytes]], pl.DataFrame]
Reader: TypeAlias = Callable[[pl.DataFrame, str], Flattened]

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "task_id": pl.String,
    "call_date": pl.Date,
    "completed_at": pl.Datetime("us", "UTC"),
    "body": pl.Binary,
    "fetched_at": pl.Datetime("us", "UTC"),
    "source": pl.String,
}


def make_batch(bodies: Sequence[bytes], completed_at: datetime | None = None) -> pl.DataFrame:
    """One answer a body, tasks t000000, t000001 and so on."""
    fetched_at = datetime(2025, 6, 26, tzinfo=UTC)
    rows = [
        (f"t{number:06}", date(2025, 6, 25), completed_at, body, fetched_at, "api")
        for number, body in enumerate(bodies)
    ]
    return pl.DataFrame(rows, SCHEMA, orient="row")


def read_by_reference(answers: pl.DataFrame, zone: str, region: str | None = None) -> Flattened:
    """The same as `flatten`, by the reference reader alone."""
    answers = answers.sort("task_id")
    return assemble(answers, [reference.read_documents(enumerate(answers["body"]), ReadRules(ZoneInfo(zone), region))])


@pytest.fixture(autouse=True)
def _few_are_read_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the vectorised reader would leave the few answers of a test to the reference reader."""
    monkeypatch.setattr(vectorised, "FEW_DOCUMENTS", 0)


@pytest.fixture
def batch() -> Callable[..., pl.DataFrame]:
    return make_batch


@pytest.fixture
def reference_reader() -> Reader:
    return read_by_reference


@pytest.fixture(params=[flatten, read_by_reference], ids=["both readers", "reference reader"])
def reader(request: pytest.FixtureRequest) -> Reader:
    chosen: Reader = request.param
    return chosen


@pytest.fixture
def read(reader: Reader) -> Callable[..., Flattened]:
    """Flatten answers given as Python values or as JSON text."""

    def read_answers(*answers: Any, zone: str = "UTC", completed_at: datetime | None = None) -> Flattened:
        bodies = [answer if isinstance(answer, bytes) else json.dumps(answer).encode() for answer in answers]
        return reader(make_batch(bodies, completed_at), zone)

    return read_answers
