"""Reads times, a column at a time, by the same rule and time zone data as single ones (`values.parse_time`)."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from dialflo_pipeline.core.values import ASCII_BLANKS

_LAST_OF_HOUR: Final = timedelta(hours=1) - timedelta(microseconds=1)
_PATTERN: Final = (
    "^(199[1-9]|20([0-8][0-9]|9[0-8]))-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
    "(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?$"
)
_OFFSET_STARTS_AT: Final = len("YYYY-MM-DD HH:MM")


def castable(text: pl.Expr) -> pl.Expr:
    """The text where DuckDB may cast it to a time, else null: its cast accepts more than is a time here.

    The first and the last allowed year are left to the reference reader, as an offset may lead out of the range.
    """
    return pl.when(text.str.contains(_PATTERN)).then(text)


def in_zone(texts: pl.Series, times: pl.Series, zone: ZoneInfo) -> pl.Series:
    """The times cast from these texts; a time without an offset, so far taken as UTC, is read in `zone`."""
    offsets = texts.str.strip_chars(ASCII_BLANKS).str.slice(_OFFSET_STARTS_AT)
    local = times.is_not_null() & ~offsets.str.contains("[Z+-]")
    if not local.any():
        return times
    return pl.select(pl.when(local).then(to_utc(times.set(~local, None), zone)).otherwise(times)).to_series()


def to_utc(times: pl.Series, zone: ZoneInfo) -> pl.Series:
    """Local times of `zone`, given as if they were UTC, converted to UTC.

    A time that does not exist there is read with the offset before the change, one that exists twice as the first.
    """
    hours = times.dt.truncate("1h")
    offsets = {hour: _constant_offset(hour, zone) for hour in hours.unique().drop_nulls()}
    changing = [hour for hour, offset in offsets.items() if offset is None]
    # In an hour in which the offset changes, each time is looked up by itself.
    steps = pl.select(pl.when(hours.is_in(changing)).then(times).otherwise(hours)).to_series() if changing else hours
    offsets = {step: _offset(step, zone) for step in steps.unique().drop_nulls()}
    return times - steps.replace_strict(offsets, default=None, return_dtype=pl.Duration("us"))


def _offset(time: datetime, zone: ZoneInfo) -> timedelta | None:
    # fold=0, the default, is exactly the rule for times that do not exist or exist twice.
    return time.replace(tzinfo=zone, fold=0).utcoffset()


def _constant_offset(hour: datetime, zone: ZoneInfo) -> timedelta | None:
    offset = _offset(hour, zone)
    return offset if offset == _offset(hour + _LAST_OF_HOUR, zone) else None
