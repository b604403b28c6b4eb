"""The `extra` of calls, put together from the JSON texts at the places that no column holds."""

import json
from collections.abc import Collection

import polars as pl

from dialflo_pipeline.flatten.fields import CALL, PARENTS, STATUS, STATUS_INSTEAD, Path
from dialflo_pipeline.flatten.vectorised.json_text import place


def extra(places: Collection[Path]) -> pl.Expr:
    """The object of what is at these places of a call, keys in order at each known level; null where nothing is."""
    return _object(CALL, places)


def _object(level: Path, unknown: Collection[Path]) -> pl.Expr:
    here = [path for path in unknown if path[:-1] == level]
    inner = [path for path in PARENTS if path[:-1] == level and any(each[: len(path)] == path for each in unknown)]
    values = {path: _value(path) for path in here} | {path: _object(path, unknown) for path in inner}
    members = [
        pl.concat_str(pl.lit(json.dumps(path[-1], ensure_ascii=False) + ":"), values[path]) for path in sorted(values)
    ]
    if not members:
        return pl.lit(None, pl.String)
    joined = pl.concat_str(members, separator=",", ignore_nulls=True) if len(members) > 1 else members[0]
    return pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))


def _value(path: Path) -> pl.Expr:
    value = pl.col(place(path))
    return pl.when(pl.col(place(STATUS)) != "null").then(value) if path == STATUS_INSTEAD else value
