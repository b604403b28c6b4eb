"""The seal of a Parquet file: a SHA-256 of all its bytes, kept in its own footer.

Parquet's checksums cover pages only, and most readers do not look at them. The seal covers every bit: header, pages and
footer. It is written as zeros, reckoned over the file as that is, and put in the place of the zeros.
"""

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

KEY = "dialflo.sha256"
UNSEALED = "0" * 64

_MARK = KEY.encode() + bytes([0x18, len(UNSEALED)])
"""The key as it stands in a footer, with the type and length of the value that follows it."""

_TAIL = 256 * 1024
"""The end of a file in which its seal is: it comes after all that grows with the rows."""

_CHUNK = 1024 * 1024
_REMEMBERED = 16_384


def seal(path: Path) -> None:
    """Seal a file that was written with `UNSEALED` as the value of `KEY`."""
    with path.open("r+b") as file:
        place = _place(file)
        if place is None:
            raise ValueError("a file without a place for its seal")
        digest = _digest(file, place)
        file.seek(place)
        file.write(digest.encode())


def is_whole(path: Path) -> bool | None:
    """Whether a file is, to the bit, as it was sealed; None for one that was never sealed.

    It is read once in a process, and again when its size or one of its times has changed.
    """
    seen = path.stat()
    return _is_whole(str(path), seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


@lru_cache(_REMEMBERED)
def _is_whole(path: str, *_look: int) -> bool | None:
    with open(path, "rb") as file:
        place = _place(file)
        if place is None:
            return None
        file.seek(place)
        return file.read(len(UNSEALED)) == _digest(file, place).encode()


def _place(file: BinaryIO) -> int | None:
    start = max(0, file.seek(0, os.SEEK_END) - _TAIL)
    file.seek(start)
    found = file.read(_TAIL).rfind(_MARK)
    return None if found < 0 else start + found + len(_MARK)


def _digest(file: BinaryIO, place: int) -> str:
    """The hash of the file with nothing but zeros at the place of its seal."""
    file.seek(0)
    digest = hashlib.sha256()
    left = place
    while left and (chunk := file.read(min(left, _CHUNK))):
        digest.update(chunk)
        left -= len(chunk)
    digest.update(UNSEALED.encode())
    file.seek(place + len(UNSEALED))
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
