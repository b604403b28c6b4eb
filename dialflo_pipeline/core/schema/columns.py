"""Declares one column: type, key, unit, privacy class and place in the API's answer.

`at` is the place of the value in a call object, as keys joined by dots. `read_as` says how the value there is read.
"""

from enum import StrEnum
from typing import Any

import dataframely as dy

from dialflo_pipeline.core.schema.table import Privacy
from dialflo_pipeline.core.schema.words import SOURCES

TASK_ID_PATTERN = r"^[A-Za-z0-9_-]{1,128}$"


class ValueKind(StrEnum):
    """How a value of a call object is read."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    DURATION = "duration"
    CONFIDENCE = "confidence"


def _metadata(
    sql_type: str,
    *,
    privacy: Privacy = Privacy.NONE,
    unit: str | None = None,
    at: str | None = None,
    read_as: ValueKind = ValueKind.TEXT,
) -> dict[str, Any]:
    place = {"at": at, "read_as": read_as} if at else {}
    return {"privacy": privacy, "unit": unit, "sql_type": sql_type, **place}


def text(
    description: str,
    *,
    at: str | None = None,
    key: bool = False,
    required: bool = False,
    privacy: Privacy = Privacy.NONE,
    sql_type: str = "VARCHAR",
    **rules: Any,
) -> dy.String:
    """Text, NULL unless `key` or `required`."""
    nullable = not (key or required)
    metadata = _metadata(sql_type, privacy=privacy, at=at)
    return dy.String(nullable=nullable, primary_key=key, description=description, metadata=metadata, **rules)


def one_of(description: str, words: type[StrEnum] | tuple[str, ...]) -> dy.String:
    """One of some fixed words, never NULL."""
    allowed = [str(word) for word in words]
    column = text(description, required=True, check=lambda column: column.is_in(allowed))
    column.metadata = {**(column.metadata or {}), "words": allowed}
    return column


def number(
    description: str,
    *,
    at: str | None = None,
    read_as: ValueKind = ValueKind.NUMBER,
    unit: str | None = None,
    **rules: Any,
) -> dy.Float64:
    """A number, or NULL."""
    metadata = _metadata("DOUBLE", unit=unit, at=at, read_as=read_as)
    return dy.Float64(nullable=True, description=description, metadata=metadata, **rules)


def integer(
    description: str, *, key: bool = False, nullable: bool = False, unit: str | None = None, **rules: Any
) -> dy.Int32:
    """A whole number of 32 bits."""
    metadata = _metadata("INTEGER", unit=unit)
    return dy.Int32(nullable=nullable, primary_key=key, description=description, metadata=metadata, **rules)


def byte_count(description: str) -> dy.Int64:
    """A size in bytes, or NULL."""
    return dy.Int64(nullable=True, description=description, metadata=_metadata("BIGINT", unit="bytes"))


def binary(description: str) -> dy.Binary:
    """Bytes, or NULL; always taken to be personal."""
    metadata = _metadata("BLOB", privacy=Privacy.PERSONAL)
    return dy.Binary(nullable=True, description=description, metadata=metadata)


def boolean(description: str, *, nullable: bool = False) -> dy.Bool:
    """True or false."""
    return dy.Bool(nullable=nullable, description=description, metadata=_metadata("BOOLEAN"))


def timestamp(description: str, *, at: str | None = None, key: bool = False, nullable: bool = True) -> dy.Datetime:
    """A moment, in UTC to the microsecond."""
    return dy.Datetime(
        time_zone="UTC",
        time_unit="us",
        nullable=nullable,
        primary_key=key,
        description=description,
        metadata=_metadata("TIMESTAMPTZ", at=at, read_as=ValueKind.TIME),
    )


def date(description: str, *, nullable: bool = True) -> dy.Date:
    """A day."""
    return dy.Date(nullable=nullable, description=description, metadata=_metadata("DATE"))


def task_id_column(*, key: bool = True, regex: str | None = TASK_ID_PATTERN) -> dy.String:
    """`task_id`, in every table."""
    return text("The Dialflo task id.", key=key, required=True, privacy=Privacy.PSEUDONYM, regex=regex)


def call_date_column() -> dy.Date:
    """`call_date`, in every table: the partition."""
    return date(
        "The task's day in the configured time zone, fixed when the task was registered; the partition.", nullable=False
    )


def call_index_column(*, key: bool = True, nullable: bool = False) -> dy.Int32:
    """`call_index`, in every table about calls."""
    return integer("Place of the call in the task's answer, from 0.", key=key, nullable=nullable, min=0)


def source_column() -> dy.String:
    """`source`: how an answer reached the pipeline."""
    return one_of("Where the answer came from.", SOURCES)


def completed_at_column() -> dy.Datetime:
    """`completed_at` of a task."""
    return timestamp("When the task was completed, if its record says so.")


def registered_at_column() -> dy.Datetime:
    """`registered_at` of a task."""
    return timestamp("When the id was registered.", nullable=False)


def attributes_column() -> dy.String:
    """`attributes` of a task."""
    return text("The other columns of the task's row, as one JSON object.", privacy=Privacy.PERSONAL, sql_type="JSON")
