from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.strict_json import Number
from dialflo_pipeline.extract.task_ids import row_validation as rows
from dialflo_pipeline.extract.task_ids.row_validation import BadValue, Record, Refusals, Refused, TaskRow, task_row

ID_COLUMNS = ("task_id", "task_uuid")


def judged(zone: ZoneInfo, cells: dict[str, Any], id_columns: tuple[str, ...] = ID_COLUMNS) -> TaskRow | Refused:
    return task_row(Record(7, cells), id_columns, zone)


@pytest.mark.parametrize(
    ("value", "task_id"),
    [
        ("a", "a"),
        ("A-b_9", "A-b_9"),
        ("x" * 128, "x" * 128),
        (" \tabc\t ", "abc"),
        (123, "123"),
        (Number("12345678901234567890123"), "12345678901234567890123"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ],
)
def test_an_id_is_taken_as_its_text(value: object, task_id: str) -> None:
    assert rows.read_id(value) == task_id


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, rows.NO_ID),
        ("", rows.NO_ID),
        (" \t", rows.NO_ID),
        ("x" * 129, rows.BAD_ID),
        ("x" * 10_000, rows.BAD_ID),
        *[(f"a{bad}b", rows.BAD_ID) for bad in "./%\n\r\0 ?#:+\u200f\u202eé٣ｱ"],
        ("abc\n", rows.BAD_ID),
        ("\nabc", rows.BAD_ID),
        ("\ufeffabc", rows.BAD_ID),
        ("\xa0abc", rows.BAD_ID),
        ("..", rows.BAD_ID),
        (True, rows.ID_NOT_TEXT),
        (1.0, rows.ID_NOT_TEXT),
        (Number("1e5"), rows.ID_NOT_TEXT),
        (["a"], rows.ID_NOT_TEXT),
        ({"a": 1}, rows.ID_NOT_TEXT),
        (b"abc", rows.ID_NOT_TEXT),
    ],
)
def test_what_is_no_id_is_refused_without_being_told(value: object, reason: str) -> None:
    with pytest.raises(BadValue) as caught:
        rows.read_id(value)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (None, None),
        ("", None),
        (" \r\n", None),
        ("2025-06-25 10:57:05+05:30", datetime(2025, 6, 25, 5, 27, 5, tzinfo=UTC)),
        ("2025-06-25T10:57", datetime(2025, 6, 25, 5, 27, tzinfo=UTC)),
        (datetime(2025, 6, 25, 10, 57), datetime(2025, 6, 25, 5, 27, tzinfo=UTC)),  # noqa: DTZ001  # naive on purpose
        (datetime(2025, 6, 25, 5, 27, tzinfo=UTC), datetime(2025, 6, 25, 5, 27, tzinfo=UTC)),
        (date(2025, 6, 25), datetime(2025, 6, 24, 18, 30, tzinfo=UTC)),
    ],
)
def test_completed_at_is_read_as_utc(zone: ZoneInfo, value: object, moment: datetime | None) -> None:
    assert rows.read_completed_at(value, zone) == moment


@pytest.mark.parametrize(
    "value",
    ["2025-06-25", "yesterday", "2025-13-01 10:00", 1750829225, 1.5, True, Number("5"), [], {}, b"2025-06-25 10:57"],
)
def test_a_completed_at_that_is_no_time_is_refused(zone: ZoneInfo, value: object) -> None:
    with pytest.raises(BadValue, match=r"^completed_at is not a time"):
        rows.read_completed_at(value, zone)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
        datetime.max.replace(tzinfo=UTC),
        datetime(1989, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(1990, 1, 1, 0, 0),  # noqa: DTZ001  # naive on purpose: five and a half hours earlier in UTC
        date(1990, 1, 1),
        date(2100, 1, 2),
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2100-01-01T00:00:01Z",
    ],
)
def test_a_completed_at_outside_the_range_is_refused(zone: ZoneInfo, moment: object) -> None:
    refused = Refused(7, "completed_at is a time outside 1990-01-01 to 2100-01-01 (UTC)")
    assert judged(zone, {"task_id": "a", "completed_at": moment}) == refused


@pytest.mark.parametrize("day", ["0001-01-01", "1989-12-31", "2100-01-02", date(9999, 12, 31)])
def test_a_call_date_outside_the_range_is_refused(zone: ZoneInfo, day: object) -> None:
    refused = Refused(7, "call_date is a day outside 1990-01-01 to 2100-01-01")
    assert judged(zone, {"task_id": "a", "call_date": day}) == refused


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("2025-06-25", date(2025, 6, 25)),
        (" 2025-06-25 ", date(2025, 6, 25)),
        (date(2025, 6, 25), date(2025, 6, 25)),
        (datetime(2025, 6, 25), date(2025, 6, 25)),  # noqa: DTZ001  # naive on purpose
    ],
)
def test_call_date_is_read_as_a_day(value: object, day: date | None) -> None:
    assert rows.read_call_date(value) == day


