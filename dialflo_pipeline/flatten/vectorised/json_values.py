"""What the ways to look into answers give: the JSON texts in their calls, not yet read as values."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from dialflo_pipeline.flatten.fields import VALUES, Path
from dialflo_pipeline.flatten.vectorised.json_text import place


@dataclass(frozen=True)
class Texts:
    """A row a call in `calls` and `values`, in the same order, which is that of document and call_index.

    `calls` has document, call_index, element, is_odd and has_insights. `values` has the JSON text at each place, null
    where nothing is, and at NEXT_ACTION. `keys` has the rows (element, key, text) of each object of keys and values, in
    order. `unknown`: the places that may have to go to `extra`.
    """

    calls: pl.DataFrame
    values: pl.DataFrame
    keys: dict[Path, pl.DataFrame]
    unknown: Collection[Path]


def absent(there: Collection[Path]) -> list[pl.Expr]:
    """Columns of the single values that are none of these."""
    return [pl.lit(None, pl.String).alias(place(path)) for path in VALUES if path not in there]
