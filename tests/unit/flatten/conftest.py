"""Batches of raw answers, and both readers of them."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import polars as pl
import pytest

from dialflo_pipeline.flatten import Flattened, flatten
from dialflo_pipeline.flatten.vectorised import reader as vectorised
from tests.support.batches import make_batch, read_by_reference

Batch: TypeAlias = Callable[[Sequence[bytes]], pl.DataFrame]
Reader: TypeAlias = Callable[[pl.DataFrame, str], Flattened]


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
