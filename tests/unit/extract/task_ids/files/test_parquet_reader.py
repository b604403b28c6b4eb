import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids import row_validation as rows
from dialflo_pipeline.extract.task_ids.files import parquet_reader as parquet
from dialflo_pipeline.extract.task_ids.files.reader import TaskFile, read
from dialflo_pipeline.extract.task_ids.row_validation import Refused

Write = Callable[..., Path]
NOON = datetime(2025, 6, 25, 12, tzinfo=UTC)
NANOSECOND = 1


def whole(path: Path, zone: ZoneInfo) -> tuple[list[rows.TaskRow], TaskFile]:
    task_file = read(path, None, None, zone)
    return list(task_file), task_file


@pytest.mark.parametrize(
    ("values", "task_ids"),
    [
        (pa.array(["a", "b"]), ["a", "b"]),
        (pa.array(["a", "b"], pa.large_string()), ["a", "b"]),
        (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
        (pa.array([1, 2], pa.uint64()), ["1", "2"]),
        (
            pa.array([bytes(15) + b"\x01", bytes(15) + b"\x02"], pa.uuid()),
            ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"],
        ),
    ],
)
def test_ids_may_be_text_whole_numbers_or_uuids(
    write_parquet: Write, zone: ZoneInfo, values: Any, task_ids: list[str]
) -> None:
    accepted, _ = whole(write_parquet({"task_id": values}), zone)
    assert [row.task_id for row in accepted] == task_ids
    assert [row.line for row in accepted] == [1, 2]
    assert [row.attributes for row in accepted] == [None, None]


def test_bad_ids_are_refused_with_the_number_of_their_row(write_parquet: Write, zone: ZoneInfo) -> None:
    accepted, task_file = whole(write_parquet({"task_id": ["a", None, "b/c", "d"]}), zone)
    assert [row.task_id for row in accepted] == ["a", "d"]
    assert task_file.refused.first == [Refused(2, rows.NO_ID), Refused(3, rows.BAD_ID)]


@pytest.mark.parametrize(
    ("values", "moment"),
    [
        (pa.array([NOON], pa.timestamp("us", "UTC")), NOON),
        (pa.array([NOON], pa.timestamp("ns", "Asia/Kolkata")), NOON),
        (pa.array([NOON], pa.timestamp("s", "+05:30")), NOON),
        (pa.array([1_750_852_800_123_456_789], pa.timestamp("ns")), datetime(2025, 6, 25, 6, 30, 0, 123456, UTC)),
        (pa.array([1_750_852_800_000], pa.timestamp("ms")), datetime(2025, 6, 25, 6, 30, tzinfo=UTC)),
        (pa.array([date(2025, 6, 26)]), datetime(2025, 6, 25, 18, 30, tzinfo=UTC)),
        (pa.array(["2025-06-25T12:00:00Z"]), NOON),
        (pa.array([None], pa.timestamp("us")), None),
    ],
)
def test_completed_at_may_be_any_kind_of_time(
    write_parquet: Write, zone: ZoneInfo, values: Any, moment: datetime | None
) -> None:
    accepted, _ = whole(write_parquet({"task_id": ["a"], "completed_at": values}), zone)
    assert [row.completed_at for row in accepted] == [moment]


def test_old_style_timestamps_are_read(write_parquet: Write, zone: ZoneInfo) -> None:
    naive = pa.array([1_750_852_800_000_000_000], pa.timestamp("ns"))
    path = write_parquet({"task_id": ["a"], "completed_at": naive}, use_deprecated_int96_timestamps=True)
    assert whole(path, zone)[0][0].completed_at == datetime(2025, 6, 25, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "values",
    [pa.array([date(2025, 6, 25)]), pa.array([datetime(2025, 6, 25)], pa.timestamp("ns")), pa.array(["2025-06-25"])],  # noqa: DTZ001  # naive on purpose
)
def test_call_date_may_be_a_day_a_midnight_or_text(write_parquet: Write, zone: ZoneInfo, values: Any) -> None:
    accepted, _ = whole(write_parquet({"task_id": ["a"], "call_date": values}), zone)
    assert [row.day for row in accepted] == [date(2025, 6, 25)]


def test_typed_values_become_json(write_parquet: Write, zone: ZoneInfo) -> None:
    columns = {
        "task_id": ["a"],
        "text": ["é"],
        "whole": [2**62],
        "half": [0.5],
        "nan": [float("nan")],
        "flag": [True],
        "none": pa.nulls(1),
        "amount": [Decimal("12345678901234567890.50")],
        "day": [date(2025, 6, 25)],
        "at": pa.array([NOON], pa.timestamp("ns", "UTC")),
        "local": pa.array([NOON.replace(tzinfo=None)], pa.timestamp("ms")),
        "clock": [time(10, 30)],
        "long": [timedelta(seconds=90)],
        "blob": [b"text"],
        "bytes": [b"\xff\x00"],
        "list": pa.array([[NOON]], pa.list_(pa.timestamp("ns", "UTC"))),
        "nested": [{"when": date(2025, 6, 25), "n": [Decimal("1.0")]}],
        "map": pa.array([[("k", b"v")]], pa.map_(pa.string(), pa.binary())),
        "fine map": pa.array([[("k", NANOSECOND)]], pa.map_(pa.string(), pa.timestamp("ns"))),
        "large list": pa.array([[NANOSECOND]], pa.large_list(pa.timestamp("ns"))),
        "pair": pa.array([[NANOSECOND, None]], pa.list_(pa.timestamp("ns"), 2)),
    }
    accepted, _ = whole(write_parquet(columns), zone)
    attributes = accepted[0].attributes
    assert attributes is not None
    assert json.loads(attributes, parse_float=str) == {
        "text": "é",
        "whole": 2**62,
        "half": "0.5",
        "nan": None,
        "flag": True,
        "none": None,
        "amount": "12345678901234567890.50",
        "day": "2025-06-25",
        "at": "2025-06-25T12:00:00+00:00",
        "local": "2025-06-25T12:00:00",
        "clock": "10:30:00",
        "long": "90.0",
        "blob": "text",
        "bytes": "/wA=",
        "list": ["2025-06-25T12:00:00+00:00"],
        "nested": {"when": "2025-06-25", "n": ["1.0"]},
        "map": [["k", "v"]],
        "fine map": [["k", "1970-01-01T00:00:00"]],
        "large list": ["1970-01-01T00:00:00"],
        "pair": ["1970-01-01T00:00:00", None],
    }
    assert list(json.loads(attributes)) == [name for name in columns if name != "task_id"]


def test_a_time_in_a_zone_that_nobody_knows_is_the_moment_it_is(write_parquet: Write, zone: ZoneInfo) -> None:
    odd = pa.array([NOON], pa.timestamp("ms", "Mars/Base"))
    accepted, _ = whole(write_parquet({"task_id": ["a"], "completed_at": odd, "at": odd}), zone)
    assert (accepted[0].completed_at, accepted[0].attributes) == (NOON, '{"at":"2025-06-25T12:00:00+00:00"}')


def test_a_value_that_cannot_be_read_costs_only_its_row(write_parquet: Write, zone: ZoneInfo) -> None:
    beyond = pa.array([0, 2**60, 0], pa.timestamp("ms"))
    accepted, task_file = whole(write_parquet({"task_id": ["a", "b", "c"], "at": beyond}), zone)
    assert [row.task_id for row in accepted] == ["a", "c"]
    assert task_file.refused.first == [Refused(2, parquet.UNREADABLE)]


def test_text_that_is_not_utf8_costs_only_its_row(write_parquet: Write, zone: ZoneInfo) -> None:
    buffers = pa.array([b"a", b"\xff", b"c"]).buffers()
    broken = pa.StringArray.from_buffers(3, buffers[1], buffers[2])
    accepted, task_file = whole(write_parquet({"task_id": broken, "note": ["x", "y", "z"]}), zone)
    assert [row.task_id for row in accepted] == ["a", "c"]
    assert task_file.refused.first == [Refused(2, parquet.UNREADABLE)]


def test_rows_are_counted_over_batches(write_parquet: Write, zone: ZoneInfo) -> None:
    task_ids = [f"id-{number}" for number in range(25_000)]
    accepted, _ = whole(write_parquet({"task_id": task_ids}, row_group_size=7_000), zone)
    assert [row.task_id for row in accepted] == task_ids
    assert [row.line for row in accepted] == list(range(1, 25_001))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"task_id\na\n"])
