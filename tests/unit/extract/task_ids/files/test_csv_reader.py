import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids import row_validation as rows
from dialflo_pipeline.extract.task_ids.files import csv_reader as delimited
from dialflo_pipeline.extract.task_ids.files import lines as text
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.extract.task_ids.row_validation import Refused

Read = Callable[..., Any]
Ids = Callable[..., list[str]]


@pytest.mark.parametrize(
    "content",
    [
        b"task_id,note\na,x\nb,y\n",
        b"task_id,note\r\na,x\r\nb,y\r\n",
        b"task_id,note\ra,x\rb,y\r",
        b"\xef\xbb\xbftask_id,note\na,x\nb,y",
        b"\n\n task_id , note\na,x\n\n  \nb,y\n\n",
        b'"task_id","note"\n"a","x"\n"b","y"\n',
        b"task_id\tnote\na\tx\nb\ty\n",
    ],
)
def test_line_ends_marks_blank_lines_and_quotes_make_no_difference(read_all: Read, ids: Ids, content: bytes) -> None:
    accepted, refused = read_all(content, "tsv" if b"\t" in content else "csv")
    assert ids(accepted) == ["a", "b"]
    assert [row.attributes for row in accepted] == ['{"note":"x"}', '{"note":"y"}']
    assert refused == []


def test_cells_are_kept_as_they_stand(read_all: Read) -> None:
    accepted, _ = read_all('task_id,note,empty\na," two\nlines, "" and a comma ",\n')
    assert accepted[0].attributes == '{"note":" two\\nlines, \\" and a comma ","empty":""}'


def test_lines_are_counted_through_quoted_line_ends(read_all: Read) -> None:
    accepted, refused = read_all('\ntask_id,note\r\na,"1\n2\r\n3"\nb/,x\n\nc,"1\n2"\nd.,x\n')
    assert [(row.line, row.task_id) for row in accepted] == [(3, "a"), (8, "c")]
    assert refused == [Refused(6, rows.BAD_ID), Refused(10, rows.BAD_ID)]


def test_ragged_rows_are_refused_and_their_neighbours_kept(read_all: Read, ids: Ids) -> None:
    accepted, refused = read_all("task_id,note\na,x\nb\nc,x,y\nd,x\n")
    assert ids(accepted) == ["a", "d"]
    assert refused == [Refused(3, delimited.TOO_FEW), Refused(4, delimited.TOO_MANY)]


def test_a_row_of_empty_cells_lacks_its_id(read_all: Read, ids: Ids) -> None:
    accepted, refused = read_all("task_id,note\n,\na,\n")
    assert ids(accepted) == ["a"]
    assert refused == [Refused(2, rows.NO_ID)]


def test_an_empty_quoted_cell_is_a_row_without_an_id_and_not_a_blank_line(read_all: Read) -> None:
    _, refused = read_all('task_id\n""\n\na\n')
    assert refused == [Refused(2, rows.NO_ID)]


def test_a_second_header_is_refused(read_all: Read, ids: Ids) -> None:
    accepted, refused = read_all("task_id,note\na,x\ntask_id,note\nb,x\n")
    assert ids(accepted) == ["a", "b"]
    assert refused == [Refused(3, rows.ID_IS_A_HEADER)]


@pytest.mark.parametrize("cut", ["c", 'c,"half a no', 'c,"half\na note\n'])
def test_a_file_cut_in_its_last_row_loses_only_that_row(read_all: Read, ids: Ids, cut: str) -> None:
    accepted, refused = read_all("task_id,note\na,x\nb,y\n" + cut)
    assert ids(accepted) == ["a", "b"]
    assert refused[0].line == 4


def test_a_quote_that_is_never_closed_costs_only_its_line(read_all: Read, ids: Ids) -> None:
    good = [f"id-{number}" for number in range(5_000)]
    body = [f"{task_id},some note to make the file larger than one cell may be" for task_id in good]
    body.insert(1_000, '"broken,x')
    accepted, refused = read_all("\n".join(["task_id,note", *body]))
    assert ids(accepted) == good
    assert [row.line for row in refused] == [1_002]


def test_a_stray_quote_that_meets_another_costs_only_its_line(read_all: Read, ids: Ids) -> None:
    accepted, refused = read_all('task_id,note\n"a,x\nb,"y, z"\nc,"1\n2"\n')
    assert ids(accepted) == ["b", "c"]
    assert [row.line for row in refused] == [2]


def test_a_cell_may_be_as_long_as_a_line(read_all: Read, ids: Ids) -> None:
    long = "x" * 200_000
    lines = "x,\n" * 100_000
    accepted, refused = read_all(f'task_id,note\na,{long}\nb,y\nc,"{lines}"\nd,z\n')
    assert (ids(accepted), refused) == (["a", "b", "c", "d"], [])
    assert json.loads(accepted[0].attributes or "") == {"note": long}


