"""Checks by sizes that a call holds nothing beside the values that were extracted.

The JSON text of an object consists of its members. So when the extracted texts, with their keys and separators, are as
long as the object's own text, it has no other key and none twice. DuckDB writes all these texts alike, without white
space.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from dialflo_pipeline.flatten.fields import KEY_VALUES, NEXT_ACTION, PARENTS, Path
from dialflo_pipeline.flatten.frames import ELEMENT
from dialflo_pipeline.flatten.vectorised.json_texts import pointer
from dialflo_pipeline.flatten.vectorised.sampling import CommonShape

OBJECTS: Final = sorted({*PARENTS, *KEY_VALUES}, key=lambda path: (-len(path), path))
"""Places of objects, inner before outer."""

UNEXPLAINED_BYTES: Final = "unexplained bytes"
"""By how much a call's own text is longer than the texts extracted from it explain."""

TEXT: Final = "text"
HAS_TEXT: Final = "has text"


@dataclass(frozen=True)
class ExtractedTexts:
    """The texts at all places `asked` for.

    `every`: a row per call and place, with the text and whether there is one. `columns`: the same with a row per call
    and a column per place; for keys and values only whether there is a text. `sizes`: of each call, null where the
    answer has no such element. `is_whole`: for each answer, whether it has no further elements.
    """

    shape: CommonShape
    asked: list[Path]
    every: pl.DataFrame
    columns: pl.DataFrame
    sizes: pl.Series
    is_whole: pl.Series


def has_members(path: Path) -> str:
    """Name of the column that says whether the object at a place has members."""
    return f"has {pointer(path)}"


def compare_sizes(extracted: ExtractedTexts) -> pl.DataFrame:
    """Per call: its number, whether each object has members, and the unexplained bytes."""
    asked, calls = extracted.asked, len(extracted.sizes)
    key_sizes = pl.Series([list(map(_key_size, asked))], dtype=pl.List(pl.UInt32)).new_from_index(0, calls).explode()
    size = pl.col(TEXT).str.len_bytes() + key_sizes
    members = extracted.every.select(size.reshape((-1, len(asked))).arr.sum().cast(pl.Int64))[TEXT]
    texts = set(extracted.shape.places)
    present = {path: pl.col(pointer(path)).is_not_null() if path in texts else pl.col(pointer(path)) for path in asked}
    has = {path: [present[each] for each in asked if each[: len(path)] == path != each] for path in OBJECTS}
    any_of = {path: pl.any_horizontal(pl.lit(value=False), *found) for path, found in has.items()}
    objects = [any_of[path].cast(pl.Int64) * (_key_size(path) + 1) for path in OBJECTS if has[path]]
    unexplained = extracted.sizes - 1 - members - pl.sum_horizontal(pl.lit(0, pl.Int64), *objects)
    if NEXT_ACTION in texts:
        # It was extracted as a single value. The size of an object there would explain anything inside it.
        is_object = pl.col(pointer(NEXT_ACTION)).str.starts_with("{")
        unexplained = pl.when(is_object).then(-1).otherwise(unexplained)
    return extracted.columns.with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias(ELEMENT),
        *(found.alias(has_members(path)) for path, found in any_of.items()),
        unexplained.alias(UNEXPLAINED_BYTES),
    ).select(ELEMENT, *map(has_members, OBJECTS), UNEXPLAINED_BYTES)


def compare_objects(extracted: ExtractedTexts, calls: pl.DataFrame, objects: pl.DataFrame) -> pl.DataFrame:
    """The calls with the texts of their objects; bytes that these explain are subtracted."""
    sizes = _sizes_by_name(extracted, calls[ELEMENT])
    compared = pl.concat([calls, objects, sizes], how="horizontal").lazy()
    for path in (each for each in OBJECTS if each not in extracted.asked):
        compared = _compare_key_values(compared, path) if path in KEY_VALUES else _compare_object(compared, path)
    return compared.collect()


def _compare_key_values(calls: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """An object of keys and values counts with its whole text, which is kept if it has keys that were not asked for."""
    text, had = pl.col(pointer(path)), pl.col(has_members(path)).cast(pl.Int64)
    size = (text.str.len_bytes().cast(pl.Int64) + _key_size(path)).fill_null(0)
    by_name = pl.col(_size_by_name(path)) + had * (_key_size(path) + 1)
    is_clear = text.str.contains("^([{]|null$)").fill_null(value=True)
    return calls.with_columns(
        pl.when(is_clear).then(pl.col(UNEXPLAINED_BYTES) + by_name - size).otherwise(-1).alias(UNEXPLAINED_BYTES),
        text.is_not_null().alias(has_members(path)),
        pl.when(text.str.starts_with("{") & (size != by_name)).then(text).alias(pointer(path)),
    )


def _compare_object(calls: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """Any other object counts for the members found in it; without any it must be empty or null."""
    text, had = pl.col(pointer(path)), pl.col(has_members(path))
    has = had | pl.any_horizontal(pl.lit(value=False), *(has_members(each) for each in OBJECTS if each[:-1] == path))
    is_nothing = text.is_in(["null", "{}"])
    if path == NEXT_ACTION:
        is_nothing |= ~text.str.contains(r"^[{\[]")
    size = (text.str.len_bytes().cast(pl.Int64) + _key_size(path)).fill_null(0)
    explained = pl.when(~has).then(size).when(~had).then(_key_size(path) + 1).otherwise(0)
    is_clear = has | is_nothing.fill_null(value=True)
    return calls.with_columns(
        pl.when(is_clear).then(pl.col(UNEXPLAINED_BYTES) - explained).otherwise(-1).alias(UNEXPLAINED_BYTES),
        has.alias(has_members(path)),
        pl.when(~has).then(text).alias(pointer(path)),
    )


def _key_size(path: Path) -> int:
    """By how much a member makes its object's text longer, beside its own text: quotes, colon, comma."""
    return len(path[-1].encode()) + 4


def _size_by_name(path: Path) -> str:
    return f"size by name {pointer(path)}"


def _sizes_by_name(extracted: ExtractedTexts, calls: pl.Series) -> pl.DataFrame:
    """Per call: the bytes that the members asked for by name add to the text of each object of keys and values."""
    start = calls * len(extracted.asked)

    def size(number: int, path: Path) -> pl.Expr:
        return pl.col(TEXT).gather(start + number).str.len_bytes().cast(pl.Int64) + _key_size(path)

    sizes = {
        path: [size(number, each) for number, each in enumerate(extracted.asked) if each[:-1] == path]
        for path in KEY_VALUES
    }
    none = pl.repeat(0, len(calls), dtype=pl.Int64)
    return extracted.every.select(
        pl.sum_horizontal(none, *each).alias(_size_by_name(path)) for path, each in sizes.items()
    )
