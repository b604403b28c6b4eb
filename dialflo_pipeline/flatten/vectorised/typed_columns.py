"""Typed columns from JSON texts, a column at a time.

A call is marked irregular where a text gives a reject, or may be read otherwise by the reference reader: the casts of
polars and DuckDB accept more than is a number or a time here.
"""

from collections.abc import Callable
from typing import Any, Final

import polars as pl

from dialflo_pipeline.core.phone_numbers import PLAIN_E164, e164, is_inbound
from dialflo_pipeline.core.schema import Outcome, ValueKind
from dialflo_pipeline.core.values import (
    ASCII_BLANKS,
    CALL_MARKS,
    outcome_of,
)
from dialflo_pipeline.flatten.fields import FIELDS, INSIGHTS, NEXT_ACTION, STATUS, STATUS_INSTEAD, Field, ReadRules
from dialflo_pipeline.flatten.frames import CALLS_FOUND
from dialflo_pipeline.flatten.vectorised import times
from dialflo_pipeline.flatten.vectorised.json_texts import pointer

TIMES: Final = tuple(field for field in FIELDS if field.kind is ValueKind.TIME)


def time_texts() -> list[pl.Expr]:
    """The texts that DuckDB may cast to times, by the columns they fill."""
    return [times.castable(_text(field)).alias(field.column) for field in TIMES]


def finish_calls(found: pl.DataFrame, rules: ReadRules) -> pl.DataFrame:
    """The columns of `CALLS_FOUND` and `is_irregular`.

    `found` has the text at each place (null for null), the times cast from `time_texts`, and `is_irregular`,
    `has_insights` and `extra`.
    """
    is_irregular = pl.col("is_irregular") | ~_is_call() | pl.any_horizontal(map(_is_unread, FIELDS))
    calls = found.with_columns(
        is_irregular.fill_null(value=False),
        *(_value(field).alias(field.column) for field in FIELDS if field.kind is not ValueKind.TIME),
    )
    calls = calls.with_columns(
        times.in_zone(calls[pointer(field.path)], calls[field.column], rules.zone) for field in TIMES
    )
    return _computed_columns(calls, rules.region).select(*CALLS_FOUND.names(), "is_irregular")


def _is_call() -> pl.Expr:
    marks = [pl.col(pointer((mark,))).is_not_null() for mark in CALL_MARKS if mark != INSIGHTS[-1]]
    return pl.any_horizontal("has_insights", *marks)


def _text(field: Field) -> pl.Expr:
    """The text of a field, outer blanks off where they do not count."""
    text = pl.col(pointer(field.path))
    if field.path == STATUS:
        return pl.coalesce(text, pointer(STATUS_INSTEAD))
    if field.path == (*NEXT_ACTION, "value"):
        single = pl.col(pointer(NEXT_ACTION))
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


def _computed_columns(calls: pl.DataFrame, region: str | None) -> pl.DataFrame:
    """With the columns that are computed from others."""
    inbound = _each_distinct(calls["call_direction"], is_inbound, pl.Boolean)
    sent = pl.when(inbound).then("from_number").otherwise("to_number")
    sent_e164 = pl.when(inbound).then("from_number_e164").otherwise("to_number_e164")
    return calls.with_columns(
        _each_distinct(calls["call_status"], lambda status: outcome_of(status).value, pl.String).alias("outcome"),
        _e164(calls["from_number"], region),
        _e164(calls["to_number"], region),
    ).with_columns(
        (pl.col("outcome") == Outcome.ANSWERED.value).alias("is_answered"),
        pl.when(sent.str.strip_chars(ASCII_BLANKS) != "").then(pl.coalesce(sent_e164, sent)).alias("contact_number"),
    )


def _each_distinct(column: pl.Series, function: Callable[[str | None], Any], dtype: type[pl.DataType]) -> pl.Series:
    """The function's result for each value, computed once per distinct value."""
    distinct = column.unique()
    results = pl.DataFrame({"value": distinct, "result": pl.Series(map(function, distinct), dtype=dtype)})
    each = column.to_frame("value").join(results, on="value", how="left", nulls_equal=True, maintain_order="left")
    return each["result"]


def _e164(column: pl.Series, region: str | None) -> pl.Series:
    # Most numbers are plain; only the others are read one by one, each distinct one once.
    digits = column.str.extract(f"^{PLAIN_E164}$", 1)
    numbers = "+" + digits
    is_read = digits.is_not_null()
    if region:
        is_read &= column.str.contains(r"^(\+|00)").fill_null(value=False)
    others = (~is_read & column.is_not_null()).arg_true()
    if len(others):
        found = _each_distinct(column.gather(others), lambda number: e164(number, region), pl.String)
        numbers = numbers.scatter(others, found)
    return numbers.alias(f"{column.name}_e164")
