"""Sets of days, kept short as ranges without a gap. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

DateRanges = tuple[tuple[date, date], ...]
"""First and last day of each range, both included; in order, with a gap between any two."""

A_DAY = timedelta(days=1)


def days_between(first: date, last: date) -> frozenset[date]:
    """The days from `first` to `last`, both included."""
    return frozenset(first + A_DAY * number for number in range((last - first).days + 1))


def ranges_of(days: Iterable[date]) -> DateRanges:
    """These days as ranges."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(days):
        if ranges and ranges[-1][1] + A_DAY >= day:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return tuple(ranges)


def days_in(ranges: DateRanges) -> frozenset[date]:
    """The days of these ranges."""
    return frozenset[date]().union(*(days_between(first, last) for first, last in ranges))


def format_ranges(ranges: DateRanges, most: int = 5) -> str:
    """The ranges as text, the first `most` of them."""
    parts = [f"{first}" if first == last else f"{first} to {last}" for first, last in ranges[:most]]
    more = len(ranges) - most
    return ", ".join(parts) + (f" and {more} more" if more > 0 else "")
