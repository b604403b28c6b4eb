"""From the texts that the fast reader found to typed columns, a column at a time.

It marks a call as odd where a text cannot be read, or not surely as the plain reader would read it: the casts of polars
and DuckDB take more than is a number or a time.
"""

from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from dialflo_pipeline.core.schema import Outcome, ValueKind
from dialflo_pipeline.core.values import (
    ASCII_BLANKS,
    CALL_MARKS,
    PHONE_PATTERN,
    PHONE_SEPARATORS,
    is_inbound,
    outcome_of,
)
from dialflo_pipeline.flatten.fields import FIELDS, INSIGHTS, NEXT_ACTION, STATUS, STATUS_INSTEAD, Field
from dialflo_pipeline.flatten.frames import CALLS_FOUND
from dialflo_pipeline.flatten.vectorised.json_text import place
from dialflo_pipeline.flatten.vectorised.local_times import to_utc

TIMES: Final = tuple(field for field in FIELDS if field.kind is ValueKind.TIME)

_TIME_PATTERN: Final = (
    "^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
    "(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?$"
)
_PHONE_SEPARATORS: Final = "[" + "".join(f"\\{each}" for each in PHONE_SEPARATORS) + "]"
_OFFSET_STARTS_AT: Final = len("YYYY-MM-DD HH:MM")


def time_texts() -> list[pl.Expr]:
    """The texts that DuckDB may cast to times, by the columns they fill: its cast takes more than is a time here."""
    texts = {field.column: _text(field) for field in TIMES}
    return [pl.when(text.str.contains(_TIME_PATTERN)).then(text).alias(column) for column, text in texts.items()]


def finish_calls(found: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """The columns of `CALLS_FOUND` and `is_odd`.

    `found` has the text at each place (null for null), the times cast from `time_texts`, and `is_odd`, `has_insights`
    and `extra`.
    """
    is_odd = pl.col("is_odd") | ~_is_call() | pl.any_horizontal(map(_is_unread, FIELDS))
    calls = found.with_columns(
        is_odd.fill_null(value=False),
        *(_value(field).alias(field.column) for field in FIELDS if field.kind is not ValueKind.TIME),
    )
    calls = calls.with_columns(_time(calls, field, zone) for field in TIMES)
    return _derived(calls).select(*CALLS_FOUND.names(), "is_odd")


def _is_call() -> pl.Expr:
    marks = [pl.col(place((mark,))).is_not_null() for mark in CALL_MARKS if mark != INSIGHTS[-1]]
    return pl.any_horizontal("has_insights", *marks)


def _text(field: Field) -> pl.Expr:
    """The text of a field, outer blanks off where they do not count."""
    text = pl.col(place(field.path))
    if field.path == STATUS:
        return pl.coalesce(text, place(STATUS_INSTEAD))
    if field.path == (*NEXT_ACTION, "value"):
        single = pl.col(place(NEXT_ACTION))
        return pl.when(single.is_null()).then(text).otherwise(single)
    return text if field.kind is ValueKind.TEXT else text.str.strip_chars(ASCII_BLANKS)


def _value(field: Field) -> pl.Expr:
    """The field as its column's type; null also where the text is not blank but cannot be read."""
    if field.kind is ValueKind.TEXT:
        return _text(field)
    number = _text(field).cast(pl.Float64, strict=False)
    if field.kind is ValueKind.CONFIDENCE:
        # Polars divides by a single number by multiplying with its inverse, which rounds otherwise.
        hundred = number * 0 + 100
        return pl.when(number > 1).then(number / hundred).otherwise(number)
    return number


def _is_unread(field: Field) -> pl.Expr:
    """Whether the field has a text that gives a reject, or may give one."""
    if field.kind is ValueKind.TEXT:
        return pl.lit(value=False)
    text = _text(field)
    if field.kind is ValueKind.TIME:
        return (text != "") & pl.col(field.column).is_null()
    number = text.cast(pl.Float64, strict=False)
    is_read = {
        ValueKind.NUMBER: number.is_finite(),
        ValueKind.DURATION: number.is_finite() & (number >= 0),
        ValueKind.CONFIDENCE: number.is_between(0, 100),
    }
    return (text != "") & ~is_read[field.kind].fill_null(value=False)


def _time(calls: pl.DataFrame, field: Field, zone: ZoneInfo) -> pl.Series:
    """The time, one without an offset read in `zone`."""
    times = calls[field.column]
    offsets = calls[place(field.path)].str.strip_chars(ASCII_BLANKS).str.slice(_OFFSET_STARTS_AT)
    local = times.is_not_null() & ~offsets.str.contains("[Z+-]")
    if not local.any():
        return times
    return pl.select(pl.when(local).then(to_utc(times.set(~local, None), zone)).otherwise(times)).to_series()


def _derived(calls: pl.DataFrame) -> pl.DataFrame:
    """With the columns that are derived from others."""
    inbound = _each_distinct(calls["call_direction"], is_inbound, pl.Boolean)
    sent = pl.when(inbound).then("from_number").otherwise("to_number")
    sent_e164 = pl.when(inbound).then("from_number_e164").otherwise("to_number_e164")
    return calls.with_columns(
        _each_distinct(calls["call_status"], lambda status: outcome_of(status).value, pl.String).alias("outcome"),
        _e164(calls["from_number"]),
        _e164(calls["to_number"]),
    ).with_columns(
        (pl.col("outcome") == Outcome.ANSWERED.value).alias("is_answered"),
        pl.when(sent.str.strip_chars(ASCII_BLANKS) != "").then(pl.coalesce(sent_e164, sent)).alias("contact_number"),
    )


def _each_distinct(column: pl.Series, function: Callable[[str | None], Any], dtype: type[pl.DataType]) -> pl.Series:
    """The function's result for each value, reckoned once a distinct one."""
    distinct = column.unique()
    results = pl.DataFrame({"value": distinct, "result": pl.Series(map(function, distinct), dtype=dtype)})
    each = column.to_frame("value").join(results, on="value", how="left", nulls_equal=True, maintain_order="left")
    return each["result"]


def _e164(column: pl.Series) -> pl.Series:
    digits = column.str.extract(f"^{PHONE_PATTERN}$", 1)
    # Mostly none has separators, and to look for these takes longer than all else.
    others = (digits.is_null() & column.is_not_null()).arg_true()
    if len(others):
        plain = column.gather(others).str.replace_all(_PHONE_SEPARATORS, "")
        digits = digits.scatter(others, plain.str.extract(f"^{PHONE_PATTERN}$", 1))
    return ("+" + digits).alias(f"{column.name}_e164")
