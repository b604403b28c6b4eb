"""The seal of a Parquet file: a SHA-256 of all its bytes, kept in its own footer, and where the file belongs.

Parquet's checksums cover pages only, and most readers do not look at them. The seal covers every bit: header, pages and
footer. It is written as zeros, reckoned over the file as that is, and put in the place of the zeros. A whole file that
stands where another belongs is told by its home: the folders of its table and day.
"""

import hashlib
import os
import re
import stat
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

KEY = "dialflo.sha256"
HOME_KEY = "dialflo.home"
EMPTY_CHECKSUM = "0" * 64

_MARK = KEY.encode() + bytes([0x18, len(EMPTY_CHECKSUM)])
"""The key as it stands in a footer, with the type and length of the value that follows it."""

_HOME = re.compile(re.escape(HOME_KEY.encode()) + rb"\x18([\x00-\x7f])")
"""The same, with any length below 128."""

_TAIL = 256 * 1024
"""The end of a file in which its seal is: it comes after all that grows with the rows."""

_CHUNK = 1024 * 1024
_REMEMBERED = 16_384


def write_checksum(path: Path) -> None:
    """Seal a file that was written with `EMPTY_CHECKSUM` as the value of `KEY`."""
    with path.open("r+b") as file:
        place, _ = _place(file)
        if place is None:
            raise ValueError("a file without a place for its seal")
        digest = _digest(file, place)
        file.seek(place)
        file.write(digest.encode())


def home_of(path: Path) -> str:
    """Where a file of this path belongs: the names of the two folders it is in, its table's and its day's."""
    return "/".join(path.parts[-3:-1])


def is_whole(path: Path) -> bool | None:
    """Whether a file is, to the bit, as it was sealed; None for one that was never sealed.

    It is read once in a process, and again when its size or one of its times has changed.
    """
    return _looked_at(path)[0]


def home(path: Path) -> str | None:
    """Where the file belonged when it was sealed; None where it does not say."""
    return _looked_at(path)[1]


def _looked_at(path: Path) -> tuple[bool | None, str | None]:
    seen = path.stat()
    if not stat.S_ISREG(seen.st_mode):
        raise OSError("no regular file")  # a pipe would be waited for
    return _look_at(str(path), seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


@lru_cache(_REMEMBERED)
def _look_at(path: str, *_look: int) -> tuple[bool | None, str | None]:
    with open(path, "rb") as file:
        place, tail = _place(file)
        if place is None:
            # Where a home stands beside it, the name of the seal itself is damaged.
            return (False if HOME_KEY.encode() in tail else None), None
        file.seek(place)
        return file.read(len(EMPTY_CHECKSUM)) == _digest(file, place).encode(), _home_in(tail)


def _home_in(tail: bytes) -> str | None:
    # The last, as with the seal: what stands before the footer may be anything.
    *_, found = [None, *_HOME.finditer(tail)]
    return found and tail[found.end() : found.end() + found[1][0]].decode(errors="replace")


def _place(file: BinaryIO) -> tuple[int | None, bytes]:
    """Where the seal is, and the end of the file that was looked through for it."""
    start = max(0, file.seek(0, os.SEEK_END) - _TAIL)
    file.seek(start)
    tail = file.read(_TAIL)
    found = tail.rfind(_MARK)
    return (None if found < 0 else start + found + len(_MARK)), tail


def _digest(file: BinaryIO, place: int) -> str:
    """The hash of the file with nothing but zeros at the place of its seal."""
    file.seek(0)
    digest = hashlib.sha256()
    left = place
    while left and (chunk := file.read(min(left, _CHUNK))):
        digest.update(chunk)
        left -= len(chunk)
    digest.update(EMPTY_CHECKSUM.encode())
    file.seek(place + len(EMPTY_CHECKSUM))
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