def test_a_cell_over_several_lines_that_is_longer_than_one_may_be_is_refused(read_all: Read, ids: Ids) -> None:
    limit = csv.field_size_limit(1_000)
    try:
        accepted, refused = read_all('task_id,note\na,"' + "x\n" * 1_000 + '"\nb,y\n')
    finally:
        csv.field_size_limit(limit)
    assert limit == text.MAX_LINE_CHARACTERS
    assert "b" in ids(accepted)
    assert refused[0].line == 2


def test_a_line_that_is_not_utf8_is_read_as_windows_1252(tmp_path: Path, zone: ZoneInfo) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(b"task_id,name\na,Ren\xe9 \x80\x81\nb,Ren\xc3\xa9\nc\xe9,x\n")
    task_file = read(path, None, None, zone)
    assert [row.attributes for row in task_file] == ['{"name":"René €\x81"}', '{"name":"René"}']
    assert task_file.refused.first == [Refused(4, rows.BAD_ID)]
    assert task_file.notes == [f"{path}: 2 lines not in UTF-8, read as Windows-1252; the first is line 2."]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_encodings_need_a_byte_order_mark(read_all: Read, ids: Ids, encoding: str) -> None:
    content = "task_id,note\na,René\n"
    mark = "" if encoding in ("utf-16", "utf-32") else "\ufeff"  # these two write it themselves
    accepted, refused = read_all((mark + content).encode(encoding))
    assert (ids(accepted), accepted[0].attributes, refused) == (["a"], '{"note":"René"}', [])
    if mark:
        with pytest.raises(TaskFileError, match=r"ids\.csv looks like UTF-16 or UTF-32 text without a byte order"):
            read_all(content.encode(encoding))


def test_bytes_that_are_not_utf16_cost_only_their_line(read_all: Read, ids: Ids) -> None:
    content = "\ufefftask_id,note\na,x\n".encode("utf-16-le") + b"b\0,\0\x00\xd8\n\0" + "c,y\n".encode("utf-16-le")
    accepted, refused = read_all(content)
    assert (ids(accepted), refused) == (["a", "c"], [Refused(3, text.NOT_DECODED)])


def test_nul_characters_cost_only_their_row(read_all: Read, ids: Ids) -> None:
    accepted, refused = read_all("task_id,note\na\0,x\nb,y\0\nc,z\n")
    assert ids(accepted) == ["b", "c"]
    assert accepted[0].attributes == '{"note":"y\\u0000"}'
    assert refused == [Refused(2, rows.BAD_ID)]


@pytest.mark.parametrize("content", ["", "\n", " \r\n\n", "\ufeff"])
def test_an_empty_file_is_told(read_all: Read, content: str) -> None:
    with pytest.raises(TaskFileError, match=r"ids\.csv is empty"):
        read_all(content)


def test_a_header_alone_is_a_file_of_no_rows(read_all: Read) -> None:
    assert read_all("task_id,note\n") == ([], [])


def test_a_missing_id_column_is_told_with_the_columns_found(read_all: Read) -> None:
    expected = "has no column task_id or task_uuid or ref; its columns are: Call ID, note, column_3"
    with pytest.raises(TaskFileError, match=expected):
        read_all("Call ID,note,\na,x,\n", column="ref")


def test_a_file_without_header_has_none_of_its_values_told(read_all: Read) -> None:
    with pytest.raises(TaskFileError) as caught:
        read_all("5f0c6f0e-8f5e-4a53-9d8e-111111111111,+919812345678,a9f81234-0000\n")
    assert "3 not shown" in str(caught.value)
    assert not re.search(r"5f0c|9198|a9f8", str(caught.value))


def test_a_column_named_twice_is_told(read_all: Read) -> None:
    with pytest.raises(TaskFileError, match="more than one column of the same name: note"):
        read_all("task_id,note,note\na,x,y\n")


@pytest.mark.parametrize("header", [b"task_id," + b"x" * (text.MAX_LINE_CHARACTERS + 1) + b"\n", b'task_id,"note\n'])
def test_a_header_that_cannot_be_read_is_told_with_its_line(read_all: Read, header: bytes) -> None:
    with pytest.raises(TaskFileError, match=r"ids\.csv, line 1: "):
        read_all(header + b"a,x\n")


def test_columns_without_a_name_are_named_by_their_place(read_all: Read) -> None:
    accepted, _ = read_all(",task_id,\n0,a,\n")
    assert accepted[0].attributes == '{"column_1":"0","column_3":""}'