@pytest.mark.parametrize(
    "value",
    [
        "20250625",
        "2025-W26-3",
        "2025-02-30",
        "25-06-2025",
        "2025-6-5",
        "2025-06-25T00:00",
        "٢٠٢٥-٠٦-٢٥",
        "0000-01-01",
        20250625,
        True,
        datetime(2025, 6, 25, 1),  # noqa: DTZ001  # naive on purpose
        datetime(2025, 6, 25, tzinfo=UTC),
    ],
)
def test_a_call_date_that_is_no_day_is_refused(value: object) -> None:
    with pytest.raises(BadValue, match=r"^call_date is not a day"):
        rows.read_call_date(value)


@pytest.mark.parametrize(
    ("cells", "day"),
    [
        ({"completed_at": "2025-06-24T18:30:00Z"}, date(2025, 6, 25)),
        ({"completed_at": "2025-06-24T18:29:59Z"}, date(2025, 6, 24)),
        ({"completed_at": "2025-06-24T18:30:00Z", "call_date": "2020-01-01"}, date(2025, 6, 25)),
        ({"completed_at": "", "call_date": "2020-01-01"}, date(2020, 1, 1)),
        ({"call_date": "2020-01-01"}, date(2020, 1, 1)),
        ({}, None),
    ],
)
def test_the_day_is_that_of_completed_at_in_the_zone_else_call_date(
    zone: ZoneInfo, cells: dict[str, str], day: date | None
) -> None:
    row = judged(zone, {"task_id": "a", **cells})
    assert isinstance(row, TaskRow)
    assert row.day == day


def test_a_bad_call_date_refuses_the_row_even_beside_a_good_completed_at(zone: ZoneInfo) -> None:
    cells = {"task_id": "a", "completed_at": "2025-06-24T18:30:00Z", "call_date": "soon"}
    assert judged(zone, cells) == Refused(7, rows.BAD_CALL_DATE)


@pytest.mark.parametrize(
    ("cells", "task_id"),
    [
        ({"ref": "c", "task_uuid": "b", "task_id": "a"}, "a"),
        ({"ref": "c", "task_uuid": "b"}, "b"),
        ({"ref": "c", "Task_ID": "x"}, "c"),
    ],
)
def test_the_id_is_in_task_id_else_task_uuid_else_the_named_column(
    zone: ZoneInfo, cells: dict[str, str], task_id: str
) -> None:
    row = judged(zone, cells, (*ID_COLUMNS, "ref"))
    assert isinstance(row, TaskRow)
    assert row.task_id == task_id


def test_a_row_without_an_id_column_is_refused_by_their_names(zone: ZoneInfo) -> None:
    assert judged(zone, {"id": "a"}) == Refused(7, "there is no task_id or task_uuid")


@pytest.mark.parametrize("name", ["task_id", "task_uuid"])
def test_a_column_name_in_place_of_an_id_is_refused(zone: ZoneInfo, name: str) -> None:
    assert judged(zone, {"task_id": name}) == Refused(7, rows.ID_IS_A_HEADER)


def test_all_other_columns_become_attributes_in_their_order(zone: ZoneInfo) -> None:
    cells = {"z": "", "task_id": "a", "a": None, "completed_at": "", "m": [1, {"k": Number("1.50")}], "task_uuid": "u"}
    row = judged(zone, cells)
    assert isinstance(row, TaskRow)
    assert row.attributes == '{"z":"","a":null,"m":[1,{"k":1.50}],"task_uuid":"u"}'


def test_a_row_without_other_columns_has_no_attributes(zone: ZoneInfo) -> None:
    assert judged(zone, {"task_id": "a", "call_date": ""}) == TaskRow(7, "a", None, None, None)


def test_refusals_are_all_counted_and_only_the_first_kept() -> None:
    refusals = Refusals("ids.csv", keep=2)
    for line in range(5):
        refusals.add(Refused(line, "odd" if line % 2 else "even"))
    assert refusals.count == 5
    assert refusals.by_reason == {"even": 3, "odd": 2}
    assert refusals.first == [Refused(0, "even"), Refused(1, "odd")]


def test_a_summary_of_refusals_names_file_line_and_reason() -> None:
    refusals = Refusals("ids.csv")
    refusals.add(Refused(3, "some reason"))
    assert refusals.summary().splitlines() == [
        "ids.csv, rows refused: 1",
        "  1: some reason",
        "The first:",
        "  ids.csv, line 3: some reason",
    ]
