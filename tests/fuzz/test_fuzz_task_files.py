"""Task-id files of every make: never a stack trace, and every line is registered or refused with its number."""

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids.files.formats import Format
from dialflo_pipeline.extract.task_ids.files.reader import TaskFile, read
from dialflo_pipeline.extract.task_ids.row_validation import Refused, TaskRow
from tests.fuzz.conftest import Fuzz
from tests.fuzz.documents import BYTE_CHANGES
from tests.support.cases.task_files import TASK_FILES

AT_ONCE: Final = 250
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
HEADERS: Final = ("task_id", "task_uuid")
COLUMN: Final = "note"
"""At times told to be the column of ids."""

BLANKS: Final = " \t\n\r\v\f"
PIECES: Final = (
    *("a", "b-1", "task_id", "task_uuid", "completed_at", "call_date", "note", "2025-06-25", "2025-06-25T10:57Z", "2025-02-30"),
    *("", " ", "\t", '"', '""', '"a', "a\nb", "\r", "\0", "../..", "%00", "x" * 128, "x" * 129, "917407656243", "päöß", "\u202e"),
    *(",", ";", "'", "{", "}", "[", "null", "1", "1.0", "-5", "1e3", "true", "\ufeff", "=1+1", "#", "\u2028", "٣", "\x1c", "\x85"),
)  # fmt: skip
ENCODINGS: Final = ("utf-8",) * 12 + ("utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-32", "cp1252")
TEXT_FORMATS: Final = (Format.CSV, Format.TSV, Format.JSONL, Format.TXT)
KNOWN_PARQUET: Final = next(file.content for file in TASK_FILES if file.name == "ids.parquet" and file.ids)


