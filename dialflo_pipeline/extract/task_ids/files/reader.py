"""Task-id files of any known format, read row by row; nothing is written or moved here."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids.files import csv_reader, jsonl_reader, parquet_reader
from dialflo_pipeline.extract.task_ids.files.columns import KnownColumns
from dialflo_pipeline.extract.task_ids.files.formats import Format, format_of
from dialflo_pipeline.extract.task_ids.files.lines import id_list, lines
from dialflo_pipeline.extract.task_ids.row_validation import Record, Refusals, Refused, TaskRow, task_row

STDIN_NAME = "standard input"


class TaskFile:
    """The rows of one file, given once, as they are read. Refused ones are counted in `refused` on the way.

    `notes` gets sentences about how the file was read, such as its encoding. Iterating raises `TaskFileError` when
    nothing of the file can be used: it cannot be opened, is empty, is not what its format says, or has no id column.
    """

    def __init__(
        self,
        name: str,
        records: Iterator[Record | Refused],
        columns: KnownColumns,
        zone: ZoneInfo,
        notes: list[str] | None = None,
    ) -> None:
        self.name = name
        self.refused = Refusals(name)
        self.notes: list[str] = [] if notes is None else notes
        self._records, self._columns, self._zone = records, columns, zone

    def __iter__(self) -> Iterator[TaskRow]:
        columns = self._columns
        for record in self._records:
            if isinstance(record, Record):
                row = task_row(record, columns.id_columns, self._zone, preferred=columns.preferred)
            else:
                row = record
            if isinstance(row, Refused):
                self.refused.add(row)
            else:
                yield row


def read(source: Path | BinaryIO, file_format: Format | None, column: str | None, zone: ZoneInfo) -> TaskFile:
    """Read a file, or a stream such as standard input.

    Without a format a file's extension says it, and a stream is a list of ids. The id is in `task_id`, else
    `task_uuid`, else in `column`. Times without an offset are in `zone`, and so are days.
    """
    name = str(source) if isinstance(source, Path) else STDIN_NAME
    file_format = file_format or (format_of(source) if isinstance(source, Path) else Format.TXT)
    columns, notes = KnownColumns(column), list[str]()
    return TaskFile(name, _records(source, file_format, columns, name, notes), columns, zone, notes)


def _records(
    source: Path | BinaryIO, file_format: Format, columns: KnownColumns, name: str, notes: list[str]
) -> Iterator[Record | Refused]:
    if file_format in (Format.PARQUET, Format.XLSX):
        yield from _binary_records(source, file_format, columns, name, notes)
        return
    with _opened(source, name) as stream, closing(lines(stream, name, notes)) as text_lines:
        match file_format:
            case Format.TXT:
                yield from id_list(text_lines)
            case Format.JSONL:
                yield from jsonl_reader.records(text_lines, columns)
            case Format.CSV:
                yield from csv_reader.records(text_lines, ",", columns, name, notes)
            case Format.TSV:
                yield from csv_reader.records(text_lines, "\t", columns, name, notes)


def _binary_records(
    source: Path | BinaryIO, file_format: Format, columns: KnownColumns, name: str, notes: list[str]
) -> Iterator[Record | Refused]:
    # The index of such a file is at its end, so a stream has to be stored before it can be read.
    with _opened(source, name) as stream, tempfile.TemporaryFile() as stored:
        if not stream.seekable():
            shutil.copyfileobj(stream, stored)
            stored.seek(0)
        seekable = stream if stream.seekable() else stored
        if file_format is Format.PARQUET:
            yield from parquet_reader.records(seekable, columns, name)
        else:
            from dialflo_pipeline.extract.task_ids.files import xlsx_reader  # most files need no Excel reader

            yield from xlsx_reader.records(seekable, columns, name, notes)


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
