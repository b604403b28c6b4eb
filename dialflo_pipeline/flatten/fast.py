"""The fast reader: DuckDB's JSON functions and polars' columns over many documents at a time.

It names the documents that it does not surely read as the plain reader would, and leaves those alone.
"""

import os
from collections import Counter
from contextlib import closing
from functools import cache
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from dialflo_pipeline.flatten import keys, queries, raw
from dialflo_pipeline.flatten.columns import finish_calls, time_texts
from dialflo_pipeline.flatten.extras import extra
from dialflo_pipeline.flatten.fields import KEY_VALUES, NEXT_ACTION, STATUS_INSTEAD, VALUES, Path
from dialflo_pipeline.flatten.frames import DOCUMENT, ELEMENT, REJECTS_FOUND, Found
from dialflo_pipeline.flatten.raw import place
from dialflo_pipeline.flatten.shapes import Shape, can_be_asked, read_shape

_UNKNOWN_PLACES: Final = 256
"""How many places of no column are looked at in each call of a slice; calls with more of them are odd."""

_SAMPLE: Final = 256
_USUAL: Final = 1 / 8
"""A key that this share of a sample of objects has is looked up in all: looking costs less than what finding gains."""

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 1,
    "temp_directory": "",
    "produce_arrow_string_view": "true",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


@cache
def _database(_process: int) -> duckdb.DuckDBPyConnection:
    """A database that computes and holds nothing, on one core; opening it takes as long as reading a thousand answers.

    A process has its own, for none outlives a fork.
    """
    return duckdb.connect(":memory:", config=_SETTINGS)


def read_documents(bodies: pl.DataFrame, zone: ZoneInfo) -> tuple[Found, pl.Series]:
    """What the documents in `bodies` (document, body) hold, and the numbers of the odd ones, left out of it."""
    with closing(_database(os.getpid()).cursor()) as connection:
        connection.execute("SET TimeZone = 'UTC'")  # A time without an offset stays as it is; `to_utc` sees to it.
        answers, has_escapes = _answers(bodies)
        calls, shapes = _calls(connection, answers)
        names = _names(connection, calls)
        values = _values(connection, calls, shapes, names)
        calls = pl.concat([calls, _texts(connection, values, has_escapes)], how="horizontal").with_columns(
            calls["is_odd"] | values["is_odd"] | raw.is_odd(values),
            values.with_columns(extra(_left(shapes)).alias("extra"))["extra"],
        )
        finished = finish_calls(calls, zone)
        rows = {
            table.name: _keys(connection, calls, values[place(path)], path, names[path], has_escapes)
            for path, table in KEY_VALUES.items()
        }
        return _clean(bodies, finished, rows)


