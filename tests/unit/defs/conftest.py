"""A data directory with registered tasks, and the definitions over it."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from dagster import Definitions

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.lake.data_dir import DataDir

Register = Callable[[date, Iterable[str]], None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", timezone="Asia/Kolkata")


@pytest.fixture
def data_dir(settings: Settings) -> DataDir:
    return DataDir(settings.data_dir)


@pytest.fixture
def register(data_dir: DataDir) -> Register:
    """Puts task ids in the lake, on a day."""

    def put(day: date, ids: Iterable[str]) -> None:
        moment = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        rows = [
            {"task_id": name, "call_date": day, "completed_at": moment, "registered_at": moment, "attributes": None}
            for name in ids
        ]
        data_dir.lake.append(TASK_IDS, pl.DataFrame(rows, schema=TASK_IDS.frame_schema), day)

    return put


@pytest.fixture
def definitions(settings: Settings) -> Callable[[], Definitions]:
    """The definitions as they would be loaded now."""
    return lambda: build_definitions(Pipeline(lambda: settings))
