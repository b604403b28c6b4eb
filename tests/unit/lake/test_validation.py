"""Frames are checked by their declared rules, whatever their order."""

from datetime import UTC, date, datetime
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from dialflo_pipeline.core.schema import CALL_METADATA, CALLS, REJECTS, Table
from dialflo_pipeline.lake.validation import checked

KEYS = [("a", 0, "x"), ("a", 0, "y"), ("a", 1, "x"), ("b", 0, "w")]
CALL = {"call_date": date(2025, 6, 25), "outcome": "busy", "is_answered": False, "source": "api"}


def metadata(keys: list[tuple[str, int, str]], **columns: Any) -> pl.DataFrame:
    rows = [
        {"task_id": task, "call_index": index, "key": key, "call_date": date(2025, 6, 25)}
        | {"value_type": "null", "is_filled": False}
        | columns
        for task, index, key in keys
    ]
    return pl.DataFrame(rows, CALL_METADATA.frame_schema)


def calls(**columns: Any) -> pl.DataFrame:
    row = {"task_id": "a", "call_index": 0, "fetched_at": datetime(2025, 6, 26, tzinfo=UTC)} | CALL | columns
    return pl.DataFrame([row], CALLS.frame_schema)


@pytest.mark.parametrize("keys", [KEYS, KEYS[::-1], KEYS[:1], []])
def test_rows_with_keys_of_their_own_pass_in_any_order(keys: list[tuple[str, int, str]]) -> None:
    frame = metadata(keys)
    assert checked(CALL_METADATA, frame).equals(frame)


@pytest.mark.parametrize("keys", [[*KEYS, KEYS[0]], [KEYS[0], *KEYS], [KEYS[1], KEYS[0], KEYS[1]]])
def test_a_key_that_is_there_twice_is_told(keys: list[tuple[str, int, str]]) -> None:
    with pytest.raises(dy.exc.ValidationError, match="primary_key"):
        checked(CALL_METADATA, metadata(keys))


@pytest.mark.parametrize(
    ("table", "frame", "rule"),
    [
        (CALL_METADATA, metadata(KEYS, value_type="word"), "check"),
        (CALL_METADATA, metadata(KEYS, value_type=None), "nullability"),
        (CALL_METADATA, metadata([("a", -1, "x")]), "min"),
        (CALLS, calls(outcome="lost"), "check"),
        (CALLS, calls(interest_confidence=1.5), "max"),
        (CALLS, calls(call_duration_seconds=float("nan")), "nan"),
        (CALLS, calls(task_id="no id"), "regex"),
    ],
)
def test_a_broken_rule_is_named(table: Table, frame: pl.DataFrame, rule: str) -> None:
    with pytest.raises(dy.exc.ValidationError, match=rule):
        checked(table, frame)


def test_a_frame_of_other_columns_is_refused() -> None:
    with pytest.raises((dy.exc.SchemaError, dy.exc.ValidationError)):
        checked(CALLS, metadata(KEYS))


def test_rows_without_a_key_may_be_alike() -> None:
    row = {"task_id": "a", "call_date": date(2025, 6, 25), "path": "", "reason": "r"}
    frame = pl.DataFrame([row, row], REJECTS.frame_schema)
    assert checked(REJECTS, frame).equals(frame)
