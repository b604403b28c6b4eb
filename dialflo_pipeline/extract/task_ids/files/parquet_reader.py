"""Task-id files in Parquet: typed values become JSON; rows are validated elsewhere."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.core.strict_json import Number
from dialflo_pipeline.extract.task_ids.files.columns import KnownColumns
from dialflo_pipeline.extract.task_ids.row_validation import CALL_DATE, COMPLETED_AT, Record, Refused

DAMAGED: Final = "the file is damaged from this row on"
UNREADABLE: Final = "a value of the row cannot be read"

_DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError)
_BATCH_ROWS = 10_000
_UNREADABLE = object()
_PLAIN_TYPES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean)


def records(stream: BinaryIO, columns: KnownColumns, name: str) -> Iterator[Record | Refused]:
    """The rows in order; `line` is the row's number, from 1.

    Raises `TaskFileError` for a file that is not Parquet, has no id column or names a column twice.
    """
    try:
        file = pq.ParquetFile(
            stream, coerce_int96_timestamp_unit="us", pre_buffer=False, page_checksum_verification=True
        )
        names = file.schema_arrow.names
    except _DAMAGE as error:
        raise TaskFileError(f"{name} cannot be read as a Parquet file ({type(error).__name__}).") from None
    with file:
        header = columns.checked(names, name)
        row = 0
        try:
            for batch in file.iter_batches(_BATCH_ROWS):
                yield from _batch_records(batch, header, row, {*columns.id_columns, COMPLETED_AT, CALL_DATE})
                row += batch.num_rows
        except _DAMAGE:
            yield Refused(row + 1, DAMAGED)


def _batch_records(batch: Any, names: list[str], row: int, typed: set[str]) -> Iterator[Record | Refused]:
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
    readable = _readable(column.type)
    column = column.cast(readable, safe=False) if readable != column.type else column
    try:
        values = column.to_pylist()
    except (ValueError, OverflowError):
        # Text that is not UTF-8, or a time outside Python's range: converted one by one, only those rows are lost.
        values = [_one(scalar) for scalar in column]
    return [json_value(value) for value in values] if as_json else values


def _one(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return _UNREADABLE


def _is_plain(kind: Any) -> bool:
    """Whether Python's value of this type is valid JSON; floats are not, since JSON has no NaN."""
    return any(test(kind) for test in _PLAIN_TYPES)


def _readable(kind: Any) -> Any:
    """The same type without nanoseconds and without zones unknown to this machine, which Python's times do not have."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us" if kind.unit == "ns" else kind.unit, _known_zone(kind.tz))
    if pa.types.is_time64(kind):
        return pa.time64("us")
    if pa.types.is_duration(kind):
        return pa.duration("us")
    if pa.types.is_struct(kind):
        return pa.struct([_readable_part(part) for part in kind])
    if pa.types.is_map(kind):
        return pa.map_(_readable_part(kind.key_field), _readable_part(kind.item_field))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_readable_part(kind.value_field), kind.list_size)
    for test, make in ((pa.types.is_list, pa.list_), (pa.types.is_large_list, pa.large_list)):
        if test(kind):
            return make(_readable_part(kind.value_field))
    return kind


def _readable_part(part: Any) -> Any:
    return part.with_type(_readable(part.type))


def _known_zone(name: str | None) -> str | None:
    """The zone if it is known here, else UTC, in which the moment is the same."""
    try:
        return name and pa.lib.string_to_tzinfo(name) and name
    except (KeyError, ValueError):
        return "UTC"


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
