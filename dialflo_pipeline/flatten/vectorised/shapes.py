"""The shape of an answer: which keys its known objects have, in order.

Many answers share few shapes, so what follows from a shape alone is computed once per shape.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from dialflo_pipeline.flatten.fields import CALL, INSIGHTS, KEY_VALUES, PARENTS, VALUES, Path

LEVELS: Final = (CALL, *PARENTS)
"""The objects of which every key is known or goes to `extra`; a shape has the keys of each."""

MOST_ELEMENTS: Final = 3
"""The elements of an answer with more than these are split off before they are looked at."""

KNOWN: Final = {
    level: {path[-1] for path in (*VALUES, *PARENTS, *KEY_VALUES) if path[:-1] == level} for level in LEVELS
}
"""The keys of each level that a column or a table holds."""

_NO_PLACE = re.compile(r'|\*|.*["\\\x00-\x1f].*', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shape:
    """What follows from a shape.

    `is_short`: the answer is an array that has this element and at most `MOST_ELEMENTS`. `is_last`: there is no element
    after this one. `is_irregular`: DuckDB's JSON functions may read it otherwise than the reference
    reader does. `has_insights`: there is an object of that name, with keys. `unsure`: the places where an object is due
    and no key is: it may be empty, null, a single value or an array.
    `known`: the places with a value for a column. `unknown`: the places that no column and no table holds.
    """

    is_short: bool
    is_last: bool
    is_irregular: bool
    has_insights: bool
    unsure: tuple[Path, ...]
    known: tuple[Path, ...]
    unknown: tuple[Path, ...]


def read_shape(keys: str | None) -> Shape:
    """The shape from the JSON text of lists of keys: at `LEVELS` of an element, of the next element, of the first that
    is too many, and one key or none at `KEY_VALUES` of the element itself.

    Each as `json_keys` gives it: null where nothing is, empty for what is no object. None if DuckDB does not parse it.
    """
    lists: list[list[str] | None] = json.loads(keys) if keys else [None] * (len(LEVELS) + 2 + len(KEY_VALUES))
    following, too_many = lists.pop(len(LEVELS)), lists.pop(len(LEVELS))
    objects = {path: found for path, found in zip((*LEVELS, *KEY_VALUES), lists, strict=True) if found is not None}
    keys_at = {level: objects[level] for level in LEVELS if level in objects}
    places = [(*level, key) for level, found in keys_at.items() for key in found]
    unknown = tuple(path for path in places if path[-1] not in KNOWN[path[:-1]])
    return Shape(
        is_short=CALL in keys_at and too_many is None,
        is_last=following is None,
        is_irregular=not keys_at.get(CALL)
        or any(len(set(found)) < len(found) for found in keys_at.values())
        or not all(can_be_asked(path[-1]) for path in unknown),
        has_insights=bool(keys_at.get(INSIGHTS)),
        unsure=tuple(path for path in (*PARENTS, *KEY_VALUES) if objects.get(path) == []),
        known=tuple(path for path in places if path in VALUES),
        unknown=unknown,
    )


def can_be_asked(key: str) -> bool:
    """Whether this key can be named in a JSON path of DuckDB 2.0 among others."""
    return not _NO_PLACE.fullmatch(key)
