from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids import row_validation as rows
from dialflo_pipeline.extract.task_ids.files import lines as text
from dialflo_pipeline.extract.task_ids.files.formats import Format
from dialflo_pipeline.extract.task_ids.row_validation import Refused

Read = Callable[..., Any]


@pytest.mark.parametrize("content", ["a\nb\n", "\ufeffa\r\n\r\n \t\r\nb", "a\rb\r", "  a\t\nb \n"])
def test_a_list_has_one_id_a_line_and_blank_lines_are_ignored(read_all: Read, content: str) -> None:
    accepted, refused = read_all(content, "txt")
    assert [row.task_id for row in accepted] == ["a", "b"]
    assert [row.attributes for row in accepted] == [None, None]
    assert refused == []


def test_lines_of_a_list_are_counted_with_the_blank_ones(read_all: Read) -> None:
    accepted, refused = read_all("\na\n\nb c\n# d\ne,f\ntask_id\n", "txt")
    assert [(row.line, row.task_id) for row in accepted] == [(2, "a")]
    bad = [Refused(line, rows.BAD_ID) for line in (4, 5, 6)]
    assert refused == [*bad, Refused(7, rows.ID_IS_A_HEADER)]


@pytest.mark.parametrize("file_format", ["txt", "csv", "tsv", "jsonl"])
def test_nothing_but_blank_lines_is_an_empty_file(read_all: Read, file_format: str) -> None:
    with pytest.raises(TaskFileError, match=rf"ids\.{file_format} is empty"):
        read_all(" \n  \r\n", file_format)


def test_a_very_long_line_costs_only_itself(monkeypatch: pytest.MonkeyPatch, read_all: Read) -> None:
    monkeypatch.setattr(text, "MAX_LINE_CHARACTERS", 100)
    accepted, refused = read_all(f"a\n{'x' * 100}\n{'x' * 350}\n{'é' * 100}b\nc\n", "txt")
    assert [(row.line, row.task_id) for row in accepted] == [(1, "a"), (5, "c")]
    assert refused == [Refused(line, text.TOO_LONG) for line in (2, 3, 4)]


def test_a_stream_is_left_open(read_stream: Read) -> None:
    stream = BytesIO(b"a\n")
    assert [line.text for line in text.lines(stream, "x")] == ["a\n"]
    assert not stream.closed


def test_a_stream_that_breaks_off_is_told(read_stream: Read) -> None:
    class Broken(BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(TaskFileError, match="ids cannot be read: Input/output error"):
        list(text.lines(Broken(b"a"), "ids"))


def test_a_stream_is_a_list_unless_its_format_is_named(read_stream: Read) -> None:
    assert [row.task_id for row in read_stream(b"a\nb\n")] == ["a", "b"]
    assert [row.task_id for row in read_stream(b'{"ref":"a"}', Format.JSONL, "ref")] == ["a"]
