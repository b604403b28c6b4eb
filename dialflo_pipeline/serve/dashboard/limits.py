"""Limits of the page, so that it does not grow with the history. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import polars as pl

Frames = dict[str, pl.DataFrame]
"""The rows of each query of `sql/dashboard/`, by the name of its file."""

BY_DAY = ("funnel", "numbers", "hours", "interest", "coverage", "backlog_days", "freshness")
"""Queries with rows for each day; days over the limit are left out of all of them."""

REST = "(all others)"
"""Replaces the values of a column that are over its limit."""


@dataclass(frozen=True)
class Limits:
    """The maximum of each on one page."""

    days: int = 366
    """With tasks."""
    rows: int = 300_000
    """In all queries by day together."""
    calls: int = 1_000
    """The latest ones, in the table of single calls."""
    contacts: int = 15_000
    """Different rows of the backlog; above, its times are cut to the hour."""
    data_bytes: int = 1_500_000
    """Of the packed data; with the program the page stays below 2 MB."""
    values: dict[str, int] = field(
        default_factory=lambda: {"campaign": 60, "from_number_e164": 200, "interest_status": 60, "key": 300}
    )
    """Different values of a column; the calls of the others are combined."""


MOST = Limits()

_COUNTS = ("calls", "asked_calls", "dialled_calls")


def within(frames: Frames, limits: Limits = MOST) -> Frames:
    """Apply the limits of days, different values and rows; the latest days stay."""
    kept = only_most_frequent(frames, limits)
    first_day = _first_day_within(kept, limits)
    if first_day is not None:
        kept |= {name: kept[name].filter(pl.col("call_date") >= first_day) for name in BY_DAY}
    if kept["backlog"].height > limits.contacts:
        kept["backlog"] = to_the_hour(kept["backlog"])
    return kept


def _first_day_within(frames: Frames, limits: Limits) -> date | None:
    """The first of the latest days that fit within the row limit together; the last day always fits."""
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


def only_most_frequent(frames: Frames, limits: Limits = MOST) -> Frames:
    """The frames with at most the limit of different values in a column; rarer values are combined."""
    frames = dict(frames)
    for column, most in limits.values.items():
        kept = _most_frequent(frames, column, most)
        if kept is not None:
            frames = {name: _combine_rest(frame, column, kept) for name, frame in frames.items()}
    return frames


def _most_frequent(frames: Frames, column: str, most: int) -> pl.Series | None:
    counted = [
        frame.select(column, pl.col(next(name for name in _COUNTS if name in frame.columns)).alias("calls"))
        for frame in frames.values()
        if column in frame.columns and set(_COUNTS) & set(frame.columns)
    ]
    totals = pl.concat(counted).drop_nulls(column).group_by(column).agg(pl.col("calls").sum())
    if totals.height <= most:
        return None
    return totals.sort("calls", column, descending=[True, False]).head(most)[column]


def _combine_rest(frame: pl.DataFrame, column: str, kept: pl.Series) -> pl.DataFrame:
    counts = [name for name in frame.columns if name.endswith("calls") or name == "contacts"]
    # Single calls and flags of single values stay as they are; only the campaign of a call is replaced.
    if column not in frame.columns or not (counts or column == "campaign"):
        return frame
    is_kept = pl.col(column).is_null() | pl.col(column).is_in(kept.implode())
    changed = {column: REST, **({"interested": "unknown"} if column == "interest_status" else {})}
    values = [
        pl.when(is_kept).then(pl.col(name)).otherwise(pl.lit(value)).alias(name) for name, value in changed.items()
    ]
    renamed = frame.with_columns(values)
    return _summed(renamed, counts).select(frame.columns) if counts else renamed


def to_the_hour(backlog: pl.DataFrame) -> pl.DataFrame:
    """A large backlog with its times cut to the hour, so that it has fewer different rows."""
    cut = backlog.with_columns(pl.col("since", "due_at", "stale_at").dt.truncate("1h"))
    return _summed(cut, ["contacts"]).select(backlog.columns)


def _summed(frame: pl.DataFrame, counts: list[str]) -> pl.DataFrame:
    keys = [name for name in frame.columns if name not in counts]
    return frame.group_by(keys, maintain_order=True).agg(pl.col(counts).sum())
