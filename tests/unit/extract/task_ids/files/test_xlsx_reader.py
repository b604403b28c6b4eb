"""Task ids from Excel workbooks."""

import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids.files.formats import Format
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.extract.task_ids.files.xlsx_reader import ROUNDED
from dialflo_pipeline.extract.task_ids.row_validation import NO_ID, Refused
from tests.support.workbook import workbook

Read = Callable[..., Any]
TEN = datetime(2026, 11, 20, 10)  # noqa: DTZ001 - a cell has no zone


def test_cells_keep_their_types(read_all: Read) -> None:
    header: Sequence[object] = ["Task ID", "Completed At", "n", "x", "is_good", "day", None]
    first: Sequence[object] = ["a", TEN, 3, 1.5, True, date(2026, 11, 1), None]
    sheet = [header, first, [], ["b", None, None, None, None, None, None]]
    (a, b), refused = read_all(workbook(sheet), "xlsx")
    assert (a.line, a.completed_at) == (2, datetime(2026, 11, 20, 4, 30, tzinfo=UTC))
    assert a.attributes == '{"n":3,"x":1.5,"is_good":true,"day":"2026-11-01"}'
    assert (b.line, b.task_id, b.completed_at, b.attributes) == (4, "b", None, '{"n":"","x":"","is_good":"","day":""}')
    assert refused == []


def test_whole_numbers_are_ids_and_rounded_ones_are_refused(read_all: Read, ids: Read) -> None:
    sheet: list[Sequence[object]] = [
        ["task_id", "call_date"],
        [12345.0, date(2026, 11, 1)],
        [1234567890123456789, "2026-11-02"],
        [None, "2026-11-02"],
    ]
    accepted, refused = read_all(workbook(sheet), "xlsx")
    assert (ids(accepted), [row.day for row in accepted]) == (["12345"], [date(2026, 11, 1)])
    assert refused == [Refused(3, ROUNDED), Refused(4, NO_ID)]


def test_only_the_first_sheet_is_read(read_all: Read, ids: Read) -> None:
    assert ids(read_all(workbook([["task_id"], ["a"]], [["task_id"], ["b"]]), "xlsx")[0]) == ["a"]


def test_title_rows_are_skipped_and_named(zone: ZoneInfo) -> None:
    sheet = [["Calls export"], [], ["task_id", "note"], ["a", "x"]]
    task_file = read(io.BytesIO(workbook(sheet)), Format.XLSX, None, zone)
    assert [(row.line, row.task_id) for row in task_file] == [(4, "a")]
    assert task_file.notes == ["standard input: line 3 is the header; 1 row above it skipped."]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (workbook([["Title"], ["task_id"], ["a"], ["task_id"], ["b"]]), "lines 2 and 4 both have an id column"),
        (workbook([["task_id", "TASK ID"], ["a", "b"]]), "more than one column task_id: task_id, TASK ID"),
        (workbook([["id", "note"], ["a", "b"]]), "has no column task_id or task_uuid; its columns are: id, note"),
        (workbook([[], [None]]), "the first sheet is empty"),
        (b"", "cannot be read as an Excel workbook"),
        (b"task_id\na\n", "cannot be read as an Excel workbook"),
        (workbook([["task_id"], ["a"]])[:-40], "cannot be read as an Excel workbook"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(read_all: Read, content: bytes, reason: str) -> None:
    with pytest.raises(TaskFileError, match=reason):
        read_all(content, "xlsx")


def test_no_damaged_byte_ends_in_a_stack_trace(zone: ZoneInfo) -> None:
    whole, dice = workbook([["task_id", "completed_at"], *([f"id-{n}", TEN] for n in range(50))]), Random(7)  # noqa: S311
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(dice.choice((1, 1, 8))):
            content[dice.randrange(len(content))] = dice.randrange(256)
        task_file = read(io.BytesIO(bytes(content)), Format.XLSX, None, zone)
        with suppress(TaskFileError):
            assert len([*task_file]) + task_file.refused.count <= 50
