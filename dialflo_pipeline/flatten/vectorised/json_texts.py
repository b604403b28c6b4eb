"""The JSON texts of values: one column per place in a call, and the `extra` made from them.

A column is named by the JSON pointer of its place.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from dialflo_pipeline.core.schema import ValueKind
from dialflo_pipeline.flatten.fields import CALL, FIELDS, NEXT_ACTION, PARENTS, STATUS, STATUS_INSTEAD, VALUES, Path

# DuckDB may rewrite a number that is not a 64-bit integer, so its text would not be as it was sent.
_KEPT_AS_SENT = '"|null$|true$|false$|-?[0-9]{1,18}$'
_PATTERNS: Final = {
    **{field.path: f"^({_KEPT_AS_SENT})" for field in FIELDS if field.kind is ValueKind.TEXT},
    STATUS_INSTEAD: f"^({_KEPT_AS_SENT})",
    NEXT_ACTION: f"^([{{]|{_KEPT_AS_SENT})",
}


@dataclass(frozen=True)
class CallTexts:
    """The JSON texts of some calls, not yet read as values.

    `calls` and `values` have a row per call, ordered by document and call_index. `calls` has document, call_index,
    element, is_irregular and has_insights. `values` has the JSON text at each place and at NEXT_ACTION, null where
    there is none. `keys` has the rows (element, key, text) of each object of keys and values, in order. `unknown` are
    the places that may have to go to `extra`.
    """

    calls: pl.DataFrame
    values: pl.DataFrame
    keys: dict[Path, pl.DataFrame]
    unknown: Collection[Path]


def pointer(path: Path) -> str:
    """Name of the column with the JSON text at a place of a call."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def missing_columns(present: Collection[Path]) -> list[pl.Expr]:
    """Empty columns for the places of single values that are not in `present`."""
    return [pl.lit(None, pl.String).alias(pointer(path)) for path in VALUES if path not in present]


def is_irregular(raw: pl.DataFrame) -> pl.Series:
    """Whether a call has a value of a rejected type, or one whose text may differ from what was sent."""
    patterns = {pointer(path): pattern for path, pattern in _PATTERNS.items()}
    # Most columns hold strings only, and that is quick to see.
    (all_strings,) = raw.select(pl.col(*patterns).str.starts_with('"').all()).iter_rows(named=True)
    irregular = [~pl.col(name).str.contains(pattern) for name, pattern in patterns.items() if not all_strings[name]]
    return raw.select(pl.any_horizontal(pl.lit(value=False), *irregular).fill_null(value=False)).to_series()


def is_irregular_object(objects: pl.DataFrame, paths: Iterable[Path]) -> pl.Series:
    """Whether any of these places has neither an object nor null; NEXT_ACTION may also be a single value."""
    texts = [pl.col(pointer(path)) for path in paths if path != NEXT_ACTION]
    return objects.select(
        pl.any_horizontal(False, *(~text.str.contains("^([{]|null$)") for text in texts)).fill_null(value=False)
    ).to_series()


def has_escapes(texts: pl.Series) -> pl.Series:
    """Whether a text is that of a string with escapes."""
    return texts.str.starts_with('"') & texts.str.contains("\\", literal=True)


def text(path: Path) -> pl.Expr:
    """The text of a single value, a string still with its escapes; null for null and for an object."""
    value = pl.col(pointer(path))
    is_single = value != "null"
    if path == NEXT_ACTION:
        is_single &= ~value.str.starts_with("{")
    return pl.when(is_single).then(value.str.strip_chars('"'))


def extra(places: Collection[Path]) -> pl.Expr:
    """The object of what is at these places of a call, keys in order at each known level; null where nothing is."""
    return _object(CALL, places)


def _object(level: Path, unknown: Collection[Path]) -> pl.Expr:
    here = [path for path in unknown if path[:-1] == level]
    inner = [path for path in PARENTS if path[:-1] == level and any(each[: len(path)] == path for each in unknown)]
    values = {path: _value(path) for path in here} | {path: _object(path, unknown) for path in inner}
    members = [
        pl.concat_str(pl.lit(json.dumps(path[-1], ensure_ascii=False) + ":"), values[path]) for path in sorted(values)
    ]
    if not members:
        return pl.lit(None, pl.String)
    joined = pl.concat_str(members, separator=",", ignore_nulls=True) if len(members) > 1 else members[0]
    return pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))


def _value(path: Path) -> pl.Expr:
    value = pl.col(pointer(path))
    return pl.when(pl.col(pointer(STATUS)) != "null").then(value) if path == STATUS_INSTEAD else value
