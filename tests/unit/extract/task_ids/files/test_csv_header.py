"""Delimiters, `sep=` lines, spellings of the header and title rows, as spreadsheets and exports write them."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids.files.formats import Format
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.extract.task_ids.row_validation import TWO_IDS, Refused

Read = Callable[..., Any]
UUID = "6f1c2a8e-0000-4000-8000-000000000001"


@pytest.mark.parametrize("file_format", ["csv", "tsv"])
@pytest.mark.parametrize(
    "content",
    [
        "task_id{0}completed_at{0}name\r\na{0}2026-11-20 10:00{0}x y\r\n",
        "sep={0}\r\ntask_id{0}completed_at{0}name\r\na{0}2026-11-20 10:00{0}x y\r\n",
        "\ufeffSEP={0}\ntask_id{0}completed_at{0}name\na{0}2026-11-20 10:00{0}x y\n",
        '"sep={0}"\n\nname{0}task_id{0}completed_at\nx y{0}a{0}2026-11-20 10:00\n',
        '"TASK ID"{0}"Completed_At"{0}"name"\n"a"{0}"2026-11-20 10:00"{0}"x y"\n',
        "Calls export\n\n{0}{0}\nTaskId{0}completed at{0}name\na{0}2026-11-20 10:00{0}x y\n",
        'Calls, of "November"\nmade by; us\ntask_id{0}completed_at{0}name\na{0}2026-11-20 10:00{0}x y\n',
        '"Calls\nof November"\ntask_id{0}completed_at{0}name\na{0}2026-11-20 10:00{0}x y\n',
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_and_header_is_read(read_all: Read, delimiter: str, content: str, file_format: str) -> None:
    (row,), refused = read_all(content.format(delimiter), file_format)
    assert (row.task_id, str(row.completed_at), row.attributes) == ("a", "2026-11-20 04:30:00+00:00", '{"name":"x y"}')
    assert refused == []


@pytest.mark.parametrize(
    "content", ["sep=^\ntask_id^n\na^x,y\n", "sep=\\t\ntask_id\tn\na\tx,y\n", "task_id;n\na;x,y\n"]
)
def test_other_delimiters_stay_in_the_cells(read_all: Read, content: str) -> None:
    (row,), _ = read_all(content)
    assert (row.task_id, row.attributes) == ("a", '{"n":"x,y"}')


def test_a_name_with_a_comma_is_no_delimiter(read_all: Read) -> None:
    (row,), _ = read_all("task_id;Name, first\na;x\n")
    assert row.attributes == '{"Name, first":"x"}'


@pytest.mark.parametrize(
    "header", ["task_id", "TASK_ID", "Task ID", "taskid", "Task_Id ", "\u00a0task\u00a0id", "TASK UUID"]
)
def test_the_id_column_is_known_however_it_is_written(read_all: Read, header: str) -> None:
    (row,), _ = read_all(f"{header},CallDate,Other Name\na,2026-11-20,x\n")
    assert (row.task_id, str(row.day), row.attributes) == ("a", "2026-11-20", '{"Other Name":"x"}')


def test_a_named_column_is_known_however_it_is_written(read_all: Read) -> None:
    (row,), _ = read_all("Call Ref;n\na;x\n", column="call_ref")
    assert (row.task_id, row.attributes) == ("a", '{"n":"x"}')


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("task_id;completed_at|name\na;b|c\n", r"split at a semicolon and a bar \(seen: task_id, completed_at\|name\)"),
        ("task_id|name;completed_at\na|b;c\n", "split at a semicolon and a bar|split at a bar and a semicolon"),
        ("task_id;a|b\na;b|c\n", "split at a semicolon and a bar"),
        ("task_id,name;completed_at\na,b;c\n", "split at a comma and a semicolon"),
        ("task_id,Task ID\na,b\n", "more than one column task_id: task_id, Task ID"),
        ("completed_at,Completed At,task_id\n,,a\n", "more than one column completed_at"),
        ("Title\ntask_id\na\n\ntask_id\nb\n", "lines 2 and 5 both have an id column"),
        ("sep=;\ntask_id,completed_at\na,b\n", "has no column task_id"),
        ("sep=;\n", "is empty"),
        ("Title\nand more\n", "has no column task_id or task_uuid; its columns are: Title"),
        ("x\n" * 200 + "task_id\na\n", "has no column task_id"),
    ],
)
def test_an_unclear_header_is_refused_with_what_was_seen(read_all: Read, content: str, reason: str) -> None:
    with pytest.raises(TaskFileError, match=reason) as caught:
        read_all(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("titles", "said"), [("Calls\n", "1 row"), ("Calls\n\nof May\n", "2 rows")])
def test_skipped_title_rows_are_named(zone: ZoneInfo, titles: str, said: str) -> None:
    task_file = read(BytesIO(f"{titles}task_id\na\n".encode()), Format.CSV, None, zone)
    assert [row.task_id for row in task_file] == ["a"]
    header = titles.count("\n") + 1
    assert task_file.notes == [f"standard input: line {header} is the header; {said} above it skipped."]


def test_line_numbers_count_the_rows_above_the_header(read_all: Read) -> None:
    accepted, refused = read_all('Title\n\nsome;thing\ntask_id;n\na;x\nb;"y\nz"\nc\n')
    assert [row.line for row in accepted] == [5, 6]
    assert [row.line for row in refused] == [8]


def test_braces_around_a_uuid_are_dropped_and_no_others(read_all: Read, ids: Read) -> None:
    accepted, refused = read_all(f"task_id\n{{{UUID}}}\n {{{UUID.upper()}}} \n{{a}}\n{{{UUID}\n")
    assert ids(accepted) == [UUID, UUID.upper()]
    assert [row.line for row in refused] == [4, 5]


def test_a_number_beside_a_uuid_is_refused_unless_a_column_is_named(read_all: Read, ids: Read) -> None:
    content = f"task_id,task_uuid\n12345,{UUID}\n{UUID},{UUID}\nx,y\n"
    accepted, refused = read_all(content)
    assert (ids(accepted), refused) == ([UUID, "x"], [Refused(2, TWO_IDS)])
    assert ids(read_all(content, column="task_uuid")[0]) == [UUID, UUID, "y"]
    assert ids(read_all(content, column="Task ID")[0]) == ["12345", UUID, "x"]


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("11/20/2026 10:00 AM", "day and month"),
        ("20.11.2026", "day and month"),
        ("2026-11-20", "call_date"),
        ("1795168800000", "number"),
    ],
)
def test_a_time_in_another_form_is_refused_with_the_remedy(read_all: Read, value: str, part: str) -> None:
    _, (refused,) = read_all(f"task_id,completed_at\na,{value}\n")
    assert refused.reason.startswith("completed_at is not a time")
    assert part in refused.reason
    assert value not in refused.reason
