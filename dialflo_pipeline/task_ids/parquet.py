"""Task-id files in Parquet: typed values become JSON; what a row must hold is judged elsewhere."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from dialflo_pipeline.errors import TaskFileError
from dialflo_pipeline.strict_json import Number
from dialflo_pipeline.task_ids.columns import check_columns
from dialflo_pipeline.task_ids.rows import CALL_DATE, COMPLETED_AT, Record, Refused

DAMAGED: Final = "the file is damaged from this row on"
UNREADABLE: Final = "a value of the row cannot be read"

_BATCH_ROWS = 10_000
_UNREADABLE = object()
_PLAIN_TYPES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean)


def records(stream: BinaryIO, id_columns: Sequence[str], name: str) -> Iterator[Record | Refused]:
    """The rows in order; `line` is the row's number, from 1.

    Raises `TaskFileError` for what is no Parquet file, has no id column or names a column twice.
    """
    try:
        file = pq.ParquetFile(
            stream, coerce_int96_timestamp_unit="us", pre_buffer=False, page_checksum_verification=True
        )
    except (pa.ArrowException, OSError) as error:
        raise TaskFileError(f"{name} cannot be read as a Parquet file ({type(error).__name__}).") from None
    with file:
        check_columns(file.schema_arrow.names, id_columns, name)
        row = 0
        try:
            for batch in file.iter_batches(_BATCH_ROWS):
                yield from _batch_records(batch, row, {*id_columns, COMPLETED_AT, CALL_DATE})
                row += batch.num_rows
        except (pa.ArrowException, OSError):
            yield Refused(row + 1, DAMAGED)


def _batch_records(batch: Any, row: int, typed: set[str]) -> Iterator[Record | Refused]:
    names = batch.schema.names
    columns = [
        _values(column, name not in typed and not _is_plain(column.type))
        for name, column in zip(names, batch.columns, strict=True)
    ]
    for line, values in enumerate(zip(*columns, strict=True), row + 1):
        if any(value is _UNREADABLE for value in values):
            yield Refused(line, UNREADABLE)
        else:
            yield Record(line, dict(zip(names, values, strict=True)))


def _values(column: Any, as_json: bool) -> list[Any]:
    column = column.cast(_micros(column.type), safe=False) if _micros(column.type) != column.type else column
    try:
        values = column.to_pylist()
    except (ValueError, OverflowError):
        # Text that is not UTF-8, or a time beyond Python's years: one at a time, so that only those rows are lost.
        values = [_one(scalar) for scalar in column]
    return [json_value(value) for value in values] if as_json else values


def _one(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return _UNREADABLE


def _is_plain(kind: Any) -> bool:
    """Whether Python's value of this type is JSON as it is; floats are not, for JSON has no NaN."""
    return any(test(kind) for test in _PLAIN_TYPES)


def _micros(kind: Any) -> Any:
    """The same type without nanoseconds, which Python's times do not have."""
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if pa.types.is_time64(kind):
        return pa.time64("us")
    if pa.types.is_duration(kind):
        return pa.duration("us")
    if pa.types.is_struct(kind):
        return pa.struct([part.with_type(_micros(part.type)) for part in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_micros(kind.value_type)))
    return kind


def json_value(value: Any) -> Any:
    """A Parquet value as JSON has it: times and days as ISO text, decimals as numbers with every digit, durations in
    seconds, bytes as the text they are in UTF-8 or else in base64, a map as an array of pairs."""
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal():
            return Number(format(value, "f"))
        case timedelta():
            return value.total_seconds()
        case bytes():
            return _text_of(value)
        case UUID():
            return str(value)
        case list() | tuple():
            return [json_value(element) for element in value]
        case dict():
            return {key: json_value(element) for key, element in value.items()}
    return _UNREADABLE if value is _UNREADABLE else value


def _text_of(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return b64encode(value).decode()
