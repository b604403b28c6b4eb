"""Sets of days, kept short as spans of days without a gap. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

Spans = tuple[tuple[date, date], ...]
"""First and last day of each span, both included; in order, with a gap between any two."""

A_DAY = timedelta(days=1)


def days_between(first: date, last: date) -> frozenset[date]:
    """The days from `first` to `last`, both included."""
    return frozenset(first + A_DAY * number for number in range((last - first).days + 1))


def spans_of(days: Iterable[date]) -> Spans:
    """The same days as spans."""
    spans: list[tuple[date, date]] = []
    for day in sorted(days):
        if spans and spans[-1][1] + A_DAY >= day:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return tuple(spans)


def days_of(spans: Spans) -> frozenset[date]:
    """The same spans as days."""
    return frozenset[date]().union(*(days_between(first, last) for first, last in spans))


def shown(spans: Spans, most: int = 5) -> str:
    """The days for a person, at most so many spans of them."""
    told = [f"{first}" if first == last else f"{first} to {last}" for first, last in spans[:most]]
    more = len(spans) - most
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")