def _answers(bodies: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """The bodies as texts (document, call_index, call) without those that DuckDB would not read right.

    And whether there is any escape in them.
    """
    texts = bodies.select(DOCUMENT, pl.lit(0, pl.Int32).alias("call_index"), _decoded(bodies["body"]).alias("call"))
    texts = texts.filter(texts["call"].is_not_null())
    has_escapes = texts["call"].str.contains("\\", literal=True).any()
    return texts.filter(~texts["call"].str.contains("\\u0000", literal=True)) if has_escapes else texts, has_escapes


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


def _calls(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame) -> tuple[pl.DataFrame, list[Shape]]:
    """Every element of the answers, first in an array, with what follows from its shape; and the shapes not odd."""
    calls, shapes = _shaped(connection, answers)
    others = calls.filter(~pl.col("is_alone")).select(DOCUMENT, "call")
    if others.height:
        elements, more = _shaped(connection, _query(connection, queries.ELEMENTS, others))
        elements = elements.with_columns(pl.col("is_odd") | ~pl.col("is_alone"))
        calls = pl.concat([calls.filter("is_alone"), elements]).sort(DOCUMENT, maintain_order=True)
        shapes += more
    return calls.with_row_index(ELEMENT).cast({ELEMENT: pl.Int64}), shapes


def _shaped(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame) -> tuple[pl.DataFrame, list[Shape]]:
    """The calls with what follows from the shape of each, and the shapes that are not odd."""
    calls = pl.concat([calls, _shapes(connection, calls.select("call"))], how="horizontal")
    distinct = calls.unique("shape")
    unknown: set[Path] = set()
    shapes = []
    rows = []
    for texts in _query(connection, queries.SHAPE_TEXTS, distinct.select("call"))["keys"]:
        shape = read_shape(texts)
        is_odd = shape.is_odd or len(unknown.union(shape.unknown)) > _UNKNOWN_PLACES
        if not is_odd:
            unknown.update(shape.unknown)
            shapes.append(shape)
        rows.append((shape.is_alone, is_odd, shape.has_insights, bool(shape.unsure)))
    flags = pl.DataFrame(
        rows, dict.fromkeys(("is_alone", "is_odd", "has_insights", "is_unsure"), pl.Boolean), orient="row"
    ).with_columns(distinct["shape"])
    return calls.join(flags, on="shape", how="left", maintain_order="left").drop("shape"), shapes


def _shapes(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame) -> pl.DataFrame:
    try:
        return _query(connection, queries.SHAPES, calls)
    except duckdb.Error:  # rare: what the API's answers are checked for lets little through that DuckDB refuses
        return _query(connection, queries.SHAPES_TRIED, calls)


def _names(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame) -> dict[Path, list[str]]:
    """The keys, in order, that are usual in the objects of which every key is a row."""
    sample = calls.select("call").gather_every(-(-calls.height // _SAMPLE) or 1)
    keys = _query(connection, queries.KEY_NAMES, sample)
    names = {}
    for path, lists in zip(KEY_VALUES, keys, strict=True):
        counts = Counter(chain.from_iterable(lists.drop_nulls()))
        objects = lists.list.len().fill_null(0) > 0
        names[path] = sorted(
            key for key, count in counts.items() if count >= objects.sum() * _USUAL and can_be_asked(key)
        )
    return names


def _left(shapes: list[Shape]) -> set[Path]:
    """The places in calls of these shapes that may have to go to `extra`."""
    places = {path for shape in shapes for path in shape.unknown}
    return places | ({STATUS_INSTEAD} if any(STATUS_INSTEAD in shape.known for shape in shapes) else set())


def _values(
    connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, shapes: list[Shape], names: dict[Path, list[str]]
) -> pl.DataFrame:
    """The JSON texts at all places of the calls, lists of those at the names, and whether a call `is_odd`."""
    asked = sorted({path for shape in shapes for path in (*shape.known, *shape.unknown)})
    lists = [[(*path, name) for name in listed] for path, listed in names.items()]
    values = _query(connection, queries.values(asked, lists), calls.select("call"))
    values.columns = [*map(place, (*asked, *names))]
    absent = (pl.lit(None, pl.String).alias(place(path)) for path in VALUES if path not in asked)
    unsure = {path for shape in shapes for path in shape.unsure}
    return values.with_columns(*absent, *_unsure(connection, calls, unsure))


def _unsure(
    connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, unsure: set[Path]
) -> tuple[pl.Series, pl.Series]:
    """Whether a call `is_odd` for what is at these places, where an object is due, and what is at NEXT_ACTION then."""
    places = sorted({*unsure, NEXT_ACTION})
    rows = calls[ELEMENT].filter(calls["is_unsure"])
    objects = _query(connection, queries.values(places), calls.select("call")[rows])
    objects.columns = [*map(place, places)]
    is_odd = pl.repeat(False, calls.height, eager=True).scatter(rows, raw.is_odd_object(objects, unsure))
    actions = pl.repeat(None, calls.height, dtype=pl.String, eager=True).scatter(rows, objects[place(NEXT_ACTION)])
    return is_odd.alias("is_odd"), actions.alias(place(NEXT_ACTION))


def _texts(connection: duckdb.DuckDBPyConnection, values: pl.DataFrame, has_escapes: bool) -> pl.DataFrame:
    """The texts of single values, escapes resolved, and the times as DuckDB casts them."""
    texts = values.select(raw.text(path).alias(place(path)) for path in (*VALUES, NEXT_ACTION))
    if has_escapes:
        texts = texts.select(_resolved(connection, texts[name], values[name]) for name in texts.columns)
    times = texts.select(time_texts())
    return pl.concat([texts, _query(connection, queries.cast_to_times(times.columns), times)], how="horizontal")


def _keys(
    connection: duckdb.DuckDBPyConnection,
    calls: pl.DataFrame,
    texts: pl.Series,
    path: Path,
    names: list[str],
    has_escapes: bool,
) -> pl.DataFrame:
    """The keys and values of the object at a place of each call: of those that have a key without a name, read anew."""
    rows, counts = keys.listed(names, texts)
    is_whole = counts == calls[KEY_VALUES[path].name].fill_null(0)
    if not is_whole.all():
        others = calls.select(ELEMENT, "call").filter(~is_whole & ~calls["is_odd"])
        others = keys.in_order(_query(connection, queries.keys(path), others))
        rows = pl.concat([rows.filter(is_whole.gather(rows[ELEMENT])), others]).sort(ELEMENT, maintain_order=True)
    strings = rows["text"].str.strip_chars('"')
    return keys.finish(rows, _resolved(connection, strings, rows["text"]) if has_escapes else strings)


def _resolved(connection: duckdb.DuckDBPyConnection, strings: pl.Series, texts: pl.Series) -> pl.Series:
    """The strings with the escapes resolved that are in their JSON texts."""
    escaped = raw.has_escapes(texts).arg_true()
    if not len(escaped):
        return strings
    return strings.scatter(escaped, _query(connection, queries.UNESCAPED, texts[escaped].to_frame("text"))["text"])


def _clean(bodies: pl.DataFrame, calls: pl.DataFrame, rows: dict[str, pl.DataFrame]) -> tuple[Found, pl.Series]:
    """What was found in documents of which no call is odd, nor has a key twice; and the numbers of the others."""
    twice = pl.concat(keys.twice_there(found) for found in rows.values())
    of_odd = calls[DOCUMENT].filter(calls["is_odd"] | calls[ELEMENT].is_in(twice.implode())).unique()
    without_calls = bodies[DOCUMENT].filter(~bodies[DOCUMENT].is_in(calls[DOCUMENT].implode()))
    calls = calls.filter(~calls[DOCUMENT].is_in(of_odd.implode())).drop("is_odd")
    if len(of_odd):
        rows = {name: found.filter(found[ELEMENT].is_in(calls[ELEMENT].implode())) for name, found in rows.items()}
    return Found(calls, rows, pl.DataFrame(schema=REJECTS_FOUND)), pl.concat([of_odd, without_calls]).sort()


def _query(connection: duckdb.DuckDBPyConnection, query: str, given: pl.DataFrame) -> pl.DataFrame:
    """The result of a query over `given`, whose rows are in order."""
    connection.register("given", given.to_arrow(compat_level=pl.CompatLevel.newest()))
    return pl.DataFrame(pl.from_arrow(connection.sql(query).to_arrow_table()))
