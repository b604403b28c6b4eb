"""How much the page may hold, and how what is more is put together. Pure."""

from dataclasses import dataclass, field

import polars as pl

REST = "(all others)"


@dataclass(frozen=True)
class Limits:
    """The most of each that one page holds."""

    days: int = 366
    rows: int = 200_000
    """Of all that grows with the days, together."""
    calls: int = 1_000
    """The latest ones, in the table of single calls."""
    contacts: int = 20_000
    """Different rows of the backlog, before their times are told to the hour."""
    values: dict[str, int] = field(
        default_factory=lambda: {"campaign": 60, "from_number_e164": 200, "interest_status": 60, "key": 300}
    )
    """Different values of a column; the calls of those beyond are put together."""


MOST = Limits()

_COUNTS = ("calls", "asked_calls", "dialled_calls")


def only_most_frequent(frames: dict[str, pl.DataFrame], limits: Limits = MOST) -> dict[str, pl.DataFrame]:
    """The same frames with no more different values in a column than its limit; what is rarer counts as one value."""
    for column, most in limits.values.items():
        kept = _most_frequent(frames, column, most)
        if kept is not None:
            frames = {name: _put_together(frame, column, kept) for name, frame in frames.items()}
    return frames


def _most_frequent(frames: dict[str, pl.DataFrame], column: str, most: int) -> pl.Series | None:
    counted = [
        frame.select(column, pl.col(next(name for name in _COUNTS if name in frame.columns)).alias("calls"))
        for frame in frames.values()
        if column in frame.columns and set(_COUNTS) & set(frame.columns)
    ]
    totals = pl.concat(counted).drop_nulls(column).group_by(column).agg(pl.col("calls").sum())
    if totals.height <= most:
        return None
    return totals.sort("calls", column, descending=[True, False]).head(most)[column]


def _put_together(frame: pl.DataFrame, column: str, kept: pl.Series) -> pl.DataFrame:
    if column not in frame.columns:
        return frame
    is_kept = pl.col(column).is_null() | pl.col(column).is_in(kept.implode())
    columns = frame.columns
    renamed = frame.with_columns(pl.when(is_kept).then(pl.col(column)).otherwise(pl.lit(REST)).alias(column))
    counts = [name for name in columns if name.endswith("calls") or name == "contacts"]
    if not counts:
        return frame.filter(is_kept) if column != "campaign" else renamed
    if "interested" in columns:
        renamed = renamed.with_columns(
            pl.when(pl.col(column) == REST).then(pl.lit("unknown")).otherwise(pl.col("interested")).alias("interested")
            if column == "interest_status"
            else pl.col("interested")
        )
    return _summed(renamed, counts).select(columns)


def to_the_hour(backlog: pl.DataFrame) -> pl.DataFrame:
    """A large backlog with its times cut to the hour, so that it has fewer different rows."""
    cut = backlog.with_columns(pl.col("since", "due_at", "stale_at").dt.truncate("1h"))
    return _summed(cut, ["contacts"]).select(backlog.columns)


def _summed(frame: pl.DataFrame, counts: list[str]) -> pl.DataFrame:
    keys = [name for name in frame.columns if name not in counts]
    return frame.group_by(keys, maintain_order=True).agg(pl.col(counts).sum())
