"""The columns of a table as its Parquet files have them."""

from functools import cache

import polars as pl
import pyarrow as pa

from dialflo_pipeline.core.schema import Table

PARTITION_COLUMN = "call_date"

DAY_OF_FILE = "right(parse_dirpath(filename), 10)::DATE"
"""The day in a file's path, in DuckDB's SQL. Its own reading of partitions takes in whatever folder above the lake has
a name like `agent_name=…`, in the place of the column of that name."""


@cache
def arrow_schema(table: Table, columns: tuple[str, ...]) -> pa.Schema:
    """These columns of a table with the types that pyarrow writes and reads."""
    return pl.DataFrame(schema={name: table.frame_schema[name] for name in columns}).to_arrow().schema


def stored_columns(table: Table) -> tuple[str, ...]:
    """All columns but the one that stands in the path."""
    return tuple(name for name in table.frame_schema if name != PARTITION_COLUMN)


def typed(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with the declared types."""
    types = pl.Schema({name: table.frame_schema[name] for name in frame.columns})
    return frame if frame.schema == types else frame.cast(types)
