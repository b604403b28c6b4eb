import os
import tracemalloc
from collections.abc import Callable
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids.files.formats import Format, format_of
from dialflo_pipeline.extract.task_ids.files.reader import read

Read = Callable[..., Any]


@pytest.mark.parametrize(
    ("name", "file_format"),
    [("a.csv", Format.CSV), ("a.TSV", Format.TSV), ("a.b.JsonL", Format.JSONL), ("a.parquet", Format.PARQUET)],
)
def test_the_extension_is_the_format_in_any_case(name: str, file_format: Format) -> None:
    assert format_of(Path(name)) is file_format


@pytest.mark.parametrize("name", ["a.xls", "a.csv.gz", "csv", ".csv", "a."])
def test_another_extension_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(TaskFileError, match=r"\.csv \.tsv \.jsonl \.parquet \.txt \.xlsx"):
        format_of(Path(name))


def test_a_named_format_wins_over_the_extension(tmp_path: Path, zone: ZoneInfo) -> None:
    path = tmp_path / "ids.dat"
    path.write_text("a\n")
    assert [row.task_id for row in read(path, Format.TXT, None, zone)] == ["a"]


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_what_cannot_be_opened_is_told(tmp_path: Path, zone: ZoneInfo, make: Callable[[Path], None]) -> None:
    path = tmp_path / "ids.csv"
    make(path)
    with pytest.raises(TaskFileError, match=r"ids\.csv cannot be opened: "):
        list(read(path, None, None, zone))


def test_a_file_may_be_left_half_read(tmp_path: Path, zone: ZoneInfo) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("task_id\na\nb\n")
    rows = iter(read(path, None, None, zone))
    assert next(rows).task_id == "a"
    del rows


def test_parquet_may_come_through_a_pipe(write_parquet: Callable[..., Path], zone: ZoneInfo) -> None:
    content = BytesIO(write_parquet({"task_id": ["a", "b"]}).read_bytes())

    class Pipe(RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return content.read(size)

    assert [row.task_id for row in read(Pipe(), Format.PARQUET, None, zone)] == ["a", "b"]  # type: ignore[arg-type]  # a RawIOBase reads like a BinaryIO


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "txt"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, zone: ZoneInfo, file_format: str) -> None:
    path, note = tmp_path / f"ids.{file_format}", "x" * 900
    line = {"csv": "id-{},{}\n", "jsonl": '{{"task_id":"id-{}","note":"{}"}}\n', "txt": "id-{}\n"}[file_format]
    with path.open("w") as file:
        file.write("task_id,note\n" if file_format == "csv" else "")
        file.writelines(line.format(number, note) for number in range(8_000))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read(path, None, None, zone)) == 8_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert file_format == "txt" or os.path.getsize(path) > 7_000_000
