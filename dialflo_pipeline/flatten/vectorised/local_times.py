"""Times without an offset, a column at a time, read in a time zone by the same rule and from the same zone data as
single ones (`values.parse_time`); no other library's copy of the time zones has a say."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

_LAST_OF_HOUR = timedelta(hours=1) - timedelta(microseconds=1)


def to_utc(times: pl.Series, zone: ZoneInfo) -> pl.Series:
    """Local times of `zone`, given as if they were UTC, as what they are in UTC.

    One that does not exist there is read with the offset before the change, one that exists twice as the first.
    """
    hours = times.dt.truncate("1h")
    offsets = {hour: _steady_offset(hour, zone) for hour in hours.unique().drop_nulls()}
    changing = [hour for hour, offset in offsets.items() if offset is None]
    # Within an hour in which the offset changes each time is looked up for itself.
    steps = pl.select(pl.when(hours.is_in(changing)).then(times).otherwise(hours)).to_series() if changing else hours
    offsets = {step: _offset(step, zone) for step in steps.unique().drop_nulls()}
    return times - steps.replace_strict(offsets, default=None, return_dtype=pl.Duration("us"))


def _offset(time: datetime, zone: ZoneInfo) -> timedelta | None:
    # fold=0, the default, is exactly the rule for times that do not exist or exist twice.
    return time.replace(tzinfo=zone, fold=0).utcoffset()


def _steady_offset(hour: datetime, zone: ZoneInfo) -> timedelta | None:
    offset = _offset(hour, zone)
    return offset if offset == _offset(hour + _LAST_OF_HOUR, zone) else None
