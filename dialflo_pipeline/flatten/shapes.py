"""The shape of a call object: which JSON types stand at the known places, and which keys its known objects have.

Many documents share few shapes, so what follows from a shape alone is reckoned once for each: whether DuckDB's JSON
functions surely read such a call as the plain reader would, and what to take off the call to leave its `extra`.
"""

import json
from dataclasses import dataclass
from typing import Final, TypeAlias

from dialflo_pipeline.flatten.fields import (
    CALL,
    FIELDS,
    KEY_VALUES,
    NEXT_ACTION,
    PARENTS,
    STATUS,
    STATUS_INSTEAD,
    Kind,
    Path,
)
from dialflo_pipeline.values import CALL_MARKS

LEVELS: Final = (CALL, *PARENTS)
"""The objects of which every key is known or goes to `extra`."""

KEYED: Final = (*LEVELS, *KEY_VALUES)
"""The objects of which a shape has the keys, in this order."""

VALUES: Final = (*(field.path for field in FIELDS), STATUS_INSTEAD)
TYPED: Final = (CALL, *VALUES, *PARENTS, *KEY_VALUES)
"""The places of which a shape has the type, in this order; as `json_type` names it, None where there is nothing."""

KNOWN: Final = {level: tuple(path for path in TYPED if path and path[:-1] == level) for level in LEVELS}
"""What stands right below each level in a column or a table."""

# DOUBLE is what `json_type` calls every number that is no 64-bit integer: its text may be written anew.
_NO_TEXT: Final = {"OBJECT", "ARRAY", "DOUBLE"}
_NO_NUMBER: Final = {"OBJECT", "ARRAY", "BOOLEAN"}
_NOTHING: Final = {None, "NULL"}

_Types: TypeAlias = dict[Path, str | None]
_Keys: TypeAlias = dict[Path, list[str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What follows from a shape: `patch` is the JSON merge patch that leaves `extra`, None for no `extra`."""

    is_odd: bool
    has_single_action: bool
    patch: str | None


def read_shape(types: str, keys: str) -> Shape:
    """The shape from the JSON texts of its types (as in `TYPED`) and its lists of keys (as in `KEYED`)."""
    type_at: _Types = dict(zip(TYPED, json.loads(types), strict=True))
    keys_at: _Keys = {level: found or [] for level, found in zip(KEYED, json.loads(keys), strict=True)}
    if _is_odd(type_at) or any(len(set(found)) < len(found) for found in keys_at.values()):
        return Shape(is_odd=True, has_single_action=False, patch=None)
    # In order: what the patch leaves comes out in the patch's order, and sets have another one in each process.
    known = {level: dict.fromkeys(path[-1] for path in KNOWN[level]) for level in LEVELS}
    if type_at[STATUS] not in _NOTHING:
        del known[CALL][STATUS_INSTEAD[-1]]
    patch = _patch(CALL, known, keys_at)
    return Shape(
        is_odd=False,
        has_single_action=type_at[NEXT_ACTION] not in ("OBJECT", *_NOTHING),
        patch=None if patch is None else json.dumps(patch),
    )


def _is_odd(type_at: _Types) -> bool:
    """Whether a value is of a type for which there is a reject, or a text that DuckDB may write otherwise."""
    if type_at[CALL] != "OBJECT" or all(type_at[(mark,)] in _NOTHING for mark in CALL_MARKS):
        return True
    if type_at[NEXT_ACTION] in ("ARRAY", "DOUBLE") or (
        type_at[STATUS] in _NOTHING and type_at[STATUS_INSTEAD] in _NO_TEXT
    ):
        return True
    return any(not _fits(type_at[field.path], field.kind) for field in FIELDS) or any(
        type_at[path] not in ("OBJECT", *_NOTHING) for path in (*PARENTS, *KEY_VALUES) if path != NEXT_ACTION
    )


def _fits(json_type: str | None, kind: Kind) -> bool:
    match kind:
        case Kind.TEXT:
            return json_type not in _NO_TEXT
        case Kind.TIME:
            return json_type in ("VARCHAR", *_NOTHING)
    return json_type not in _NO_NUMBER


def _patch(level: Path, known: dict[Path, dict[str, None]], keys_at: _Keys) -> dict[str, object] | None:
    """What to take off a level; None when nothing is left of it then, so that it goes whole."""
    inner = {path[-1]: _patch(path, known, keys_at) for path in PARENTS if path[:-1] == level}
    if not any(inner.values()) and known[level].keys() >= set(keys_at[level]):
        return None
    return {**known[level], **inner}
