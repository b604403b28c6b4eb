"""The shape of an answer: which keys its known objects have, in order.

Many answers share few shapes, so what follows from a shape alone is reckoned once for each.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from dialflo_pipeline.flatten.fields import CALL, INSIGHTS, KEY_VALUES, PARENTS, VALUES, Path

LEVELS: Final = (CALL, *PARENTS)
"""The objects of which every key is known or goes to `extra`; a shape has the keys of each, and of a second element."""

KNOWN: Final = {
    level: {path[-1] for path in (*VALUES, *PARENTS, *KEY_VALUES) if path[:-1] == level} for level in LEVELS
}
"""The keys of each level that a column or a table holds."""

_NO_PLACE = re.compile(r'|\*|.*["\\\x00-\x1f].*', re.DOTALL)
"""Keys that cannot be named in a JSON path of DuckDB 2.0 among others."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What follows from a shape.

    `is_alone`: the answer is an array of one element. All else is of that element. `is_odd`: DuckDB's JSON functions
    would not surely read it as the plain reader does. `has_insights`: there is an object of that name, with keys.
    `is_unsure`: a known parent is there but has no keys, so it may be empty, null, a single value or something odd.
    `unknown`: the places that no column and no table holds.
    """

    is_alone: bool
    is_odd: bool
    has_insights: bool
    is_unsure: bool
    unknown: tuple[Path, ...]


def read_shape(keys: str | None) -> Shape:
    """The shape from the JSON text of the lists of keys at `LEVELS` of the first element, and of the second.

    Each as `json_keys` gives it: null where nothing is, empty for what is no object. None if DuckDB does not parse it.
    """
    *levels, second = json.loads(keys) if keys else [None] * (len(LEVELS) + 1)
    keys_at: dict[Path, list[str]] = {
        path: found for path, found in zip(LEVELS, levels, strict=True) if found is not None
    }
    unknown = tuple((*level, key) for level, found in keys_at.items() for key in found if key not in KNOWN[level])
    return Shape(
        is_alone=CALL in keys_at and second is None,
        is_odd=not keys_at.get(CALL)
        or any(len(set(found)) < len(found) for found in keys_at.values())
        or any(_NO_PLACE.fullmatch(path[-1]) for path in unknown),
        has_insights=bool(keys_at.get(INSIGHTS)),
        is_unsure=any(keys_at.get(path) == [] for path in PARENTS),
        unknown=unknown,
    )
