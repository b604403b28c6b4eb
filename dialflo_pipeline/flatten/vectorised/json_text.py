"""The JSON texts of values, as the fast reader gets them: a column for each place, named by its JSON pointer."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from dialflo_pipeline.core.schema import ValueKind
from dialflo_pipeline.flatten.fields import FIELDS, NEXT_ACTION, STATUS_INSTEAD, Path

# A number that is no 64-bit integer may be written anew by DuckDB, so its text would not be as it was sent.
_KEPT_AS_SENT = '"|null$|true$|false$|-?[0-9]{1,18}$'
_PATTERNS: Final = {
    **{field.path: f"^({_KEPT_AS_SENT})" for field in FIELDS if field.kind is ValueKind.TEXT},
    STATUS_INSTEAD: f"^({_KEPT_AS_SENT})",
    NEXT_ACTION: f"^([{{]|{_KEPT_AS_SENT})",
}


def place(path: Path) -> str:
    """Name of the column with the JSON text at a place of a call."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def is_odd(raw: pl.DataFrame) -> pl.Series:
    """Whether a call has a value of a type that is due a reject, or that may not be kept as it was sent."""
    patterns = {place(path): pattern for path, pattern in _PATTERNS.items()}
    (all_strings,) = raw.select(pl.col(*patterns).str.starts_with('"').all()).iter_rows(named=True)  # quick to see
    odd = [~pl.col(name).str.contains(pattern) for name, pattern in patterns.items() if not all_strings[name]]
    return raw.select(pl.any_horizontal(pl.lit(value=False), *odd).fill_null(value=False)).to_series()


def is_odd_object(objects: pl.DataFrame, paths: Iterable[Path]) -> pl.Series:
    """Whether any of these places has neither an object nor null, but for NEXT_ACTION, which may be a single value."""
    texts = [pl.col(place(path)) for path in paths if path != NEXT_ACTION]
    return objects.select(
        pl.any_horizontal(False, *(~text.str.contains("^([{]|null$)") for text in texts)).fill_null(value=False)
    ).to_series()


def has_escapes(texts: pl.Series) -> pl.Series:
    """Whether this is the text of a string with escapes."""
    return texts.str.starts_with('"') & texts.str.contains("\\", literal=True)


def text(path: Path) -> pl.Expr:
    """The text of a single value, that of a string still with its escapes; null for null and for an object."""
    value = pl.col(place(path))
    is_single = value != "null"
    if path == NEXT_ACTION:
        is_single &= ~value.str.starts_with("{")
    return pl.when(is_single).then(value.str.strip_chars('"'))
