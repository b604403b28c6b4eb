"""The fast reader: DuckDB's JSON functions and polars' columns over many documents at a time.

It names the documents that it does not surely read as the plain reader would, and leaves those alone.
"""

from typing import Final
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from dialflo_pipeline.flatten.fields import KEY_VALUES, NEXT_ACTION, VALUES
from dialflo_pipeline.flatten.frames import DOCUMENT, ELEMENT, REJECTS_FOUND, Found, join
from dialflo_pipeline.flatten.vectorised import json_text as raw
from dialflo_pipeline.flatten.vectorised import key_values as keys
from dialflo_pipeline.flatten.vectorised import queries
from dialflo_pipeline.flatten.vectorised.any_shape import read_shaped
from dialflo_pipeline.flatten.vectorised.common_shape import read_usual
from dialflo_pipeline.flatten.vectorised.elements import decoded
from dialflo_pipeline.flatten.vectorised.engine import connection as open_connection
from dialflo_pipeline.flatten.vectorised.engine import query
from dialflo_pipeline.flatten.vectorised.extra_column import extra
from dialflo_pipeline.flatten.vectorised.json_text import place
from dialflo_pipeline.flatten.vectorised.json_values import Texts
from dialflo_pipeline.flatten.vectorised.sampling import Usual
from dialflo_pipeline.flatten.vectorised.typed_columns import finish_calls, time_texts

FEW: Final = 64
"""So many unusual answers are sooner read one by one than by looking for what they have in common."""


def read_documents(bodies: pl.DataFrame, zone: ZoneInfo, usual: Usual) -> tuple[Found, pl.Series]:
    """What the documents in `bodies` (document, body) hold, and the numbers of the odd ones, left out of it.

    `usual` says what to look for first.
    """
    answers, has_escapes = decoded(bodies)
    with open_connection() as connection:
        parts = [_finished(connection, texts, has_escapes, zone) for texts in _texts_in(connection, answers, usual)]
    found = join(parts)
    return found, bodies[DOCUMENT].filter(~bodies[DOCUMENT].is_in(found.calls[DOCUMENT].implode()))


def _texts_in(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame, usual: Usual) -> list[Texts]:
    """The texts in the answers: in those that are usual, and in the others unless they are few."""
    if not usual.places:
        return [read_shaped(connection, answers)]
    try:
        texts, others = read_usual(connection, answers, usual)
    except duckdb.Error:  # rare: what the API's answers are checked for lets little through that DuckDB refuses
        return [read_shaped(connection, answers)]
    if len(others) <= FEW:
        return [texts]
    return [texts, read_shaped(connection, answers.filter(answers[DOCUMENT].is_in(others.implode())))]


def _finished(connection: duckdb.DuckDBPyConnection, texts: Texts, has_escapes: bool, zone: ZoneInfo) -> Found:
    """The documents of which no call is odd, nor has a key twice."""
    values = texts.values
    calls = pl.concat([texts.calls, _scalars(connection, values, has_escapes)], how="horizontal").with_columns(
        texts.calls["is_odd"] | raw.is_odd(values),
        values.with_columns(extra(texts.unknown).alias("extra"))["extra"],
    )
    calls = finish_calls(calls, zone)
    rows = {KEY_VALUES[path].name: _keys(connection, found, has_escapes) for path, found in texts.keys.items()}
    return _clean(calls, rows)


def _scalars(connection: duckdb.DuckDBPyConnection, values: pl.DataFrame, has_escapes: bool) -> pl.DataFrame:
    """The texts of single values, escapes resolved, and the times as DuckDB casts them."""
    texts = values.select(raw.text(path).alias(place(path)) for path in (*VALUES, NEXT_ACTION))
    if has_escapes:
        texts = texts.select(_resolved(connection, texts[name], values[name]) for name in texts.columns)
    times = texts.select(time_texts())
    return pl.concat([texts, query(connection, queries.cast_to_times(times.columns), times)], how="horizontal")


def _keys(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, has_escapes: bool) -> pl.DataFrame:
    strings = rows["text"].str.strip_chars('"')
    return keys.finish(rows, _resolved(connection, strings, rows["text"]) if has_escapes else strings)


def _resolved(connection: duckdb.DuckDBPyConnection, strings: pl.Series, texts: pl.Series) -> pl.Series:
    """The strings with the escapes resolved that are in their JSON texts."""
    escaped = raw.has_escapes(texts).arg_true()
    if not len(escaped):
        return strings
    return strings.scatter(escaped, query(connection, queries.UNESCAPED, texts[escaped].to_frame("text"))["text"])


def _clean(calls: pl.DataFrame, rows: dict[str, pl.DataFrame]) -> Found:
    twice = pl.concat(keys.twice_there(found) for found in rows.values())
    odd = calls[DOCUMENT].filter(calls["is_odd"] | calls[ELEMENT].is_in(twice.implode())).unique()
    if len(odd):
        calls = calls.filter(~calls[DOCUMENT].is_in(odd.implode()))
        rows = {name: found.filter(found[ELEMENT].is_in(calls[ELEMENT].implode())) for name, found in rows.items()}
    return Found(calls.drop("is_odd"), rows, pl.DataFrame(schema=REJECTS_FOUND))
