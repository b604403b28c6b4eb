"""Reads answers of the common shape, parsing each of them once.

An answer has it when it holds nothing beside what a sample of the answers holds; `size_check` finds that out.
"""

import duckdb
import polars as pl

from dialflo_pipeline.flatten.fields import INSIGHTS, KEY_VALUES, NEXT_ACTION, STATUS_INSTEAD, VALUES, Path
from dialflo_pipeline.flatten.frames import DOCUMENT, ELEMENT
from dialflo_pipeline.flatten.vectorised import key_values as keys
from dialflo_pipeline.flatten.vectorised import queries
from dialflo_pipeline.flatten.vectorised.engine import query
from dialflo_pipeline.flatten.vectorised.json_texts import CallTexts, missing_columns, pointer
from dialflo_pipeline.flatten.vectorised.sampling import CommonShape
from dialflo_pipeline.flatten.vectorised.size_check import (
    HAS_TEXT,
    OBJECTS,
    TEXT,
    UNEXPLAINED_BYTES,
    ExtractedTexts,
    compare_objects,
    compare_sizes,
    has_members,
)


def read_common_shape(
    connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, shape: CommonShape
) -> tuple[CallTexts, pl.Series]:
    """The texts of the answers (document, call) that have the common shape, and the numbers of the others."""
    extracted, elements = _extract(connection, answers, shape), len(shape.indexes)
    calls = compare_sizes(extracted)
    unclear = calls.filter(calls[UNEXPLAINED_BYTES] != 0)
    if unclear.height:
        objects = _object_texts(connection, answers, unclear, shape)
        unclear = compare_objects(extracted, unclear, objects)
        changed = (UNEXPLAINED_BYTES, has_members(INSIGHTS))
        calls = calls.with_columns(calls[name].scatter(unclear[ELEMENT], unclear[name]) for name in changed)
    is_common = _has_common_shape(extracted, calls)
    document = calls[ELEMENT] // elements
    kept = extracted.sizes.is_not_null() & is_common.gather(document)
    unclear = unclear.filter(kept.gather(unclear[ELEMENT]))
    actions = [] if NEXT_ACTION in shape.places else [_next_actions(calls.height, unclear)]
    values = extracted.columns.select(*map(pointer, shape.places), *missing_columns(shape.places), *actions)
    found = calls.select(
        answers[DOCUMENT].gather(document),
        (pl.col(ELEMENT) % elements).cast(pl.Int32).alias("call_index"),
        ELEMENT,
        pl.lit(value=False).alias("is_irregular"),
        pl.col(has_members(INSIGHTS)).alias("has_insights"),
    )
    if not kept.all():
        found, values = found.filter(kept), values.filter(kept)
    texts = _key_value_texts(extracted, kept)
    rows = {path: _key_value_rows(connection, extracted, path, texts, unclear) for path in KEY_VALUES}
    unknown = {path for path in shape.places if path not in (*VALUES, NEXT_ACTION) or path == STATUS_INSTEAD}
    return CallTexts(found, values, rows, unknown), answers[DOCUMENT].filter(~is_common)


def _extract(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, shape: CommonShape) -> ExtractedTexts:
    asked = shape.asked
    found = query(connection, queries.common_shape(shape.indexes, asked), answers.select("call"))
    every = pl.DataFrame({TEXT: found["texts"].explode()}).with_columns(pl.col(TEXT).is_not_null().alias(HAS_TEXT))
    kinds = [TEXT] * len(shape.places) + [HAS_TEXT] * (len(asked) - len(shape.places))
    columns = every.select(
        pl.col(kind).gather_every(len(asked), number).alias(pointer(path))
        for number, (path, kind) in enumerate(zip(asked, kinds, strict=True))
    )
    return ExtractedTexts(shape, asked, every, columns, found["sizes"].explode(), found["is_whole"])


def _object_texts(
    connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, calls: pl.DataFrame, shape: CommonShape
) -> pl.DataFrame:
    """The texts at the places of objects, a row per call."""
    elements = len(shape.indexes)
    which = calls[ELEMENT] % elements
    given = pl.DataFrame({"call": answers["call"].gather(calls[ELEMENT] // elements)})
    parts = [
        query(connection, queries.values(shape.indexes[number], OBJECTS), given.filter(which == number))
        for number in which.unique().sort()
    ]
    found = pl.concat(parts)[which.arg_sort().arg_sort()] if len(parts) > 1 else parts[0]
    found.columns = list(map(pointer, OBJECTS))
    return found


def _next_actions(calls: int, unclear: pl.DataFrame) -> pl.Series:
    """The text at NEXT_ACTION where that is not an object with members."""
    actions = pl.repeat(None, calls, dtype=pl.String, eager=True).alias(pointer(NEXT_ACTION))
    return actions.scatter(unclear[ELEMENT], unclear[pointer(NEXT_ACTION)]) if unclear.height else actions


def _has_common_shape(extracted: ExtractedTexts, calls: pl.DataFrame) -> pl.Series:
    """For each answer whether it has a call, no call with unexplained bytes, and no further elements."""
    elements = len(extracted.shape.indexes)
    is_common = extracted.is_whole & extracted.sizes.gather_every(elements).is_not_null()
    others = calls[ELEMENT].filter(calls[UNEXPLAINED_BYTES] != 0) // elements
    return is_common.scatter(others.unique(), False) if len(others) else is_common


def _key_value_texts(extracted: ExtractedTexts, kept: pl.Series) -> pl.DataFrame:
    """Where the texts of keys and values are (at: in `every`; element, number of the place), of the calls kept."""
    width = len(extracted.asked)
    at = extracted.every[HAS_TEXT].arg_true().alias("at").to_frame()
    texts = at.select("at", (pl.col("at") // width).cast(pl.Int64).alias(ELEMENT), number=pl.col("at") % width)
    texts = texts.filter(texts["number"] >= len(extracted.shape.places))
    return texts if kept.all() else texts.filter(kept.gather(texts[ELEMENT]))


def _key_value_rows(
    connection: duckdb.DuckDBPyConnection,
    extracted: ExtractedTexts,
    path: Path,
    texts: pl.DataFrame,
    unclear: pl.DataFrame,
) -> pl.DataFrame:
    """The rows (element, key, text) of an object of keys and values; an object with other keys is read whole."""
    keys_of = [each[-1] if each[:-1] == path else None for each in extracted.asked]
    key = pl.Series(keys_of, dtype=pl.String).gather(texts["number"])
    rows = texts.select(ELEMENT, "at", key=key).filter(key.is_not_null())
    rows = rows.select(ELEMENT, "key", extracted.every[TEXT].gather(rows["at"]))
    whole = unclear.select(ELEMENT, object=pointer(path)).drop_nulls() if unclear.height else unclear
    if not whole.height:
        return rows
    found = keys.sort_rows(query(connection, queries.MEMBERS, whole))
    rows = rows.filter(~rows[ELEMENT].is_in(whole[ELEMENT].implode()))
    return pl.concat([rows, found]).sort(ELEMENT, maintain_order=True)
