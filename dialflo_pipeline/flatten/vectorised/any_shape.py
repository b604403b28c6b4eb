"""Reads answers of any shape: finds their keys first, then the texts at all places.

Calls that it may read otherwise than the reference reader are marked irregular.
"""

from collections.abc import Callable, Iterable

import duckdb
import polars as pl

from dialflo_pipeline.flatten.fields import KEY_VALUES, NEXT_ACTION, STATUS_INSTEAD, Path
from dialflo_pipeline.flatten.frames import ELEMENT
from dialflo_pipeline.flatten.vectorised import json_texts, queries
from dialflo_pipeline.flatten.vectorised import key_values as keys
from dialflo_pipeline.flatten.vectorised.elements import find_calls, split_by_index
from dialflo_pipeline.flatten.vectorised.engine import query
from dialflo_pipeline.flatten.vectorised.json_texts import CallTexts, missing_columns, pointer
from dialflo_pipeline.flatten.vectorised.sampling import SAMPLE, common_names
from dialflo_pipeline.flatten.vectorised.shapes import Shape


def read_any_shape(connection: duckdb.DuckDBPyConnection, answers: pl.DataFrame) -> CallTexts:
    """The texts in the answers (document, call)."""
    calls, shapes = find_calls(connection, answers)
    names = _names(connection, calls)
    values = _values(connection, calls, shapes, names)
    calls = calls.with_columns(calls["is_irregular"] | values["is_irregular"])
    rows = {path: _keys(connection, calls, values[pointer(path)], path, names[path]) for path in KEY_VALUES}
    return CallTexts(calls, values.drop("is_irregular"), rows, _extra_places(shapes))


def _names(connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame) -> dict[Path, list[str]]:
    """The common keys, in order, of the objects in which every key is a row."""
    index, some = split_by_index(calls)[0]
    sample = some.select("call").gather_every(-(-some.height // SAMPLE) or 1)
    lists = query(connection, queries.key_names(index), sample)
    return {
        path: common_names([keys for keys in found.to_list() if keys])
        for path, found in zip(KEY_VALUES, lists, strict=True)
    }


def _extra_places(shapes: list[Shape]) -> set[Path]:
    """The places in calls of these shapes that may have to go to `extra`."""
    places = {path for shape in shapes for path in shape.unknown}
    return places | ({STATUS_INSTEAD} if any(STATUS_INSTEAD in shape.known for shape in shapes) else set())


def _values(
    connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, shapes: list[Shape], names: dict[Path, list[str]]
) -> pl.DataFrame:
    """The JSON texts at all places of the calls, lists of those at the names, and whether a call `is_irregular`."""
    asked = sorted({path for shape in shapes for path in (*shape.known, *shape.unknown)})
    lists = [[(*path, name) for name in rows_from_lists] for path, rows_from_lists in names.items()]
    values = _each_call(connection, lambda index: queries.values(index, asked, lists), calls)
    values.columns = [*map(pointer, (*asked, *names))]
    unsure = {path for shape in shapes for path in shape.unsure}
    return values.with_columns(*missing_columns(asked), *_unsure(connection, calls, unsure))


def _unsure(
    connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, unsure: Iterable[Path]
) -> tuple[pl.Series, pl.Series]:
    """Whether a call `is_irregular` for what is where an object is due, and what is at NEXT_ACTION then."""
    places = sorted({*unsure, NEXT_ACTION})
    some = calls.filter("is_unsure")
    objects = _each_call(connection, lambda index: queries.values(index, places), some)
    objects.columns = [*map(pointer, places)]
    is_irregular = pl.repeat(False, calls.height, eager=True).scatter(
        some[ELEMENT], json_texts.is_irregular_object(objects, unsure)
    )
    actions = pl.repeat(None, calls.height, dtype=pl.String, eager=True)
    actions = actions.scatter(some[ELEMENT], objects[pointer(NEXT_ACTION)])
    return is_irregular.alias("is_irregular"), actions.alias(pointer(NEXT_ACTION))


def _each_call(connection: duckdb.DuckDBPyConnection, sql: Callable[[int], str], calls: pl.DataFrame) -> pl.DataFrame:
    """A row for each call, from the query for its index."""
    parts = split_by_index(calls)
    results = [query(connection, sql(index), part.select("call")) for index, part in parts]
    if len(parts) == 1:
        return results[0]
    return pl.concat(results)[pl.concat(part[ELEMENT] for _, part in parts).arg_sort()]


def _keys(
    connection: duckdb.DuckDBPyConnection, calls: pl.DataFrame, texts: pl.Series, path: Path, names: list[str]
) -> pl.DataFrame:
    """The rows (element, key, text) of the object at a place of each call; an object with other keys is read whole."""
    rows, counts = keys.rows_from_lists(names, texts)
    is_whole = counts == calls[KEY_VALUES[path].name].fill_null(0)
    if is_whole.all():
        return rows
    others = split_by_index(calls.select(ELEMENT, "call", "index").filter(~is_whole & ~calls["is_irregular"]))
    found = pl.concat(query(connection, queries.keys(index, path), part) for index, part in others)
    rows = pl.concat([rows.filter(is_whole.gather(rows[ELEMENT])), keys.sort_rows(found)])
    return rows.sort(ELEMENT, maintain_order=True)
