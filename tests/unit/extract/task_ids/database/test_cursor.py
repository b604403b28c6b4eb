from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.extract.task_ids.database.cursor import (
    PLACE,
    CursorValue,
    Place,
    Seen,
    advanced,
    is_cursor,
    is_later,
    keep_place,
    load_place,
)
from dialflo_pipeline.lake.store import Lake

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOCAL = datetime(2026, 1, 1, 10)  # noqa: DTZ001 - a column without a zone
Append = Callable[[str], Path]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "work" / "aside")


@pytest.fixture
def append(lake: Lake) -> Append:
    """Puts one id in the lake; the new file."""

    def put(task_id: str) -> Path:
        row = {"task_id": task_id, "call_date": NOW.date(), "completed_at": None, "registered_at": NOW}
        frame = pl.DataFrame([{**row, "attributes": None}], schema=TASK_IDS.frame_schema)
        return lake.append(TASK_IDS, frame, NOW.date())

    return put


def place(value: CursorValue | None) -> Place:
    return Place(value, value, NOW, Seen(value, 2), NOW)


@pytest.mark.parametrize(
    "value",
    [
        7,
        -(2**63),
        1.5,
        Decimal("1.50"),
        "2026-01-01",
        "",
        date(2026, 1, 1),
        LOCAL,
        LOCAL.replace(tzinfo=UTC),
        LOCAL.replace(microsecond=1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        None,
    ],
)
def test_a_place_is_kept_with_its_type_and_every_digit(tmp_path: Path, lake: Lake, value: CursorValue | None) -> None:
    keep_place(tmp_path, "source", lake, place(value))
    loaded = load_place(tmp_path, "source", lake)
    assert loaded == place(value)
    assert loaded is not None
    assert type(loaded.start) is type(value)


def test_a_place_holds_for_its_source_only(tmp_path: Path, lake: Lake) -> None:
    keep_place(tmp_path, "source", lake, place(1))
    assert load_place(tmp_path, "another", lake) is None


def test_a_place_holds_while_ids_are_added_and_not_when_some_are_gone(
    tmp_path: Path, lake: Lake, append: Append
) -> None:
    first = append("a")
    keep_place(tmp_path, "source", lake, place(1))
    append("b")
    assert load_place(tmp_path, "source", lake) == place(1)
    first.unlink()
    assert load_place(tmp_path, "source", lake) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"source": "source", "lake": ["", "x"]}', "\0"])
def test_a_file_that_says_nothing_is_as_none(tmp_path: Path, lake: Lake, text: str) -> None:
    assert load_place(tmp_path, "source", lake) is None
    (tmp_path / PLACE).write_text(text)
    assert load_place(tmp_path, "source", lake) is None


def test_reading_begins_later_once_a_reading_after_the_overlap_has_ended() -> None:
    first = advanced(None, Seen(5, 1), NOW, HOUR)
    assert (first.start, first.reached) == (None, 5)
    soon = advanced(first, Seen(7, 1), NOW + HOUR / 2, HOUR)
    assert (soon.start, soon.reached, soon.seen.newest) == (None, 5, 7)
    after = advanced(soon, Seen(9, 1), NOW + HOUR, HOUR)
    assert (after.start, after.reached) == (5, 9)
    assert not after.is_settled
    last = advanced(after, Seen(9, 1), NOW + 2 * HOUR, HOUR)
    assert (last.start, last.reached, last.is_settled) == (9, 9, True)


def test_a_reading_that_found_nothing_forgets_nothing() -> None:
    first = advanced(None, Seen(), NOW, HOUR)
    assert first.is_settled
    some = advanced(first, Seen(3, 1), NOW + 5 * HOUR, HOUR)
    assert (some.start, some.reached) == (None, 3)
    assert advanced(some, Seen(), NOW + 6 * HOUR, HOUR) == Place(3, 3, NOW + 6 * HOUR, Seen(3, 1), NOW + 6 * HOUR)


def test_without_overlap_each_reading_begins_where_the_one_before_ended() -> None:
    first = advanced(None, Seen(5, 1), NOW, timedelta(0))
    assert advanced(first, Seen(8, 1), NOW, timedelta(0)).start == 5


def test_values_that_cannot_be_compared_are_not_later() -> None:
    assert is_later(2, 1.5)
    assert is_later(1, None)
    assert not is_later("a", 1)
    assert not is_later(LOCAL, LOCAL.replace(tzinfo=UTC))
    assert not is_cursor(True)
    assert not is_cursor(b"x")
