"""When two task ids name the same task: UUIDs are compared without regard to letter case."""

import re
from typing import Final

import polars as pl

UUID_PATTERN: Final = "(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

_UUID: Final = re.compile(UUID_PATTERN)


def identity(column: str = "task_id") -> pl.Expr:
    """What two spellings of one id have in common, for a column of ids."""
    ids = pl.col(column)
    return pl.when(ids.str.contains(UUID_PATTERN)).then(ids.str.to_lowercase()).otherwise(ids)


def identity_of(task_id: str) -> str:
    """The same for one id."""
    return task_id.lower() if _UUID.match(task_id) else task_id
