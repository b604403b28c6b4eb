"""Reads many documents at a time with DuckDB's JSON functions and polars.

It leaves out the documents that it may read otherwise than the reference reader, and returns their numbers.
"""

from typing import Final

import duckdb
import polars as pl

from dialflo_pipeline.flatten.fields import KEY_VALUES, NEXT_ACTION, VALUES, ReadRules
from dialflo_pipeline.flatten.frames import DOCUMENT, ELEMENT, REJECTS_FOUND, ReaderResult, join
from dialflo_pipeline.flatten.vectorised import json_texts, queries
from dialflo_pipeline.flatten.vectorised import key_values as keys
from dialflo_pipeline.flatten.vectorised.any_shape import read_any_shape
from dialflo_pipeline.flatten.vectorised.common_shape import read_common_shape
from dialflo_pipeline.flatten.vectorised.elements import decode_bodies
from dialflo_pipeline.flatten.vectorised.engine import connection as open_connection
from dialflo_pipeline.flatten.vectorised.engine import query
from dialflo_pipeline.flatten.vectorised.json_texts import CallTexts, extra, pointer
from dialflo_pipeline.flatten.vectorised.sampling import CommonShape
from dialflo_pipeline.flatten.vectorised.typed_columns import finish_calls, time_texts

FEW_DOCUMENTS: Final = 64
"""Up to this number of answers of other shapes, reading one by one is faster than finding their shapes."""


def read_documents(bodies: pl.DataFrame, rules: ReadRules, shape: CommonShape) -> tuple[ReaderResult, pl.Series]:
    """What the documents in `bodies` (document, body) hold, and the numbers of the irregular ones, which it leaves out.

    `shape` says what to look for first.
    """
    answers, has_escapes = decode_bodies(bodies)
    with open_connection() as connection:
        parts = [_finish(connection, texts, has_escapes, rules) for texts in _extract_texts(connection, answers, shape)]
    found = join(parts)
    return found, bodies[DOCUMENT].filter(~bodies[DOCUMENT].is_in(found.calls[DOCUMENT].implode()))


def _extract_texts(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, shape: CommonShape) -> list[CallTexts]:
    """The texts in the answers of the common shape, and in the others unless they are few."""
    if not shape.places:
        return [read_any_shape(connection, answers)]
    try:
        texts, others = read_common_shape(connection, answers, shape)
    except duckdb.Error:  # rare: what the API's answers are checked for lets little through that DuckDB refuses
        return [read_any_shape(connection, answers)]
    if len(others) <= FEW_DOCUMENTS:
        return [texts]
    return [texts, read_any_shape(connection, answers.filter(answers[DOCUMENT].is_in(others.implode())))]


def _finish(
    connection: duckdb.DuckDBPyConnection, texts: CallTexts, has_escapes: bool, rules: ReadRules
) -> ReaderResult:
    """The documents without an irregular call or a key given twice."""
    values = texts.values
    calls = pl.concat([texts.calls, _scalar_texts(connection, values, has_escapes)], how="horizontal").with_columns(
        texts.calls["is_irregular"] | json_texts.is_irregular(values),
        values.with_columns(extra(texts.unknown).alias("extra"))["extra"],
    )
    calls = finish_calls(calls, rules)
    rows = {KEY_VALUES[path].name: _keys(connection, found, has_escapes) for path, found in texts.keys.items()}
    return _drop_irregular(calls, rows)


def _scalar_texts(connection: duckdb.DuckDBPyConnection, values: pl.DataFrame, has_escapes: bool) -> pl.DataFrame:
    """The texts of single values, escapes resolved, and the times as DuckDB casts them."""
    texts = values.select(json_texts.text(path).alias(pointer(path)) for path in (*VALUES, NEXT_ACTION))
    if has_escapes:
        texts = texts.select(_resolve_escapes(connection, texts[name], values[name]) for name in texts.columns)
    times = texts.select(time_texts())
    return pl.concat([texts, query(connection, queries.cast_to_times(times.columns), times)], how="horizontal")


def _keys(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, has_escapes: bool) -> pl.DataFrame:
    strings = rows["text"].str.strip_chars('"')
    return keys.finish(rows, _resolve_escapes(connection, strings, rows["text"]) if has_escapes else strings)


def _resolve_escapes(connection: duckdb.DuckDBPyConnection, strings: pl.Series, texts: pl.Series) -> pl.Series:
    """The strings with the escapes resolved that are in their JSON texts."""
    escaped = json_texts.has_escapes(texts).arg_true()
    if not len(escaped):
        return strings
    return strings.scatter(escaped, query(connection, queries.UNESCAPED, texts[escaped].to_frame("text"))["text"])


def _drop_irregular(calls: pl.DataFrame, rows: dict[str, pl.DataFrame]) -> ReaderResult:
    twice = pl.concat(keys.find_duplicates(found) for found in rows.values())
    irregular = calls[DOCUMENT].filter(calls["is_irregular"] | calls[ELEMENT].is_in(twice.implode())).unique()
    if len(irregular):
        calls = calls.filter(~calls[DOCUMENT].is_in(irregular.implode()))
        rows = {name: found.filter(found[ELEMENT].is_in(calls[ELEMENT].implode())) for name, found in rows.items()}
    return ReaderResult(calls.drop("is_irregular"), rows, pl.DataFrame(schema=REJECTS_FOUND))
