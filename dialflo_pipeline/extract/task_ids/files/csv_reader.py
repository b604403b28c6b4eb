"""Comma- and tab-separated task-id files: the first row names the columns, a broken row costs only its own line."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.core.values import ASCII_BLANKS, is_blank
from dialflo_pipeline.extract.task_ids.files.header import check_columns
from dialflo_pipeline.extract.task_ids.files.lines import MAX_LINE_CHARACTERS, Line
from dialflo_pipeline.extract.task_ids.row_validation import Record, Refused

TOO_FEW = "the row has fewer cells than the header"
TOO_MANY = "the row has more cells than the header"

# A cell may be as long as a line; by itself Python takes 131,072 characters, of which it says nothing beforehand.
csv.field_size_limit(MAX_LINE_CHARACTERS)


def records(
    text_lines: Iterable[Line], delimiter: str, id_columns: Sequence[str], name: str
) -> Iterator[Record | Refused]:
    """The rows below the header. Cells are text as it stands in the file; empty ones are empty text.

    `line` is the line on which the row starts. Raises `TaskFileError` when the header has no id column, names a column
    twice, or cannot be read.
    """
    rows = _rows(text_lines, delimiter)
    header = _header(next(rows, None), id_columns, name)
    for row in rows:
        if isinstance(row, Refused):
            yield row
        elif len(row[1]) != len(header):
            yield Refused(row[0], TOO_FEW if len(row[1]) < len(header) else TOO_MANY)
        else:
            yield Record(row[0], dict(zip(header, row[1], strict=True)))


def _header(row: "tuple[int, list[str]] | Refused | None", id_columns: Sequence[str], name: str) -> list[str]:
    if row is None:
        raise TaskFileError(f"{name} is empty.")
    if isinstance(row, Refused):
        raise TaskFileError(f"{name}, line {row.line}: {row.reason}, so the columns have no names.")
    names = [cell.strip(ASCII_BLANKS) or f"column_{place}" for place, cell in enumerate(row[1], 1)]
    check_columns(names, id_columns, name)
    return names


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
    # Blanks in quotes are no blank line, but a row whose id is missing.
    return len(cells) <= 1 and all(is_blank(line.text) for line in taken)


class _Feed:
    """Hands lines to a csv reader and remembers those of the row being read.

    A quote that is never closed takes in all the lines that follow. They are taken back and read again as rows of
    their own, so that only the line with the quote is lost.
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
        """Forget the row before."""
        self.taken.clear()
        self.refusal = None

    def take_back(self) -> None:
        """Give all lines of the row but the first once more."""
        self._again.extendleft(reversed(self.taken[1:]))
