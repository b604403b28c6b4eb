"""Task-id files of any known format, read row by row; nothing is written or moved here."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids.files import csv_reader as delimited
from dialflo_pipeline.extract.task_ids.files import jsonl_reader as json_lines
from dialflo_pipeline.extract.task_ids.files import parquet_reader as parquet
from dialflo_pipeline.extract.task_ids.files.formats import Format, format_of
from dialflo_pipeline.extract.task_ids.files.lines import id_list, lines
from dialflo_pipeline.extract.task_ids.row_validation import ID_COLUMNS, Record, Refusals, Refused, TaskRow, task_row

STDIN_NAME = "standard input"


class TaskFile:
    """The rows of one file, given once, as they are read. Refused ones are counted in `refused` on the way.

    Iterating raises `TaskFileError` when nothing of the file can be used: it cannot be opened, is empty, is not what
    its format says, or has no column of ids.
    """

    def __init__(
        self, name: str, records: Iterator[Record | Refused], id_columns: Sequence[str], zone: ZoneInfo
    ) -> None:
        self.name = name
        self.refused = Refusals(name)
        self._records, self._id_columns, self._zone = records, id_columns, zone

    def __iter__(self) -> Iterator[TaskRow]:
        for record in self._records:
            row = task_row(record, self._id_columns, self._zone) if isinstance(record, Record) else record
            if isinstance(row, Refused):
                self.refused.add(row)
            else:
                yield row


def read(source: Path | BinaryIO, file_format: Format | None, column: str | None, zone: ZoneInfo) -> TaskFile:
    """Read a file, or a stream as it comes from standard input.

    Without a format a file's extension says it, and a stream is a list of ids. The id is in `task_id`, else
    `task_uuid`, else in `column`. Times without an offset are in `zone`, and so are days.
    """
    name = str(source) if isinstance(source, Path) else STDIN_NAME
    file_format = file_format or (format_of(source) if isinstance(source, Path) else Format.TXT)
    id_columns = tuple(dict.fromkeys([*ID_COLUMNS, *([column] if column else [])]))
    return TaskFile(name, _records(source, file_format, id_columns, name), id_columns, zone)


def _records(
    source: Path | BinaryIO, file_format: Format, id_columns: Sequence[str], name: str
) -> Iterator[Record | Refused]:
    if file_format is Format.PARQUET:
        yield from _parquet_records(source, id_columns, name)
        return
    with _opened(source, name) as stream, closing(lines(stream, name)) as text_lines:
        match file_format:
            case Format.TXT:
                yield from id_list(text_lines)
            case Format.JSONL:
                yield from json_lines.records(text_lines)
            case Format.CSV:
                yield from delimited.records(text_lines, ",", id_columns, name)
            case Format.TSV:
                yield from delimited.records(text_lines, "\t", id_columns, name)


def _parquet_records(source: Path | BinaryIO, id_columns: Sequence[str], name: str) -> Iterator[Record | Refused]:
    # The index of a Parquet file stands at its end, so a stream has to be kept whole before it can be read.
    with _opened(source, name) as stream, tempfile.TemporaryFile() as kept:
        if not stream.seekable():
            shutil.copyfileobj(stream, kept)
        yield from parquet.records(stream if stream.seekable() else kept, id_columns, name)


@contextmanager
def _opened(source: Path | BinaryIO, name: str) -> Iterator[BinaryIO]:
    if not isinstance(source, Path):
        yield source
        return
    try:
        stream = source.open("rb")
    except OSError as error:
        raise TaskFileError(f"{name} cannot be opened: {error.strerror}.") from None
    with stream:
        yield stream
