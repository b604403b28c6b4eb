"""Columns of local times are read exactly as single ones are."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from dialflo_pipeline.flatten.vectorised.times import to_utc

DTYPE = pl.Datetime("us", "UTC")

CHANGES = [
    ("Europe/Berlin", datetime(2025, 3, 30, 2, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2025, 10, 26, 2, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2025, 4, 6, 2, tzinfo=UTC)),
    ("America/St_Johns", datetime(2006, 10, 29, 0, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 0, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(1906, 1, 1, tzinfo=UTC)),
    ("Africa/Monrovia", datetime(1972, 1, 7, tzinfo=UTC)),
    ("UTC", datetime(2025, 6, 25, tzinfo=UTC)),
]


@pytest.mark.parametrize(("zone", "around"), CHANGES)
def test_a_column_is_read_as_each_of_its_times(zone: str, around: datetime) -> None:
    times = [around + timedelta(minutes=minutes, microseconds=1) for minutes in range(-1500, 1500, 7)]
    expected = [time.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC) for time in times]
    assert to_utc(pl.Series(times, dtype=DTYPE), ZoneInfo(zone)).to_list() == expected


def test_nulls_and_empty_columns_stay() -> None:
    assert to_utc(pl.Series([None], dtype=DTYPE), ZoneInfo("Europe/Berlin")).to_list() == [None]
    empty = to_utc(pl.Series([], dtype=DTYPE), ZoneInfo("Europe/Berlin"))
    assert empty.to_list() == []
    assert empty.dtype == DTYPE
