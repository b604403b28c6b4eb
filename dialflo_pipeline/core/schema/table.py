"""What a table is: name, columns, types, keys, units, privacy class and description.

Frame checks (dataframely), Parquet types, DuckDB tables and comments, Dagster column schemas and the documentation
derive from these declarations. Nothing in this package reads or writes data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import dataframely as dy
import polars as pl


class Privacy(StrEnum):
    """How close a column's values come to a person."""

    NONE = "none"
    PSEUDONYM = "pseudonym"
    PERSONAL = "personal"


@dataclass(frozen=True)
class Table:
    """A declared table: its name in lake and warehouse, and its columns as a dataframely schema."""

    name: str
    schema: type[dy.Schema]

    @property
    def description(self) -> str:
        """What one row is."""
        return (self.schema.__doc__ or "").strip()

    @cached_property
    def columns(self) -> Mapping[str, dy.Column]:
        """Name to column, in order."""
        return self.schema.columns()

    @property
    def key(self) -> list[str]:
        """Columns that together are unique; empty when rows have no key."""
        return self.schema.primary_key()

    @cached_property
    def frame_schema(self) -> pl.Schema:
        """The polars types, in order; one object for all, not to be changed."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    @cached_property
    def sql_types(self) -> Mapping[str, str]:
        """Name to DuckDB type, in order."""
        return {name: (column.metadata or {})["sql_type"] for name, column in self.columns.items()}

    @cached_property
    def layout(self) -> str:
        """Text that changes with what the columns hold: names, types, sources and allowed words."""
        kept = ("sql_type", "at", "read_as", "words")
        columns = {name: column.metadata or {} for name, column in self.columns.items()}
        chosen = {name: {key: metadata.get(key) for key in kept} for name, metadata in columns.items()}
        return f"{self.name} {json.dumps(chosen)}"
