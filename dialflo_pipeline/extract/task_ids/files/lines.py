"""The lines of a text file, whatever its line ends, and the plain list of ids; what CSV and JSON are is not known here.

Lines come one at a time and bounded in size, so neither a large file nor one long line fills the memory.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from io import TextIOWrapper
from typing import BinaryIO, Final, NamedTuple

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.core.values import ASCII_BLANKS
from dialflo_pipeline.extract.task_ids.row_validation import ID_COLUMNS, Record, Refused

MAX_LINE_CHARACTERS: Final = 16 * 1024 * 1024

NOT_UTF8: Final = "the line is not UTF-8"
TOO_LONG: Final = f"the line is longer than {MAX_LINE_CHARACTERS:,} characters"

_ESCAPED_BYTES = re.compile(r"[\udc80-\udcff]")
_UTF16_MARKS = ("\udcff\udcfe", "\udcfe\udcff", "\0\0\udcfe\udcff")


class Line(NamedTuple):
    """One line with its end; `refusal` says why it cannot be used, if so. `number` counts from 1."""

    number: int
    text: str
    refusal: str | None


def lines(stream: BinaryIO, name: str) -> Generator[Line]:
    """The lines of a UTF-8 text, with or without byte order mark. The stream is left open.

    Raises `TaskFileError` for UTF-16 and UTF-32, for a stream that breaks off, and at the end if all lines were blank.
    """
    text = TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _checked(text, name)
    except OSError as error:
        raise TaskFileError(f"{name} cannot be read: {error.strerror or type(error).__name__}.") from None
    finally:
        text.detach()


def _checked(text: TextIOWrapper, name: str) -> Iterator[Line]:
    number, is_empty = 0, True
    while raw := text.readline(MAX_LINE_CHARACTERS):
        number += 1
        if number == 1 and _is_wide(raw):
            raise TaskFileError(f"{name} is UTF-16 or UTF-32 text. Save it as UTF-8.")
        is_empty = is_empty and not raw.strip(ASCII_BLANKS)
        if len(raw) == MAX_LINE_CHARACTERS and not raw.endswith(("\n", "\r")):
            _skip_line(text)
            yield Line(number, "\n", TOO_LONG)
        else:
            yield Line(number, raw, None if raw.isascii() or not _ESCAPED_BYTES.search(raw) else NOT_UTF8)
    if is_empty:
        raise TaskFileError(f"{name} is empty.")


def _is_wide(first_line: str) -> bool:
    """Whether the text starts like UTF-16 or UTF-32: by its mark, or by every other character being NUL."""
    return first_line.startswith(_UTF16_MARKS) or "\0\0" in (first_line[0:3:2], first_line[1:4:2])


def _skip_line(text: TextIOWrapper) -> None:
    while (more := text.readline(MAX_LINE_CHARACTERS)) and not more.endswith(("\n", "\r")):
        pass


def id_list(text_lines: Iterable[Line]) -> Iterator[Record | Refused]:
    """One id a line; blank lines are ignored."""
    for number, text, refusal in text_lines:
        if refusal:
            yield Refused(number, refusal)
        elif task_id := text.strip(ASCII_BLANKS):
            yield Record(number, {ID_COLUMNS[0]: task_id})
