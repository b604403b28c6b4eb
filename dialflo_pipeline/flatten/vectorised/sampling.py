"""Finds the common shape of a batch's answers from a sample.

The shape only says what is worth looking for. Whether an answer has it is found out for each answer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import orjson
import polars as pl

from dialflo_pipeline.flatten.fields import CALL, INSIGHTS, KEY_VALUES, NEXT_ACTION, PARENTS, VALUES, Path
from dialflo_pipeline.flatten.vectorised.shapes import MOST_ELEMENTS, can_be_asked

SAMPLE: Final = 256
_COMMON_SHARE: Final = 1 / 8
"""A key in at least this share of the sampled objects is looked up in all objects, as that saves more than it costs."""
_UNKNOWN: Final = 256
"""How many places of no column are looked at in each call."""
_NAMES: Final = 256
"""Most keys that are looked up by name: DuckDB plans for a millisecond per key, whatever it finds."""


@dataclass(frozen=True, slots=True)
class CommonShape:
    """The indexes of calls, the places of single values in a call, and the keys at each place of `KEY_VALUES`.

    The only index is None where answers are single calls.
    """

    indexes: Sequence[int | None]
    places: Sequence[Path]
    names: Mapping[Path, Sequence[str]]

    @property
    def asked(self) -> list[Path]:
        """All places that are looked at, those of keys and values after the others."""
        return [*self.places, *((*path, name) for path, names in self.names.items() for name in names)]


def sample_common_shape(bodies: pl.Series) -> CommonShape:
    """The common shape of some bodies."""
    sample = bodies.gather_every(-(-len(bodies) // SAMPLE) or 1)
    answers = [*map(_parsed, sample)]
    arrays = [answer for answer in answers if isinstance(answer, list)]
    objects = [answer for answer in answers if isinstance(answer, dict)]
    is_array = len(arrays) >= len(objects)
    calls = [call for array in arrays for call in array[:MOST_ELEMENTS] if isinstance(call, dict)] + objects
    found = _places(calls)
    unknown = sorted(found.keys() - {*VALUES, NEXT_ACTION}, key=lambda path: (-found[path], path))
    places = [path for path in found.keys() - set(unknown[_UNKNOWN:]) if can_be_asked(path[-1])]
    names = {path: common_names([[*keys] for call in calls if (keys := _object(call, path))]) for path in KEY_VALUES}
    if not _is_mostly_single(found):
        places = [path for path in places if path != NEXT_ACTION]
    return CommonShape([*range(_elements(list(map(len, arrays))))] if is_array else [None], sorted(places), names)


def common_names(objects: Sequence[Sequence[str]]) -> list[str]:
    """Of the keys of some objects those that many have, in order; none if most have others too, or if they are many."""
    counts = Counter(chain.from_iterable(objects))
    common = {key for key, count in counts.items() if count >= len(objects) * _COMMON_SHARE and can_be_asked(key)}
    if len(common) > _NAMES or 2 * sum(common.issuperset(keys) for keys in objects) < len(objects):
        return []
    return sorted(common)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _object(value: Any, path: Path) -> dict[str, Any]:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _places(calls: Sequence[dict[str, Any]]) -> Counter[Path]:
    """How many calls have a value at each place, those left out that are for objects."""
    found: Counter[Path] = Counter()
    for level in (CALL, *PARENTS):
        keys = Counter(chain.from_iterable(_object(call, level) for call in calls))
        found.update({(*level, key): count for key, count in keys.items()})
    for path in (*PARENTS, *KEY_VALUES):
        del found[path]
    actions = (_object(call, INSIGHTS).get(NEXT_ACTION[-1]) for call in calls)
    found[NEXT_ACTION] = sum(action is not None and not isinstance(action, dict | list) for action in actions)
    return +found


def _is_mostly_single(found: Counter[Path]) -> bool:
    """Whether NEXT_ACTION is a single value in all but few calls."""
    objects = max((count for path, count in found.items() if path[:-1] == NEXT_ACTION), default=0)
    return objects < found[NEXT_ACTION] * _COMMON_SHARE


def _elements(counts: list[int]) -> int:
    """The number of calls that all but few answers do not exceed."""
    enough = (
        most for most in range(1, MOST_ELEMENTS) if sum(count > most for count in counts) < len(counts) * _COMMON_SHARE
    )
    return next(enough, MOST_ELEMENTS)