def test_what_is_no_parquet_file_is_told(tmp_path: Path, zone: ZoneInfo, content: bytes) -> None:
    path = tmp_path / "ids.parquet"
    path.write_bytes(content)
    with pytest.raises(TaskFileError, match=r"ids\.parquet cannot be read as a Parquet file"):
        whole(path, zone)


def test_a_cut_parquet_file_is_told(write_parquet: Write, zone: ZoneInfo) -> None:
    path = write_parquet({"task_id": ["a"]})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TaskFileError, match="cannot be read as a Parquet file"):
        whole(path, zone)


def test_whatever_byte_of_a_parquet_file_is_another_it_is_read_or_told(write_parquet: Write, zone: ZoneInfo) -> None:
    path = write_parquet({"task_id": ["a", "b"], "note": ["é", "f"], "tags": [["x"], []]}, write_page_checksum=True)
    sound, told = path.read_bytes(), 0
    for place in range(len(sound)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0x80]) + sound[place + 1 :])
        try:
            whole(path, zone)
        except TaskFileError:
            told += 1
    assert 0 < told < len(sound)


def test_damage_inside_a_parquet_file_keeps_the_rows_before_it(write_parquet: Write, zone: ZoneInfo) -> None:
    task_ids = [f"id-{number}" for number in range(40_000)]
    path = write_parquet({"task_id": task_ids}, row_group_size=20_000, use_dictionary=False, write_page_checksum=True)
    second = pq.read_metadata(path).row_group(1).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[second + 100 : second + 200] = bytes(100)
    path.write_bytes(content)
    accepted, task_file = whole(path, zone)
    assert [row.task_id for row in accepted] == task_ids[:20_000]
    assert task_file.refused.first == [Refused(20_001, parquet.DAMAGED)]


def test_a_parquet_file_without_an_id_column_is_told(write_parquet: Write, zone: ZoneInfo) -> None:
    with pytest.raises(TaskFileError, match="its columns are: id, note"):
        whole(write_parquet({"id": ["a"], "note": ["b"]}), zone)
