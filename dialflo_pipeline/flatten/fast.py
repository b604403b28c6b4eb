"""The fast reader: DuckDB's JSON functions and polars' columns over many documents at a time.

It names the documents that it does not surely read as the plain reader would, and leaves those alone.
"""

from collections.abc import Sequence
from contextlib import closing
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from dialflo_pipeline.flatten import queries, raw
from dialflo_pipeline.flatten.columns import finish_calls, finish_keys, time_texts, twice_there
from dialflo_pipeline.flatten.extras import extra
from dialflo_pipeline.flatten.fields import KEY_VALUES, NEXT_ACTION, PARENTS, VALUES, Path
from dialflo_pipeline.flatten.frames import DOCUMENT, ELEMENT, REJECTS_FOUND, Found
from dialflo_pipeline.flatten.raw import place
from dialflo_pipeline.flatten.shapes import read_shape

_UNKNOWN_PLACES: Final = 256
"""How many places of no column are looked at in each call of a slice; calls with more of them are odd."""

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 1,
    "temp_directory": "",
    "produce_arrow_string_view": "true",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def open_database() -> duckdb.DuckDBPyConnection:
    """A database that computes and holds nothing, on one core; for several callers of `read_documents` at once."""
    return duckdb.connect(":memory:", config=_SETTINGS)


def read_documents(
    database: duckdb.DuckDBPyConnection, bodies: pl.DataFrame, zone: ZoneInfo
) -> tuple[Found, pl.Series]:
    """What the documents in `bodies` (document, body) hold, and the numbers of the odd ones, left out of it."""
    with closing(database.cursor()) as connection:
        connection.execute("SET TimeZone = 'UTC'")  # A time without an offset stays as it is; `to_utc` sees to it.
        calls, unknown = _calls(connection, _answers(bodies))
        values = _values(connection, calls, unknown)
        calls = pl.concat([calls, _texts(connection, calls, values)], how="horizontal").with_columns(
            calls["is_odd"] | values["is_odd"] | raw.is_odd(values),
            values.select(extra(unknown).alias("extra")).to_series(),
        )
        finished = finish_calls(calls, zone)
        keys = {table.name: _keys(connection, finished, values, path) for path, table in KEY_VALUES.items()}
        return _clean(bodies, finished, keys)


def _answers(bodies: pl.DataFrame) -> pl.DataFrame:
    """The bodies as texts (document, call_index, call) without those that DuckDB would not read right."""
    texts = bodies.select(DOCUMENT, pl.lit(0, pl.Int32).alias("call_index"), _decoded(bodies["body"]).alias("call"))
    return texts.filter(~texts["call"].str.contains("\\u0000", literal=True).fill_null(value=True))


def _decoded(bodies: pl.Series) -> pl.Series:
    """The bodies as text; null where one is not UTF-8."""
    try:
        return bodies.cast(pl.String)
    except pl.exceptions.ComputeError:  # No cast of polars leaves out just those that fail.
        return pl.Series(map(_decoded_or_none, bodies), dtype=pl.String)