def test_a_sample_of_task_files_costs_only_their_bad_lines(fuzz: Fuzz) -> None:
    fuzz.for_seconds(3, check_files)


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", range(10))
def test_many_task_files_cost_only_their_bad_lines(fuzz: Fuzz, part: int) -> None:
    fuzz.so_often(200_000 // AT_ONCE // 10, check_files, part)


def check_files(dice: Random) -> int:
    for _ in range(AT_ONCE):
        check_file(dice)
    return AT_ONCE


def check_file(dice: Random) -> None:
    """One file of any bytes in any format."""
    file_format = dice.choice(list(Format))
    content = _content(dice, file_format)
    read_as = file_format if dice.random() < 0.9 else dice.choice(list(Format))
    task_file = read(io.BytesIO(content), read_as, dice.choice((None, None, COLUMN)), ZoneInfo("Europe/Berlin"))
    rows, refused, error = _all(task_file)
    assert not error or error.startswith("standard input")
    assert not re.search(r"\d{9}", error)
    _check_rows(rows, refused)
    if read_as is Format.TXT and not content.startswith(b"PK\x03\x04"):  # a zip archive is read as Excel
        _check_every_line(content, rows, refused)


def _check_rows(rows: Sequence[TaskRow], refused: Sequence[Refused]) -> None:
    """Each row is as promised and has a line of its own; a reason holds nothing of the row."""
    assert all(ID.fullmatch(row.task_id) and row.task_id not in HEADERS for row in rows)
    assert all(json.loads(row.attributes) for row in rows if row.attributes)
    assert all(row.day for row in rows if row.completed_at)
    lines = [*(row.line for row in rows), *(row.line for row in refused)]
    assert len(set(lines)) == len(lines)
    assert min(lines, default=1) >= 1
    assert all(row.reason and "x" * 20 not in row.reason and "740765" not in row.reason for row in refused)


def _check_every_line(content: bytes, rows: Sequence[TaskRow], refused: Sequence[Refused]) -> None:
    """Of a list of ids: each line that is not blank is either, and those with an id alone are registered."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    if "\0" in text:
        return  # a text of two bytes a character looks like this
    lines = io.StringIO(text, newline="").readlines() if "\r" not in text else re.split(r"\r\n|\r|\n", text)
    numbered = {number: line.strip(BLANKS) for number, line in enumerate(lines, 1) if line.strip(BLANKS)}
    assert {row.line for row in rows} | {row.line for row in refused} == numbered.keys()
    for row in rows:
        assert numbered[row.line].strip(" \t") == row.task_id
    headers = {_plain(name) for name in (*HEADERS, COLUMN)}
    assert not any(ID.fullmatch(numbered[row.line]) and _plain(numbered[row.line]) not in headers for row in refused)


def _plain(name: str) -> str:
    """A header's name without regard to case, blanks and underscores."""
    return re.sub(r"[\s_]", "", name).lower()


def _content(dice: Random, file_format: Format) -> bytes:
    if dice.random() < 0.2 or file_format is Format.PARQUET:
        known = [file.content for file in TASK_FILES if len(file.content) < 20_000]
        known = [KNOWN_PARQUET, *known] if file_format is Format.PARQUET else known
        content = dice.choice(known)
    else:
        encoding = dice.choice(ENCODINGS)
        content = _text(dice, file_format).encode(encoding, "replace")
    for _ in range(dice.choice((0, 0, 1, 1, 3))):
        content = dice.choice(BYTE_CHANGES)(dice, content)
    return content


def _text(dice: Random, file_format: Format) -> str:
    if file_format is Format.TXT:
        ends = dice.choice(("\n", "\n", "\r\n", "\r"))
        return ends.join(
            dice.choice(PIECES) if dice.random() < 0.5 else f"id-{place}" for place in range(dice.randrange(12))
        )
    if file_format is Format.JSONL:
        return "\n".join(_json_line(dice) for _ in range(dice.randrange(8)))
    text = io.StringIO(newline="")
    delimiter = "," if file_format is Format.CSV else "\t"
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL if dice.random() < 0.5 else csv.QUOTE_MINIMAL)
    columns = dice.sample(("task_id", "completed_at", "call_date", "note"), dice.randrange(1, 5))
    writer.writerow(columns if dice.random() < 0.9 else [dice.choice(PIECES) for _ in columns])
    for place in range(dice.randrange(8)):
        cells = [dice.choice(PIECES) if name != "task_id" or dice.random() < 0.4 else f"id-{place}" for name in columns]
        writer.writerow(cells if dice.random() < 0.9 else cells[1:])
    return text.getvalue()


def _json_line(dice: Random) -> str:
    if dice.random() < 0.15:
        return dice.choice(PIECES)
    values: tuple[Any, ...] = (dice.choice(PIECES), dice.randrange(10**20), None, True, 1.5, [], {"a": None})
    names = dice.sample(("task_id", "task_uuid", "completed_at", "call_date", "note", ""), dice.randrange(5))
    return json.dumps({name: dice.choice(values) for name in names}, ensure_ascii=dice.random() < 0.5)


def test_a_file_of_any_bytes_in_a_folder_is_read_as_from_a_stream(tmp_path: Path, fuzz: Fuzz) -> None:
    def check(dice: Random) -> int:
        for file_format in TEXT_FORMATS:
            content = _content(dice, file_format)
            path = tmp_path / f"ids.{file_format}"
            path.write_bytes(content)
            both = [read(source, file_format, None, ZoneInfo("UTC")) for source in (path, io.BytesIO(content))]
            found = [_all(each)[:2] for each in both]
            assert found[0] == found[1], content
        return len(TEXT_FORMATS)

    fuzz.for_seconds(0.5, check)


def _all(task_file: TaskFile) -> tuple[list[TaskRow], list[Refused], str]:
    """The rows of a file, those refused, and why the rest of it cannot be used, if so."""
    rows: list[TaskRow] = []
    try:
        rows.extend(task_file)
    except TaskFileError as error:
        return rows, task_file.refused.first, str(error)
    return rows, task_file.refused.first, ""
