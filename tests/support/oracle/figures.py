"""Groups, rates with their bounds, means and medians. Pure, standard library only."""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Row = dict[str, Any]
Z = 1.959963984540054


def wilson(good: int, total: int) -> tuple[float, float]:
    share = good / total
    middle = share + Z * Z / (2 * total)
    reach = Z * math.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    below = 1 + Z * Z / total
    return max(0.0, (middle - reach) / below), min(1.0, (middle + reach) / below)


def rate(name: str, good: int, total: int) -> Row:
    """The rate and its two bounds; all three are NULL where there is nothing to divide by."""
    low, high = wilson(good, total) if total else (None, None)
    return {name: good / total if total else None, f"{name}_low": low, f"{name}_high": high}


def difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def known(rows: Iterable[Row], column: str) -> list[Any]:
    return [row[column] for row in rows if row[column] is not None]


def count(rows: Iterable[Row], holds: Callable[[Row], Any]) -> int:
    return sum(1 for row in rows if holds(row))


def grouped(rows: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return groups
