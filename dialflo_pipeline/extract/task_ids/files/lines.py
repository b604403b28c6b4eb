"""The lines of a text file in any of its encodings and line ends, and the plain list of ids.

Lines come one at a time and bounded in size, so neither a large file nor one long line fills the memory.
"""

import codecs
import re
from collections.abc import Generator, Iterable, Iterator
from io import BufferedReader, TextIOWrapper
from typing import BinaryIO, Final, NamedTuple, cast

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.core.values import ASCII_BLANKS
from dialflo_pipeline.extract.task_ids.row_validation import ID_COLUMNS, Record, Refused

MAX_LINE_CHARACTERS: Final = 16 * 1024 * 1024

NOT_DECODED: Final = "the line has bytes that are not of the file's encoding"
TOO_LONG: Final = f"the line is longer than {MAX_LINE_CHARACTERS:,} characters"

_UTF8: Final = "utf-8-sig"
_MARKS: Final = {
    codecs.BOM_UTF32_LE: "utf-32",  # before that of UTF-16, which it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OTHER_KINDS: Final = {
    b"PK\x03\x04": "a zip file or an Excel workbook",
    b"\x1f\x8b": "a gzip file",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook or another Office file",
    b"%PDF": "a PDF file",
}
_UNDECODED = re.compile(r"[\udc80-\udcff]")
_MARK_ERRORS: Final = "dialflo-mark-undecoded"
codecs.register_error(_MARK_ERRORS, lambda error: ("\udc80", cast(UnicodeDecodeError, error).end))

_WINDOWS_1252: Final = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}


class Line(NamedTuple):
    """One line with its end; `refusal` says why it cannot be used, if so. `number` counts from 1."""

    number: int
    text: str
    refusal: str | None


def lines(stream: BinaryIO, name: str, notes: list[str] | None = None) -> Generator[Line]:
    """The lines of a text in UTF-8, or in UTF-16 or UTF-32 with a byte order mark. The stream is left open.

    A line that is not UTF-8 is read as Windows-1252, as Excel writes it; at the end `notes` gets a sentence about it.
    Raises `TaskFileError` for other kinds of files, for a read error, and at the end if all lines were blank.
    """
    stream, start = _peeked(stream, name)
    for mark, kind in _OTHER_KINDS.items():
        if start.startswith(mark):
            raise TaskFileError(f"{name} is {kind}, not text. Give it the extension of its format.")
    encoding = next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), _UTF8)
    errors = "surrogateescape" if encoding == _UTF8 else _MARK_ERRORS
    text = TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
    try:
        yield from _decoded(text, name, [] if notes is None else notes, is_utf8=encoding == _UTF8)
    except OSError as error:
        raise _read_error(name, error) from None
    finally:
        text.detach()


def _peeked(stream: BinaryIO, name: str) -> tuple[BinaryIO, bytes]:
    """The stream at its start, and its first bytes."""
    try:
        if stream.seekable():
            place = stream.tell()
            start = stream.read(4)
            stream.seek(place)
            return stream, start
        buffered = stream if isinstance(stream, BufferedReader) else BufferedReader(stream)  # type: ignore[type-var]  # any raw stream
        return cast(BinaryIO, buffered), buffered.peek(4)[:4]
    except OSError as error:
        raise _read_error(name, error) from None


def _read_error(name: str, error: OSError) -> TaskFileError:
    return TaskFileError(f"{name} cannot be read: {error.strerror or type(error).__name__}.")


def _decoded(text: TextIOWrapper, name: str, notes: list[str], *, is_utf8: bool) -> Iterator[Line]:
    number, is_empty, first, count = 0, True, 0, 0
    while raw := text.readline(MAX_LINE_CHARACTERS):
        number += 1
        if number == 1 and _is_wide(raw):
            raise TaskFileError(f"{name} looks like UTF-16 or UTF-32 text without a byte order mark. Save it as UTF-8.")
        is_empty = is_empty and not raw.strip(ASCII_BLANKS)
        if len(raw) == MAX_LINE_CHARACTERS and not raw.endswith(("\n", "\r")):
            _skip_line(text)
            yield Line(number, "\n", TOO_LONG)
        elif raw.isascii() or not _UNDECODED.search(raw):
            yield Line(number, raw, None)
        elif is_utf8:
            first, count = first or number, count + 1
            yield Line(number, _as_windows_1252(raw), None)
        else:
            yield Line(number, raw, NOT_DECODED)
    if is_empty:
        raise TaskFileError(f"{name} is empty.")
    if count:
        lines_read = "1 line" if count == 1 else f"{count:,} lines"
        notes.append(f"{name}: {lines_read} not in UTF-8, read as Windows-1252; the first is line {first}.")


def _as_windows_1252(raw: str) -> str:
    return raw.encode("utf-8", "surrogateescape").decode("latin-1").translate(_WINDOWS_1252)


def _is_wide(first_line: str) -> bool:
    """Whether the text looks like UTF-16 or UTF-32 without a mark: every other character is NUL."""
    return "\0\0" in (first_line[0:3:2], first_line[1:4:2])


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
