"""Finds the calls in answers, and the shape of each.

A frame of calls has `document`, `call_index`, `call` (the answer that holds the call, or an array of the call alone),
`index` (its index there), `is_irregular`, `has_insights`, `is_unsure`, and the number of rows it gives to each
table of keys and values.
"""

from typing import Final

import duckdb
import polars as pl

from dialflo_pipeline.flatten.fields import Path
from dialflo_pipeline.flatten.frames import DOCUMENT, ELEMENT
from dialflo_pipeline.flatten.vectorised import queries
from dialflo_pipeline.flatten.vectorised.engine import query
from dialflo_pipeline.flatten.vectorised.shapes import MOST_ELEMENTS, Shape, read_shape

_UNKNOWN_PLACES: Final = 256
"""How many places of no column are looked at in each call of a slice; calls with more of them are irregular."""

_FLAGS: Final = ("is_short", "is_last", "is_irregular", "has_insights", "is_unsure")


def decode_bodies(bodies: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """The bodies as texts (document, call) without those that DuckDB would misread, and whether any has an escape."""
    texts = bodies.select(DOCUMENT, _decode(bodies["body"]).alias("call"))
    texts = texts.filter(texts["call"].is_not_null())
    has_escapes = texts["call"].str.contains("\\", literal=True).any()
    return texts.filter(~texts["call"].str.contains("\\u0000", literal=True)) if has_escapes else texts, has_escapes


def _decode(bodies: pl.Series) -> pl.Series:
    """The bodies as text; null where one is not UTF-8."""
    try:
        return bodies.cast(pl.String)
    except pl.exceptions.ComputeError:  # No cast of polars leaves out just those that fail.
        return pl.Series(map(_decode_or_none, bodies), dtype=pl.String)


def _decode_or_none(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def find_calls(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame) -> tuple[pl.DataFrame, list[Shape]]:
    """Every element of the answers (document, call), numbered; and the shapes that are not irregular."""
    first, shapes = _add_shapes(connection, _at(answers, 0))
    found = [calls := first.filter("is_short")]
    for index in range(1, MOST_ELEMENTS):
        longer = calls.filter(~calls["is_last"]).select(DOCUMENT, "call")
        if longer.is_empty():
            break
        calls, more = _add_shapes(connection, _at(longer, index), index)
        found.append(calls)
        shapes += more
    others = first.filter(~first["is_short"]).select(DOCUMENT, "call")
    if others.height:
        elements = query(connection, queries.ELEMENTS, others)
        split, more = _add_shapes(connection, elements)
        found.append(split.with_columns(split["is_irregular"] | ~split["is_short"] | ~split["is_last"]))
        shapes += more
    every = found[0] if len(found) == 1 else pl.concat(found).sort(DOCUMENT, "call_index")
    return every.drop("is_short", "is_last").with_row_index(ELEMENT).cast({ELEMENT: pl.Int64}), shapes


def split_by_index(calls: pl.DataFrame) -> list[tuple[int, pl.DataFrame]]:
    """The calls split by index, since each index has its own queries; at least one part, which may be empty."""
    indexes = calls["index"].unique().to_list() or [0]
    return [(index, calls.filter(calls["index"] == index) if len(indexes) > 1 else calls) for index in indexes]


def _at(answers: pl.DataFrame, index: int) -> pl.DataFrame:
    return answers.select(DOCUMENT, pl.lit(index, pl.Int32).alias("call_index"), "call")


def _add_shapes(
    connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, index: int = 0
) -> tuple[pl.DataFrame, list[Shape]]:
    """The calls, all of this index, with what follows from the shape of each; and the shapes that are not irregular."""
    calls = calls.with_columns(index=pl.lit(index, pl.Int32))
    calls = pl.concat([calls, _shape_numbers(connection, calls.select("call"), index)], how="horizontal")
    distinct = calls.unique("shape")
    unknown: set[Path] = set()
    shapes = []
    rows = []
    for keys in query(connection, queries.shape_texts(index), distinct.select("call"))["keys"]:
        shape = read_shape(keys)
        is_irregular = shape.is_irregular or len(unknown.union(shape.unknown)) > _UNKNOWN_PLACES
        if not is_irregular:
            unknown.update(shape.unknown)
            shapes.append(shape)
        rows.append((shape.is_short, shape.is_last, is_irregular, shape.has_insights, bool(shape.unsure)))
    flags = pl.DataFrame(rows, dict.fromkeys(_FLAGS, pl.Boolean), orient="row").with_columns(distinct["shape"])
    return calls.join(flags, on="shape", how="left", maintain_order="left").drop("shape"), shapes


def _shape_numbers(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, index: int) -> pl.DataFrame:
    try:
        return query(connection, queries.shapes(index), calls)
    except duckdb.Error:  # rare: what the API's answers are checked for lets little through that DuckDB refuses
        return query(connection, queries.shapes_or_null(index), calls)
