"""Task-id files from Excel: the first sheet of a workbook; typed cells become JSON."""

import struct
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO, Final

from python_calamine import CalamineError, CalamineWorkbook

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.core.values import ASCII_BLANKS, is_blank
from dialflo_pipeline.extract.task_ids.files.columns import KnownColumns
from dialflo_pipeline.extract.task_ids.files.csv_header import MAX_HEADER_LINE
from dialflo_pipeline.extract.task_ids.files.csv_reader import title_rows_note, two_headers
from dialflo_pipeline.extract.task_ids.files.parquet_reader import json_value
from dialflo_pipeline.extract.task_ids.row_validation import CALL_DATE, COMPLETED_AT, Record, Refused

MAX_UNPACKED_BYTES: Final = 2 * 1024**3
MAX_EXACT: Final = 10**15
"""Excel keeps 15 digits of a number."""

ROUNDED: Final = "the id is a number of more than 15 digits, which Excel rounds: format the column as text"

_DAMAGE = (CalamineError, zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error, OverflowError)

Cells = Sequence[Any]
Row = tuple[int, Cells]


def records(stream: BinaryIO, columns: KnownColumns, name: str, notes: list[str]) -> Iterator[Record | Refused]:
    """The rows below the header; `line` is the row's number in the sheet.

    Raises `TaskFileError` for a file that is not a readable workbook, and for a header as in `csv_reader`.
    """
    rows = ((number, cells) for number, cells in _rows(stream, name) if not all(_is_empty(cell) for cell in cells))
    above, found = _find_header(rows, columns)
    if not above and found is None:
        raise TaskFileError(f"{name}: the first sheet is empty.")
    header_row, cells = found or above[0]
    names = [str(cell).strip(ASCII_BLANKS) or f"column_{place}" for place, cell in enumerate(cells, 1)]
    header = columns.checked(names, name)
    is_unnamed = [_is_empty(cell) for cell in cells]
    if above:
        notes.append(title_rows_note(name, header_row, len(above)))
    for number, cells in rows:
        if above and columns.has_id(_texts(cells)):
            raise two_headers(name, header_row, number)
        named = {
            column: cell
            for column, cell, unnamed in zip(header, cells, is_unnamed, strict=True)
            if not (unnamed and _is_empty(cell))
        }
        yield _record(number, named, columns)


def _find_header(rows: Iterator[Row], columns: KnownColumns) -> tuple[list[Row], Row | None]:
    """The rows above the header, and the header if one of the first rows has an id column."""
    above: list[Row] = []
    for row in rows:
        if columns.has_id(_texts(row[1])):
            return above, row
        above.append(row)
        if len(above) == MAX_HEADER_LINE:
            break
    return above, None


def _record(number: int, cells: dict[str, Any], columns: KnownColumns) -> Record | Refused:
    values = {name: _value(name, cell, columns) for name, cell in cells.items()}
    if any(isinstance(values.get(name), int) and abs(values[name]) >= MAX_EXACT for name in columns.id_columns):
        return Refused(number, ROUNDED)
    return Record(number, values)


def _value(name: str, cell: Any, columns: KnownColumns) -> Any:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, str) and is_blank(cell):
        return None if name in (COMPLETED_AT, CALL_DATE) else cell
    is_typed = name in (COMPLETED_AT, CALL_DATE, *columns.id_columns)
    return cell if is_typed and isinstance(cell, datetime | date | str) else _json(cell)


def _json(cell: Any) -> Any:
    return json_value(cell) if isinstance(cell, datetime | date | time | timedelta) else cell


def _rows(stream: BinaryIO, name: str) -> Iterator[Row]:
    try:
        _check_size(stream, name)
        with CalamineWorkbook.from_filelike(stream) as workbook:
            sheet = workbook.get_sheet_by_index(0)
            first = sheet.start[0] + 1 if sheet.start else 1
            yield from enumerate(sheet.to_python(skip_empty_area=True), first)
    except _DAMAGE as error:
        raise TaskFileError(f"{name} cannot be read as an Excel workbook ({type(error).__name__}).") from None


def _check_size(stream: BinaryIO, name: str) -> None:
    with zipfile.ZipFile(stream) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    stream.seek(0)
    if size > MAX_UNPACKED_BYTES:
        raise TaskFileError(f"{name} has {size / 1024**3:.1f} GiB of content. Save it as CSV.")


def _texts(cells: Cells) -> list[str]:
    return [cell for cell in cells if isinstance(cell, str)]


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and is_blank(cell))
