"""Delimited task-id files: the header names the columns, and a broken row costs only its own line."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.core.values import ASCII_BLANKS, is_blank
from dialflo_pipeline.extract.task_ids.files.columns import KnownColumns
from dialflo_pipeline.extract.task_ids.files.csv_header import find_start
from dialflo_pipeline.extract.task_ids.files.lines import MAX_LINE_CHARACTERS, Line
from dialflo_pipeline.extract.task_ids.row_validation import Record, Refused

TOO_FEW = "the row has fewer cells than the header"
TOO_MANY = "the row has more cells than the header"

# A cell may be as long as a line; Python's own limit is 131,072 characters.
csv.field_size_limit(MAX_LINE_CHARACTERS)


def records(
    text_lines: Iterable[Line], delimiter: str, columns: KnownColumns, name: str, notes: list[str]
) -> Iterator[Record | Refused]:
    """The rows below the header. Cells are the text in the file; empty ones are empty text.

    `line` is the line on which the row starts. `notes` gets a sentence about skipped title rows. Raises `TaskFileError`
    when the header has no id column, names a column twice, or cannot be read.
    """
    start = find_start(iter(text_lines), delimiter, columns, name)
    rows = _rows(start.lines, start.delimiter)
    first = next(rows, None)
    header = _header(first, columns, name)
    if start.skipped and first:
        notes.append(title_rows_note(name, first[0], start.skipped))
    for row in rows:
        if isinstance(row, Refused):
            yield row
            continue
        line, cells = row
        if start.skipped and first and columns.has_id(cells):
            raise two_headers(name, first[0], line)
        if len(cells) != len(header):
            yield Refused(line, TOO_FEW if len(cells) < len(header) else TOO_MANY)
        else:
            yield Record(line, dict(zip(header, cells, strict=True)))


def title_rows_note(name: str, header_line: int, skipped: int) -> str:
    """Says which line was taken as the header."""
    rows = "1 row" if skipped == 1 else f"{skipped} rows"
    return f"{name}: line {header_line} is the header; {rows} above it skipped."


def two_headers(name: str, first: int, second: int) -> TaskFileError:
    """The error for a file with title rows and more than one possible header."""
    return TaskFileError(
        f"{name}: lines {first} and {second} both have an id column, so the header is unclear. Keep only one."
    )


def _header(row: "tuple[int, list[str]] | Refused | None", columns: KnownColumns, name: str) -> list[str]:
    if row is None:
        raise TaskFileError(f"{name} is empty.")
    if isinstance(row, Refused):
        raise TaskFileError(f"{name}, line {row.line}: {row.reason}, so the columns have no names.")
    names = [cell.strip(ASCII_BLANKS) or f"column_{place}" for place, cell in enumerate(row[1], 1)]
    return columns.checked(names, name)


def _rows(text_lines: Iterable[Line], delimiter: str) -> Iterator[tuple[int, list[str]] | Refused]:
    feed = _Feed(text_lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.start_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Refused(feed.taken[0].number, f"the row cannot be read ({error})")
            feed.take_back()
            continue
        if feed.refusal:
            yield Refused(feed.taken[0].number, feed.refusal)
        elif not _is_blank_line(cells, feed.taken):
            yield feed.taken[0].number, cells


def _is_blank_line(cells: list[str], taken: list[Line]) -> bool:
    # Quoted blanks are a row whose id is missing, not a blank line.
    return len(cells) <= 1 and all(is_blank(line.text) for line in taken)


class _Feed:
    """Gives lines to a csv reader and remembers those of the current row.

    A quote that is never closed swallows all following lines. They are taken back and read again as rows of their
    own, so that only the line with the quote is lost.
    """

    def __init__(self, text_lines: Iterable[Line]) -> None:
        self._lines = iter(text_lines)
        self._again: deque[Line] = deque()
        self.taken: list[Line] = []
        self.refusal: str | None = None

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        self.refusal = self.refusal or line.refusal
        return line.text

    def start_row(self) -> None:
        """Forget the previous row."""
        self.taken.clear()
        self.refusal = None

    def take_back(self) -> None:
        """Give all lines of the row except the first again."""
        self._again.extendleft(reversed(self.taken[1:]))
