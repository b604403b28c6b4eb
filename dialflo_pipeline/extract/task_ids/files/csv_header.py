"""Finding the header of a delimited file: a `sep=` line, the delimiter, and title rows above it."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Final, NamedTuple

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.core.values import is_blank
from dialflo_pipeline.extract.task_ids.files.columns import KnownColumns, show_names
from dialflo_pipeline.extract.task_ids.files.lines import Line

DELIMITERS: Final = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
MAX_HEADER_LINE: Final = 100
"""Title rows are looked for in so many lines."""

_SEP_LINE = re.compile(r"""\s*["']?sep=(?P<delimiter>\\t|[^\w"'\r\n])(?P=delimiter)*["']?[ \r\n]*""", re.IGNORECASE)


class Start(NamedTuple):
    """Where the table begins: its lines from the header on, the delimiter, and how many rows above were skipped."""

    lines: Iterator[Line]
    delimiter: str
    skipped: int


def find_start(text_lines: Iterator[Line], delimiter: str, columns: KnownColumns, name: str) -> Start:
    """The start of the table; `delimiter` is what the format says.

    Another delimiter is used where only that gives an id column. Without any id column the table begins at the first
    line, for the caller to refuse. Raises `TaskFileError` for a header that can be read in two ways.
    """
    first = _next_filled(text_lines)
    candidates = [delimiter, *(other for other in DELIMITERS if other != delimiter)]
    if first and (found := _SEP_LINE.fullmatch(first.text)):
        candidates = [found["delimiter"].replace("\\t", "\t")]
        first = _next_filled(text_lines)
    if first is None:
        return Start(iter(()), candidates[0], 0)
    row = _row_from(first, text_lines, candidates[0])
    if columns.has_id(_cells(*row, delimiter=candidates[0])) or first.refusal:
        _check_other_delimiters(_cells(*row, delimiter=candidates[0]), candidates[1:], columns, first, name)
        return Start(chain(row, text_lines), candidates[0], 0)
    if found_delimiter := _delimiter_of(first, candidates, columns, name):
        return Start(chain(row, text_lines), found_delimiter, 0)
    return _below_titles(row, text_lines, candidates, columns, name)


def _below_titles(
    read: list[Line], text_lines: Iterator[Line], candidates: Sequence[str], columns: KnownColumns, name: str
) -> Start:
    above, rest = [read[0]], chain(read[1:], text_lines)
    while len(above) < MAX_HEADER_LINE and (line := next(rest, None)):
        if delimiter := _delimiter_of(line, candidates, columns, name):
            return Start(chain([line], rest), delimiter, sum(not is_blank(each.text) for each in above))
        above.append(line)
    return Start(chain(above, rest), candidates[0], 0)


def _delimiter_of(line: Line, candidates: Sequence[str], columns: KnownColumns, name: str) -> str | None:
    """The delimiter with which the line has an id column, if any."""
    if line.refusal:
        return None
    used = [each for each in candidates if len(_cells(line, delimiter=each)) > 1]
    giving_id = [each for each in candidates if columns.has_id(_cells(line, delimiter=each))]
    if not giving_id:
        return None
    if giving_id[0] != candidates[0] and len([each for each in used if each not in (",", candidates[0])]) > 1:
        raise _ambiguous(used, _cells(line, delimiter=giving_id[0]), line, name)
    others = [each for each in candidates if each != giving_id[0]]
    _check_other_delimiters(_cells(line, delimiter=giving_id[0]), others, columns, line, name)
    return giving_id[0]


def _check_other_delimiters(
    cells: Sequence[str], others: Sequence[str], columns: KnownColumns, line: Line, name: str
) -> None:
    """Refuse a cell that another delimiter would split into a known column and more: that column would be lost."""
    for other in others:
        parts = [cell.split(other) for cell in cells if other in cell]
        if any(columns.known(part) for each in parts for part in each):
            used = [each for each in DELIMITERS if each in line.text]
            raise _ambiguous(used, cells, line, name)


def _ambiguous(used: Sequence[str], cells: Sequence[str], line: Line, name: str) -> TaskFileError:
    said = " and ".join(DELIMITERS.get(each, repr(each)) for each in used)
    return TaskFileError(
        f"{name}, line {line.number}: the header can be split at {said} (seen: {show_names(cells)})."
        " Use one delimiter, or name it in a line like sep=; above the header."
    )


def _next_filled(text_lines: Iterator[Line]) -> Line | None:
    return next((line for line in text_lines if line.refusal or not is_blank(line.text)), None)


def _row_from(first: Line, text_lines: Iterator[Line], delimiter: str) -> list[Line]:
    """The lines of the row that begins with `first`: more than one where a quoted cell holds line ends."""
    taken = [first]

    def feed() -> Iterator[str]:
        yield first.text
        for line in text_lines:
            taken.append(line)
            yield line.text

    with suppress(csv.Error):  # such as a quote that is never closed; the row is refused when it is read
        next(csv.reader(feed(), delimiter=delimiter, strict=True), None)
    return taken


def _cells(*row: Line, delimiter: str) -> list[str]:
    try:
        return next(csv.reader((line.text for line in row), delimiter=delimiter), [])
    except csv.Error:
        return []
