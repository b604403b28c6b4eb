"""Reading answers of any shape: which keys there are is looked up first, and then the texts at all places there are.

It names the calls that it does not surely read as the plain reader would.
"""

from collections.abc import Callable, Iterable

import duckdb
import polars as pl

from dialflo_pipeline.flatten.fields import KEY_VALUES, NEXT_ACTION, STATUS_INSTEAD, Path
from dialflo_pipeline.flatten.frames import ELEMENT
from dialflo_pipeline.flatten.vectorised import json_text as raw
from dialflo_pipeline.flatten.vectorised import key_values as keys
from dialflo_pipeline.flatten.vectorised import queries
from dialflo_pipeline.flatten.vectorised.elements import by_index, calls_in
from dialflo_pipeline.flatten.vectorised.engine import query
from dialflo_pipeline.flatten.vectorised.json_text import place
from dialflo_pipeline.flatten.vectorised.json_values import Texts, absent
from dialflo_pipeline.flatten.vectorised.sampling import SAMPLE, usual_names
from dialflo_pipeline.flatten.vectorised.shapes import Shape


def read_shaped(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame) -> Texts:
    """What is in the answers (document, call)."""
    calls, shapes = calls_in(connection, answers)
    names = _names(connection, calls)
    values = _values(connection, calls, shapes, names)
    calls = calls.with_columns(calls["is_odd"] | values["is_odd"])
    rows = {path: _keys(connection, calls, values[place(path)], path, names[path]) for path in KEY_VALUES}
    return Texts(calls, values.drop("is_odd"), rows, _left(shapes))


def _names(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame) -> dict[Path, list[str]]:
    """The keys, in order, that are usual in the objects of which every key is a row."""
    index, some = by_index(calls)[0]
    sample = some.select("call").gather_every(-(-some.height // SAMPLE) or 1)
    lists = query(connection, queries.key_names(index), sample)
    return {
        path: usual_names([keys for keys in found.to_list() if keys])
        for path, found in zip(KEY_VALUES, lists, strict=True)
    }


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
    unsure = {path for shape in shapes for path in shape.unsure}
    return values.with_columns(*absent(asked), *_unsure(connection, calls, unsure))


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


def _keys(
    connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, texts: pl.Series, path: Path, names: list[str]
) -> pl.DataFrame:
    """The rows (element, key, text) of the object at a place of each call; one that has other keys is read anew."""
    rows, counts = keys.listed(names, texts)
    is_whole = counts == calls[KEY_VALUES[path].name].fill_null(0)
    if is_whole.all():
        return rows
    others = by_index(calls.select(ELEMENT, "call", "index").filter(~is_whole & ~calls["is_odd"]))
    found = pl.concat(query(connection, queries.keys(index, path), part) for index, part in others)
    rows = pl.concat([rows.filter(is_whole.gather(rows[ELEMENT])), keys.in_order(found)])
    return rows.sort(ELEMENT, maintain_order=True)
