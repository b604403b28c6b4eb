"""The table of task-id files: a line each, with the ids that must be registered and the rows that must be refused."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from dialflo_pipeline.extract.task_ids import row_validation as rows
from dialflo_pipeline.extract.task_ids.files import csv_reader as delimited
from dialflo_pipeline.extract.task_ids.files import jsonl_reader as json_lines
from dialflo_pipeline.extract.task_ids.files import lines as text
from dialflo_pipeline.extract.task_ids.files import parquet_reader as parquet
from dialflo_pipeline.extract.task_ids.inbox import Fate

UNKNOWN_KIND: Final = ".csv .tsv .jsonl .parquet .txt .xlsx"
WIDE: Final = "UTF-16 or UTF-32"


@dataclass(frozen=True)
class TaskFile:
    """A file in the inbox: what of it is registered, which lines are refused why, and what of it is known already."""

    name: str
    content: bytes
    ids: Sequence[str] = ()
    refused: Sequence[tuple[int, str]] = ()
    reason: str = ""
    """A part of why the file as a whole is refused."""
    known: int = 0
    about: str = ""

    @property
    def fate(self) -> Fate:
        return Fate.REFUSED if self.reason else Fate.DONE


def good(about: str, name: str, content: str | bytes, *ids: str, known: int = 0) -> TaskFile:
    return TaskFile(name, _bytes(content), ids, known=known, about=about)


def some(about: str, name: str, content: str | bytes, ids: Sequence[str], *refused: tuple[int, str]) -> TaskFile:
    return TaskFile(name, _bytes(content), ids, refused, about=about)


def none(about: str, name: str, content: str | bytes, reason: str, *refused: tuple[int, str]) -> TaskFile:
    return TaskFile(name, _bytes(content), (), refused, reason, about=about)


def bad_id(about: str, written: str, reason: str = rows.BAD_ID) -> TaskFile:
    """An id between two good ones, as a cell in quotes."""
    quoted = written.replace('"', '""')
    return some(f"an id of {about}", "ids.csv", f'task_id\na\n"{quoted}"\nb\n', ["a", "b"], (3, reason))


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


TABLE: Final = "task_id,note\na,x\nb,y\n"
STORED: Final = _parquet({"task_id": ["a", "b"]})

IDS: Final = [
    bad_id("nothing", "", rows.NO_ID),
    bad_id("blanks", " \t ", rows.NO_ID),
    bad_id("dots", ".."),
    bad_id("a dot", "a.b"),
    bad_id("a slash", "../../etc/passwd"),
    bad_id("a backslash", "a\\b"),
    bad_id("a percent", "a%2e%2e"),
    bad_id("a question mark", "a?b=1"),
    bad_id("a fragment", "a#b"),
    bad_id("a newline", "a\nb"),
    bad_id("a carriage return and a newline", "a\r\nauth_token: x"),
    bad_id("a NUL", "a\0"),
    bad_id("a mark from right to left", "a\u202eb"),
    bad_id("a blank of no width", "a\u200bb"),
    bad_id("a byte order mark", "a\ufeff"),
    bad_id("a letter of another script", "аbc"),
    bad_id("digits of another script", "٣٣"),
    bad_id("a quote", 'a"b'),
    bad_id("SQL", "'; DROP TABLE tasks; --"),
    bad_id("129 characters", "x" * 129),
    bad_id("10,000 characters", "x" * 10_000),
    bad_id("a column's name", "task_id", rows.ID_IS_A_HEADER),
    bad_id("another column's name", "task_uuid", rows.ID_IS_A_HEADER),
    good("128 characters", "ids.txt", "x" * 128, "x" * 128),
    good("a dash alone", "ids.txt", "-\n--help\n_\n", "-", "--help", "_"),
    good("ids that differ in case", "ids.txt", "a\nA\n", "a", "A"),
    good("an id twice", "ids.txt", "a\nb\na\n", "a", "b", known=1),
    good("an id twice, blanks around", "ids.txt", "a\n  a\t\n", "a", known=1),
]  # fmt: skip

FILES: Final = [
    good("a mark and Windows ends", "ids.csv", b"\xef\xbb\xbftask_id,note\r\na,x\r\nb,y\r\n", "a", "b"),
    good("a header alone", "ids.csv", "task_id,note\n"),
    good("Parquet of no rows", "ids.parquet", _parquet({"task_id": pa.array([], pa.string())})),
    good("an extension in capitals", "IDS.TXT", "a\n", "a"),
    some("a header twice", "ids.csv", TABLE + TABLE.replace("a,", "c,").replace("b,", "d,"), ["a", "b", "c", "d"], (4, rows.ID_IS_A_HEADER)),
    some("a header in a list of ids", "ids.txt", "task_id\na\n", ["a"], (1, rows.ID_IS_A_HEADER)),
    some("cut in its last row", "ids.csv", TABLE + "c", ["a", "b"], (4, delimited.TOO_FEW)),
    some("cut in quotes", "ids.csv", TABLE + 'c,"half a no', ["a", "b"], (4, "the row cannot be read (unexpected end of data)")),
    some("cut in an object", "ids.jsonl", '{"task_id":"a"}\n{"task_id":"b', ["a"], (2, json_lines.NOT_JSON)),
    good("cut in a character", "ids.csv", b"task_id,note\na,x\nb,\xc3", "a", "b"),
    some("a quote never closed", "ids.csv", 'task_id,note\na,x\n"b,x\nc,x\n', ["a", "c"], (3, "the row cannot be read (unexpected end of data)")),
    good("Latin-1 in one row", "ids.csv", b"task_id,name\na,Ren\xe9\nb,Ren\xc3\xa9\n", "a", "b"),
    good("Windows-1252 in a list of JSON", "ids.jsonl", b'{"task_id":"a","name":"Ren\xe9 \x80"}\n', "a"),
    some("half a character of UTF-16", "ids.csv", TABLE.encode("utf-16") + b"c", ["a", "b"], (4, text.NOT_DECODED)),
    some("NULs behind", "ids.txt", b"a\nb\n" + bytes(4096), ["a", "b"], (3, rows.BAD_ID)),
    some("another kind within", "ids.jsonl", '{"task_id":"a"}\ntask_id,note\n["b"]\n', ["a"], (2, json_lines.NOT_JSON), (3, json_lines.NO_OBJECT)),
    some("deep objects", "ids.jsonl", '{"task_id":"a","x":' + "[" * 6_000 + "]" * 6_000 + '}\n{"task_id":"b"}\n', ["b"], (1, json_lines.NOT_JSON)),
    some("times that are none", "ids.csv", "task_id,completed_at\na,2024-05-01 10:00\nb,yesterday\n", ["a"], (3, rows.BAD_COMPLETED_AT)),
    some("days that are none", "ids.csv", "task_id,call_date\na,2024-02-29\nb,2023-02-29\n", ["a"], (3, rows.BAD_CALL_DATE)),
    some("a null in Parquet", "ids.parquet", _parquet({"task_id": ["a", None, "b"]}), ["a", "b"], (2, rows.NO_ID)),
    some("bytes that are no text in Parquet", "ids.parquet", _parquet({"task_id": ["a", "b"], "x": pa.array([b"x", b"\xff"]).view(pa.string())}), ["a"], (2, parquet.UNREADABLE)),
    none("no row of use", "ids.txt", "b/c\nd.e\n", f"2: {rows.BAD_ID}", (1, rows.BAD_ID), (2, rows.BAD_ID)),
    none("no column of ids", "ids.csv", "id\na\n", "has no column task_id"),
    none("no header", "ids.csv", "a,x\nb,y\n", "has no column task_id"),
    none("a column twice", "ids.csv", "task_id,note,note\na,x,y\n", "more than one column of the same name: note"),
    none("the column of ids twice", "ids.csv", "task_id,task_id\na,b\n", "more than one column of the same name: task_id"),
    none("nothing", "ids.jsonl", "", "is empty"),
    none("blank lines", "ids.csv", "\n \r\n", "is empty"),
    none("a mark alone", "ids.txt", b"\xef\xbb\xbf", "is empty"),
    good("UTF-16", "ids.csv", TABLE.encode("utf-16"), "a", "b"),
    none("UTF-16 without a mark", "ids.csv", TABLE.encode("utf-16-le"), WIDE),
    good("UTF-32", "ids.txt", "a\nb\n".encode("utf-32"), "a", "b"),
    none("UTF-32 without a mark", "ids.txt", "a\nb\n".encode("utf-32-le"), WIDE),
    none("NULs alone", "ids.csv", bytes(4096), WIDE),
    none("half a spreadsheet", "ids.xlsx", b"PK\x03\x04", "cannot be read as an Excel workbook"),
    none("an old spreadsheet", "ids.xls", b"\xd0\xcf\x11\xe0", UNKNOWN_KIND),
    none("a packed file", "ids.csv.gz", b"\x1f\x8b", UNKNOWN_KIND),
    none("no extension", "ids", "a\n", UNKNOWN_KIND),
    none("a packed file by a wrong name", "ids.csv", b"PK\x03\x04\x14\0\x06\0\x08\0\xff\xfe", "is a zip file or an Excel workbook, not text"),
    none("Parquet in name only", "ids.parquet", TABLE, "cannot be read as a Parquet file"),
    none("Parquet of nothing", "ids.parquet", b"", "cannot be read as a Parquet file"),
    none("Parquet cut in the middle", "ids.parquet", STORED[: len(STORED) // 2], "cannot be read as a Parquet file"),
    none("Parquet cut by a byte", "ids.parquet", STORED[:-1], "cannot be read as a Parquet file"),
]  # fmt: skip

TASK_FILES: Final = [*IDS, *FILES]
