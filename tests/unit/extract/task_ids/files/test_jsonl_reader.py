import json
from collections.abc import Callable
from typing import Any

import pytest

from dialflo_pipeline.extract.task_ids import row_validation as rows
from dialflo_pipeline.extract.task_ids.files import jsonl_reader as json_lines
from dialflo_pipeline.extract.task_ids.row_validation import Refused

Read = Callable[..., Any]


def test_values_keep_their_types_and_keys_their_order(read_all: Read) -> None:
    line = '{"z":1,"task_id":"a","b":[true,null,{"c":1.5}],"a":"é\\n"}'
    accepted, _ = read_all(line, "jsonl")
    assert accepted[0].attributes == '{"z":1,"b":[true,null,{"c":1.5}],"a":"é\\n"}'


@pytest.mark.parametrize(("value", "task_id"), [('"x"', "x"), ("123", "123"), ("9" * 40, "9" * 40)])
def test_an_id_may_be_text_or_a_whole_number(read_all: Read, value: str, task_id: str) -> None:
    accepted, _ = read_all(f'{{"task_id":{value}}}', "jsonl")
    assert [row.task_id for row in accepted] == [task_id]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"task_id":"b', json_lines.NOT_JSON),
        ('{"task_id":"b"} {}', json_lines.NOT_JSON),
        ('{"task_id":"b","x":NaN}', json_lines.NOT_JSON),
        ('{"task_id":"b","x":"\\ud800"}', json_lines.NOT_JSON),
        ('{"task_id":"b","x":' + "[" * 600 + "]" * 600 + "}", json_lines.NOT_JSON),
        ("\0", json_lines.NOT_JSON),
        ('["b"]', json_lines.NO_OBJECT),
        ('"b"', json_lines.NO_OBJECT),
        ('{"id":"b"}', "there is no task_id or task_uuid"),
        ('{"task_id":null}', rows.NO_ID),
        ('{"task_id":1.5}', rows.ID_NOT_TEXT),
        ('{"task_id":true}', rows.ID_NOT_TEXT),
        ('{"task_id":"b\\n"}', rows.BAD_ID),
        ('{"task_id":"b","completed_at":1750829225}', rows.EPOCH),
        ('{"task_id":"b","call_date":20250625}', rows.BAD_CALL_DATE),
    ],
)
def test_a_bad_line_is_refused_and_its_neighbours_kept(read_all: Read, line: str, reason: str) -> None:
    accepted, refused = read_all(f'{{"task_id":"a"}}\n{line}\n\n{{"task_id":"c"}}\n', "jsonl")
    assert [(row.line, row.task_id) for row in accepted] == [(1, "a"), (4, "c")]
    assert refused == [Refused(2, reason)]


def test_a_line_that_is_not_utf8_is_read_as_windows_1252(read_all: Read) -> None:
    accepted, refused = read_all(b'{"task_id":"a","name":"Ren\xe9"}\n{"task_id":"Ren\xe9"}\n', "jsonl")
    assert [row.attributes for row in accepted] == ['{"name":"René"}']
    assert refused == [Refused(2, rows.BAD_ID)]


def test_names_are_known_in_any_case_and_with_blanks(read_all: Read) -> None:
    accepted, refused = read_all('{"Task ID":"a","CallDate":"2025-06-25","Name":1}\n', "jsonl")
    assert [(row.task_id, str(row.day), row.attributes) for row in accepted] == [("a", "2025-06-25", '{"Name":1}')]
    assert refused == []


def test_two_names_of_one_column_are_refused(read_all: Read) -> None:
    _, refused = read_all('{"task_id":"a","Task_ID":"b"}\n', "jsonl")
    assert refused == [Refused(1, json_lines.NAMED_TWICE)]


def test_of_a_key_given_twice_the_last_counts(read_all: Read) -> None:
    accepted, _ = read_all('{"task_id":"a","x":1,"task_id":"b","x":2}', "jsonl")
    assert [(row.task_id, row.attributes) for row in accepted] == [("b", '{"x":2}')]


def test_long_numbers_lose_no_digit(read_all: Read) -> None:
    accepted, _ = read_all('{"task_id":"a","n":123456789012345678901234567890,"f":1e999}', "jsonl")
    assert accepted[0].attributes == '{"n":123456789012345678901234567890,"f":1e999}'


@pytest.mark.parametrize("depth", [99, 300, 500])
def test_deep_values_are_kept(read_all: Read, depth: int) -> None:
    value = "[" * depth + '1,{"k":2.5}' + "]" * depth
    accepted, _ = read_all(f'{{"task_id":"a","x":{value}}}', "jsonl")
    assert accepted[0].attributes == f'{{"x":{value}}}'


def test_line_separators_of_unicode_do_not_end_a_line(read_all: Read) -> None:
    accepted, _ = read_all('{"task_id":"a","x":"\u2028\x85"}\n', "jsonl")
    assert json.loads(accepted[0].attributes) == {"x": "\u2028\x85"}
