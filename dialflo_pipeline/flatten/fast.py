"""The fast reader: DuckDB's JSON functions and polars' columns over many documents at a time.

It names the documents that it does not surely read as the plain reader would, and leaves those alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from dialflo_pipeline.flatten import keys, queries, raw
from dialflo_pipeline.flatten.columns import finish_calls, time_texts
from dialflo_pipeline.flatten.elements import by_index, calls_in, decoded
from dialflo_pipeline.flatten.engine import connection as open_connection
from dialflo_pipeline.flatten.engine import query
from dialflo_pipeline.flatten.extras import extra
from dialflo_pipeline.flatten.fields import KEY_VALUES, NEXT_ACTION, STATUS_INSTEAD, VALUES, Path
from dialflo_pipeline.flatten.frames import DOCUMENT, ELEMENT, REJECTS_FOUND, Found
from dialflo_pipeline.flatten.raw import place
from dialflo_pipeline.flatten.shapes import Shape, can_be_asked

_SAMPLE: Final = 256
_USUAL: Final = 1 / 8
"""A key that this share of a sample of objects has is looked up in all: looking costs less than what finding gains."""


def read_documents(bodies: pl.DataFrame, zone: ZoneInfo) -> tuple[Found, pl.Series]:
    """What the documents in `bodies` (document, body) hold, and the numbers of the odd ones, left out of it."""
    answers, has_escapes = decoded(bodies)
    with open_connection() as connection:
        calls, shapes = calls_in(connection, answers)
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


def _names(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame) -> dict[Path, list[str]]:
    """The keys, in order, that are usual in the objects of which every key is a row."""
    index, some = by_index(calls)[0]
    sample = some.select("call").gather_every(-(-some.height // _SAMPLE) or 1)
    names = {}
    for path, lists in zip(KEY_VALUES, query(connection, queries.key_names(index), sample), strict=True):
        names[path] = _usual([keys for keys in lists.to_list() if keys])
    return names


def _usual(objects: list[list[str]]) -> list[str]:
    """Of the keys of some objects those that many have; none if most objects have others too."""
    counts = Counter(chain.from_iterable(objects))
    usual = {key for key, count in counts.items() if count >= len(objects) * _USUAL and can_be_asked(key)}
    return sorted(usual) if 2 * sum(usual.issuperset(keys) for keys in objects) >= len(objects) else []


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
    values = _each_call(connection, lambda index: queries.values(index, asked, lists), calls)
    values.columns = [*map(place, (*asked, *names))]
    absent = (pl.lit(None, pl.String).alias(place(path)) for path in VALUES if path not in asked)
    unsure = {path for shape in shapes for path in shape.unsure}
    return values.with_columns(*absent, *_unsure(connection, calls, unsure))


def _unsure(
    connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, unsure: Iterable[Path]
) -> tuple[pl.Series, pl.Series]:
    """Whether a call `is_odd` for what is at these places, where an object is due, and what is at NEXT_ACTION then."""
    places = sorted({*unsure, NEXT_ACTION})
    some = calls.filter("is_unsure")
    objects = _each_call(connection, lambda index: queries.values(index, places), some)
    objects.columns = [*map(place, places)]
    is_odd = pl.repeat(False, calls.height, eager=True).scatter(some[ELEMENT], raw.is_odd_object(objects, unsure))
    actions = pl.repeat(None, calls.height, dtype=pl.String, eager=True)
    actions = actions.scatter(some[ELEMENT], objects[place(NEXT_ACTION)])
    return is_odd.alias("is_odd"), actions.alias(place(NEXT_ACTION))


def _each_call(connection: duckdb.DuckDBPyConnection, sql: Callable[[int], str], calls: pl.DataFrame) -> pl.DataFrame:
    """A row for each call by the query for its index."""
    parts = by_index(calls)
    results = [query(connection, sql(index), part.select("call")) for index, part in parts]
    if len(parts) == 1:
        return results[0]
    return pl.concat(results)[pl.concat(part[ELEMENT] for _, part in parts).arg_sort()]


def _texts(connection: duckdb.DuckDBPyConnection, values: pl.DataFrame, has_escapes: bool) -> pl.DataFrame:
    """The texts of single values, escapes resolved, and the times as DuckDB casts them."""
    texts = values.select(raw.text(path).alias(place(path)) for path in (*VALUES, NEXT_ACTION))
    if has_escapes:
        texts = texts.select(_resolved(connection, texts[name], values[name]) for name in texts.columns)
    times = texts.select(time_texts())
    return pl.concat([texts, query(connection, queries.cast_to_times(times.columns), times)], how="horizontal")


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
        others = by_index(calls.select(ELEMENT, "call", "index").filter(~is_whole & ~calls["is_odd"]))
        found = pl.concat(query(connection, queries.keys(index, path), part) for index, part in others)
        rows = pl.concat([rows.filter(is_whole.gather(rows[ELEMENT])), keys.in_order(found)])
        rows = rows.sort(ELEMENT, maintain_order=True)
    strings = rows["text"].str.strip_chars('"')
    return keys.finish(rows, _resolved(connection, strings, rows["text"]) if has_escapes else strings)


def _resolved(connection: duckdb.DuckDBPyConnection, strings: pl.Series, texts: pl.Series) -> pl.Series:
    """The strings with the escapes resolved that are in their JSON texts."""
    escaped = raw.has_escapes(texts).arg_true()
    if not len(escaped):
        return strings
    return strings.scatter(escaped, query(connection, queries.UNESCAPED, texts[escaped].to_frame("text"))["text"])


def _clean(bodies: pl.DataFrame, calls: pl.DataFrame, rows: dict[str, pl.DataFrame]) -> tuple[Found, pl.Series]:
    """What was found in documents of which no call is odd, nor has a key twice; and the numbers of the others."""
    twice = pl.concat(keys.twice_there(found) for found in rows.values())
    of_odd = calls[DOCUMENT].filter(calls["is_odd"] | calls[ELEMENT].is_in(twice.implode())).unique()
    without_calls = bodies[DOCUMENT].filter(~bodies[DOCUMENT].is_in(calls[DOCUMENT].implode()))
    calls = calls.filter(~calls[DOCUMENT].is_in(of_odd.implode())).drop("is_odd")
    if len(of_odd):
        rows = {name: found.filter(found[ELEMENT].is_in(calls[ELEMENT].implode())) for name, found in rows.items()}
    return Found(calls, rows, pl.DataFrame(schema=REJECTS_FOUND)), pl.concat([of_odd, without_calls]).sort()
