"""Pack rows for the page: by column, each text once, as JSON in gzip in Base64. Pure.

A packed column is `{"at": [...]}`, its values; of text and Boolean values `{"of": [...], "at": [...]}`, positions in
`of`. Days are whole days since 1970, times milliseconds since then. The same rows always give the same
text.
"""

import base64
import gzip
from collections.abc import Mapping
from typing import Any

import orjson
import polars as pl

Packed = dict[str, Any]


def packed(frames: Mapping[str, pl.DataFrame], about: Mapping[str, Any]) -> str:
    """Frames and facts about them, as one text of letters, digits, `+`, `/` and `=`."""
    content = {"about": dict(about), "tables": {name: pack_frame(frame) for name, frame in frames.items()}}
    return base64.b64encode(gzip.compress(orjson.dumps(content), compresslevel=7, mtime=0)).decode()


def unpacked(text: str) -> Packed:
    """The content of `packed`, still by column."""
    return dict(orjson.loads(gzip.decompress(base64.b64decode(text))))


def pack_frame(frame: pl.DataFrame) -> Packed:
    """One frame by column."""
    return {"rows": frame.height, "columns": {name: _pack_column(frame[name]) for name in frame.columns}}


def _pack_column(column: pl.Series) -> Packed:
    match column.dtype:
        case pl.String():
            values = column.unique(maintain_order=True)
            places = pl.DataFrame({"value": values, "place": range(len(values))}, schema_overrides={"place": pl.Int64})
            found = column.to_frame("value").join(
                places, on="value", how="left", nulls_equal=True, maintain_order="left"
            )
            return {"of": values.to_list(), "at": found["place"].to_list()}
        case pl.Boolean():
            return {"of": [False, True], "at": column.cast(pl.Int8).to_list()}
        case pl.Date():
            return {"at": column.cast(pl.Int32).to_list()}
        case pl.Datetime():
            return {"at": column.dt.epoch("ms").to_list()}
        case _:
            return {"at": column.to_list()}
