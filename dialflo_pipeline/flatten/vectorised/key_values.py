"""Rows of keys and values, from the JSON texts of the values."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from dialflo_pipeline.core.values import ASCII_BLANKS
from dialflo_pipeline.flatten.frames import ELEMENT, KEYS_FOUND

_TYPES: Final = {'"': "string", "{": "object", "[": "array", "t": "boolean", "f": "boolean", "n": "null"}
_TYPE_OF_BYTE: Final = pl.Series(_TYPES.get(chr(byte), "number") for byte in range(256))
_QUOTE: Final = ord('"')
_EMPTY: Final = ("null", "{}", "[]")


def rows_from_lists(names: Sequence[str], lists: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """A row (element, key, text) for each text there is in lists of those at the same keys; how many are in each."""
    if not names:
        rows = pl.DataFrame(schema={ELEMENT: pl.Int64, "key": pl.String, "text": pl.String})
        return rows, pl.repeat(0, len(lists), dtype=pl.UInt32, eager=True)
    each, width = lists.explode(), len(names)
    there = each.is_not_null()
    places = there.arg_true()
    rows = pl.DataFrame(
        {
            ELEMENT: (places // width).cast(pl.Int64),
            "key": pl.Series(names, dtype=pl.String).gather(places % width),
            "text": each.gather(places),
        }
    )
    return rows, there.cast(pl.UInt32).reshape((-1, width)).arr.sum()


def sort_rows(keys: pl.DataFrame) -> pl.DataFrame:
    """Rows (element, key, ...) by element and key."""
    # Sorting by one integer, made from the key's place among the distinct ones: by text takes far longer.
    place = keys["key"].cast(pl.Enum(keys["key"].unique().sort())).to_physical()
    return keys[(keys[ELEMENT] * keys.height + place).arg_sort()]


def find_duplicates(keys: pl.DataFrame) -> pl.Series:
    """The elements of sorted rows of which some key is there twice."""
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in (ELEMENT, "key"))
    return keys.filter(same)[ELEMENT]


def finish(keys: pl.DataFrame, strings: pl.Series) -> pl.DataFrame:
    """Rows (element, key, text) with the value, its type and whether it says something.

    `strings` are the texts, those of strings without quotes and escapes.
    """
    text, first = keys["text"], keys["text"].cast(pl.Binary).bin.get(0)
    value = strings.zip_with(text != "null", pl.Series([None], dtype=pl.String))
    # Blanks come before all other characters, so few strings have to be looked at closely.
    may_be_blank = (strings < "!").arg_true()
    blank = may_be_blank.filter(strings[may_be_blank].str.strip_chars(ASCII_BLANKS) == "")
    other = (first != _QUOTE).arg_true()
    empty = other.filter(text[other].is_in(_EMPTY))
    return keys.select(
        ELEMENT,
        "key",
        value.alias("value"),
        _TYPE_OF_BYTE.gather(first).alias("value_type"),
        pl.repeat(True, keys.height, eager=True).scatter(blank, False).scatter(empty, False).alias("is_filled"),
    ).select(KEYS_FOUND.names())