def _decoded_or_none(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _calls(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame) -> tuple[pl.DataFrame, list[Path]]:
    """Every element of the answers, first in an array, with what follows from its shape; and the unknown places."""
    calls, unknown = _shaped(connection, answers)
    others = calls.filter(~pl.col("is_alone")).select(DOCUMENT, "call")
    if others.height:
        elements, more = _shaped(connection, _query(connection, queries.ELEMENTS, others))
        elements = elements.with_columns(pl.col("is_odd") | ~pl.col("is_alone"))
        calls = pl.concat([calls.filter("is_alone"), elements]).sort(DOCUMENT, maintain_order=True)
        unknown |= more
    return calls.with_row_index(ELEMENT).cast({ELEMENT: pl.Int64}), sorted(unknown)


def _shaped(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame) -> tuple[pl.DataFrame, set[Path]]:
    """The calls with what follows from the shape of each, and the places unknown in those that are not odd."""
    calls = pl.concat([calls, _shapes(connection, calls.select("call"))], how="horizontal")
    distinct = calls.unique("shape")
    unknown: set[Path] = set()
    rows = []
    for keys in _query(connection, queries.SHAPE_TEXTS, distinct.select("call"))["keys"]:
        shape = read_shape(keys)
        is_odd = shape.is_odd or len(unknown.union(shape.unknown)) > _UNKNOWN_PLACES
        unknown |= set() if is_odd else set(shape.unknown)
        rows.append((shape.is_alone, is_odd, shape.has_insights, shape.is_unsure))
    flags = pl.DataFrame(
        rows, dict.fromkeys(("is_alone", "is_odd", "has_insights", "is_unsure"), pl.Boolean), orient="row"
    )
    shapes = flags.with_columns(distinct["shape"])
    return calls.join(shapes, on="shape", how="left", maintain_order="left").drop("shape"), unknown


def _shapes(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame) -> pl.DataFrame:
    try:
        return _query(connection, queries.SHAPES, calls)
    except duckdb.Error:  # rare: what the API's answers are checked for lets little through that DuckDB refuses
        return _query(connection, queries.SHAPES_TRIED, calls)


def _values(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, unknown: list[Path]) -> pl.DataFrame:
    """The JSON texts at all places of the calls, and whether a known parent `is_odd`."""
    values = _at_places(connection, calls, (*raw.PLACES, *unknown))
    unsure = calls.filter("is_unsure")
    parents = _at_places(connection, unsure, PARENTS)
    nothing = pl.repeat(None, calls.height, dtype=pl.String, eager=True)
    return values.with_columns(
        pl.repeat(False, calls.height, eager=True).scatter(unsure[ELEMENT], raw.is_odd_parent(parents)).alias("is_odd"),
        nothing.scatter(unsure[ELEMENT], parents[place(NEXT_ACTION)]).alias(place(NEXT_ACTION)),
    )


def _at_places(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, places: Sequence[Path]) -> pl.DataFrame:
    texts = _query(connection, queries.values(places), calls.select("call"))
    texts.columns = [*map(place, places)]
    return texts


def _texts(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """The texts of single values, escapes resolved, and the times as DuckDB casts them."""
    texts = values.select(raw.text(path).alias(place(path)) for path in (*VALUES, NEXT_ACTION))
    may_be_escaped = calls["call"].str.contains("\\", literal=True).arg_true()
    for path in (*VALUES, NEXT_ACTION):
        escaped = may_be_escaped.filter(values[place(path)][may_be_escaped].str.contains(raw.ESCAPED))
        if len(escaped):
            strings = values.select(text=place(path))[escaped]
            resolved = _query(connection, queries.UNESCAPED, strings)["text"]
            texts = texts.with_columns(texts[place(path)].scatter(escaped, resolved))
    times = texts.select(time_texts())
    return pl.concat([texts, _query(connection, queries.cast_to_times(times.columns), times)], how="horizontal")


def _keys(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, values: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The keys and values of the object at a place of each call that is not odd so far."""
    objects = pl.DataFrame({ELEMENT: calls[ELEMENT], "object": values[place(path)]}).filter(
        ~calls["is_odd"] & (values[place(path)] != "null")
    )
    return finish_keys(_query(connection, queries.KEYS, objects))


def _clean(bodies: pl.DataFrame, calls: pl.DataFrame, keys: dict[str, pl.DataFrame]) -> tuple[Found, pl.Series]:
    """What was found in documents of which no call is odd, nor has a key twice; and the numbers of the others."""
    twice = pl.concat(twice_there(found) for found in keys.values())
    of_odd = calls[DOCUMENT].filter(calls["is_odd"] | calls[ELEMENT].is_in(twice.implode())).unique()
    without_calls = bodies[DOCUMENT].filter(~bodies[DOCUMENT].is_in(calls[DOCUMENT].implode()))
    calls = calls.filter(~calls[DOCUMENT].is_in(of_odd.implode())).drop("is_odd")
    if len(of_odd):
        keys = {name: found.filter(found[ELEMENT].is_in(calls[ELEMENT].implode())) for name, found in keys.items()}
    return Found(calls, keys, pl.DataFrame(schema=REJECTS_FOUND)), pl.concat([of_odd, without_calls]).sort()


def _query(connection: duckdb.DuckDBPyConnection, query: str, given: pl.DataFrame) -> pl.DataFrame:
    """The result of a query over `given`, whose rows are in order."""
    connection.register("given", given.to_arrow(compat_level=pl.CompatLevel.newest()))
    return pl.DataFrame(pl.from_arrow(connection.sql(query).to_arrow_table()))
