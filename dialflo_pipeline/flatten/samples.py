"""What the answers of a batch usually are like, by a sample: how many calls each has, and where these have values.

It only says what is worth looking for: whether an answer has that, all of it and nothing else, is found for each.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import duckdb
import polars as pl

from dialflo_pipeline.flatten import queries
from dialflo_pipeline.flatten.elements import by_index, calls_in
from dialflo_pipeline.flatten.engine import query
from dialflo_pipeline.flatten.fields import KEY_VALUES, Path
from dialflo_pipeline.flatten.frames import DOCUMENT
from dialflo_pipeline.flatten.shapes import MOST_ELEMENTS, can_be_asked

_SAMPLE: Final = 256
_USUAL: Final = 1 / 8
"""A key that this share of a sample of objects has is looked up in all: looking costs less than what finding gains."""


@dataclass(frozen=True, slots=True)
class Usual:
    """So many calls at most; single values at these places of a call; keys by name at those of `KEY_VALUES`."""

    elements: int
    places: Sequence[Path]
    names: Mapping[Path, Sequence[str]]

    @property
    def asked(self) -> list[Path]:
        """All places that are looked at, those of keys and values after the others."""
        return [*self.places, *((*path, name) for path, names in self.names.items() for name in names)]


def sample_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Some rows from everywhere."""
    return rows.gather_every(-(-rows.height // _SAMPLE) or 1)


def sampled(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame) -> Usual:
    """What is usual in some answers (document, call), a sample already."""
    calls, shapes = calls_in(connection, answers)
    places = {path for shape in shapes for path in (*shape.known, *shape.unknown)}
    return Usual(_elements(calls), sorted(places), usual_names(connection, calls))


def usual_names(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame) -> dict[Path, list[str]]:
    """The keys, in order, that are usual in the objects of which every key is a row."""
    index, some = by_index(calls)[0]
    sample = sample_of(some.select("call"))
    names = {}
    for path, lists in zip(KEY_VALUES, query(connection, queries.key_names(index), sample), strict=True):
        names[path] = _usual([keys for keys in lists.to_list() if keys])
    return names


def _elements(calls: pl.DataFrame) -> int:
    """The number of calls that all but few answers do not exceed."""
    counts = calls.group_by(DOCUMENT).len()["len"]
    enough = (number for number in range(1, MOST_ELEMENTS) if (counts > number).sum() < len(counts) * _USUAL)
    return next(enough, MOST_ELEMENTS)


def _usual(objects: list[list[str]]) -> list[str]:
    """Of the keys of some objects those that many have; none if most objects have others too."""
    counts = Counter(chain.from_iterable(objects))
    usual = {key for key, count in counts.items() if count >= len(objects) * _USUAL and can_be_asked(key)}
    return sorted(usual) if 2 * sum(usual.issuperset(keys) for keys in objects) >= len(objects) else []
