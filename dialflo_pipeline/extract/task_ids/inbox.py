"""The inbox folder: files dropped there are waited for, read, registered and moved out of the way.

A file is moved only after its ids are registered. A kill in between leaves it in place; read again, all its ids are
known, so nothing is lost and nothing is twice.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.extract.task_ids.register import Registration, register_each
from dialflo_pipeline.extract.task_ids.row_validation import Refusals, TaskRow
from dialflo_pipeline.lake.store import Lake, is_file
from dialflo_pipeline.storage.atomic_write import move, write_atomically

STILL_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.5

MAX_NAME_BYTES: Final = 255

DONE: Final = "done"
REFUSED: Final = "refused"
_UNFINISHED: Final = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
_STILL_GROWING: Final = "It was still being written; it stays in the inbox for the next time."
_CHANGED: Final = "It was changed while it was read; it stays in the inbox for the next time."


class Fate(StrEnum):
    """What became of a file in the inbox."""

    DONE = "done"
    REFUSED = "refused"
    LEFT = "left"


@dataclass(frozen=True)
class InboxFile:
    """One file that was found: `path` is where it is now, `reason` why it is not done."""

    name: str
    path: Path
    fate: Fate
    registration: Registration
    refused: Refusals
    reason: str | None = None


@dataclass(frozen=True)
class InboxReport:
    """All files that were found, in the order of their names."""

    files: tuple[InboxFile, ...] = ()

    @property
    def registration(self) -> Registration:
        """What all of them together registered."""
        return sum((file.registration for file in self.files), Registration())

    @property
    def refused_rows(self) -> int:
        """How many rows of all of them were refused."""
        return sum(file.refused.count for file in self.files)


@dataclass(frozen=True)
class Clock:
    """Seconds that pass, and how to let them pass."""

    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


_Look = tuple[int, int, int]
"""Inode, size and time of change of a file: while these stay the same, nobody writes to it."""


def read_inbox(
    inbox: Path, lake: Lake, now: datetime, zone: ZoneInfo, *, work_dir: Path, clock: Clock | None = None
) -> InboxReport:
    """Register and move every file that is in `inbox` at this moment and stands still for two seconds.

    Files that keep changing are waited for up to a minute, then left. Hidden files, unfinished downloads and folders
    are not looked at. The caller holds the run lock: two of these must not move the same files.
    """
    looks = _wait_until_still(waiting_files(inbox), clock or Clock())
    still = [_Found(path, look, zone) for path, look in looks.items() if look is not None]
    files = [
        InboxFile(path.name, path, Fate.LEFT, Registration(), Refusals(str(path)), _STILL_GROWING)
        for path, look in looks.items()
        if look is None
    ]
    still.sort(key=lambda found: found.path)
    for found, outcome in zip(still, register_each(lake, still, now, zone, work_dir=work_dir), strict=True):
        files.append(_put_away(found, outcome, lake.aside))
    return InboxReport(tuple(sorted(files, key=lambda file: file.name)))


def waiting_files(inbox: Path) -> list[Path]:
    """The files that `read_inbox` would look at."""
    if not inbox.is_dir():
        return []
    names = [entry.name for entry in os.scandir(inbox) if is_file(entry)]
    return [inbox / name for name in names if not name.startswith((".", "~$")) and not _is_unfinished(name)]


def _is_unfinished(name: str) -> bool:
    return name.lower().endswith(_UNFINISHED)


def _look_at(path: Path) -> _Look | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _wait_until_still(paths: list[Path], clock: Clock) -> Mapping[Path, _Look | None]:
    """What each file looked like once it stood still; None for one that never did. One that vanished is not in it."""
    began = clock.seconds()
    seen = {path: (_look_at(path), began) for path in paths}
    still: dict[Path, _Look | None] = {}
    while waiting := [path for path in paths if path not in still]:
        if clock.seconds() - began >= PATIENCE_SECONDS:
            still.update(dict.fromkeys(waiting))
            break
        clock.sleep(POLL_SECONDS)
        for path in waiting:
            look, at = _look_at(path), clock.seconds()
            if look != seen[path][0]:
                seen[path] = look, at
            elif at - seen[path][1] >= STILL_SECONDS:
                still[path] = look
    return {path: look for path, look in still.items() if path.exists()}


class _Found:
    """A file that stood still, to be read row by row once it is its turn."""

    def __init__(self, path: Path, look: _Look, zone: ZoneInfo) -> None:
        self.path, self.look, self.refused = path, look, Refusals(str(path))
        self._zone = zone

    def __iter__(self) -> Iterator[TaskRow]:
        task_file = read(self.path, None, None, self._zone)
        task_file.refused = self.refused
        yield from task_file


def _put_away(found: _Found, outcome: Registration | TaskFileError, aside: Path) -> InboxFile:
    """Move a file whose rows are registered, or of which none could be."""
    path, refused = found.path, found.refused
    registration = outcome if isinstance(outcome, Registration) else Registration()
    reason = refused.summary() if refused.count and not registration.rows else None
    if isinstance(outcome, TaskFileError):
        reason = str(outcome)
    if _look_at(path) != found.look:
        return InboxFile(path.name, path, Fate.LEFT, registration, refused, _CHANGED)
    try:
        target = _refuse(path, reason, aside) if reason else _move(path, DONE)
    except OSError as error:
        problem = f"It cannot be moved ({error.strerror}), so it stays in the inbox."
        return InboxFile(path.name, path, Fate.LEFT, registration, refused, problem)
    return InboxFile(path.name, target, Fate.REFUSED if reason else Fate.DONE, registration, refused, reason)


def _refuse(path: Path, reason: str, aside: Path) -> Path:
    folder = path.parent / REFUSED
    target = _free_name(folder, path.name)
    # First the reason: a refused file without one would leave its owner guessing.
    with write_atomically(target.with_name(_fitting(target.name, ".reason.txt")), aside) as beside:
        beside.write_text(f"{reason}\n", encoding="utf-8", errors="backslashreplace")
    return move(path, target)


def _move(path: Path, subfolder: str) -> Path:
    return move(path, _free_name(path.parent / subfolder, path.name))


def _free_name(folder: Path, name: str) -> Path:
    """`name` in `folder`, with a number before its extension if that is taken."""
    path, number = folder / name, 1
    while os.path.lexists(path):
        number += 1
        path = folder / _fitting(Path(name).stem, f"-{number}{Path(name).suffix}")
    return path


def _fitting(name: str, tail: str) -> str:
    """The name with this tail, cut before it if both together are longer than a file may be named."""
    room = MAX_NAME_BYTES - len(os.fsencode(tail))
    encoded = os.fsencode(name)
    return (name if len(encoded) <= room else encoded[:room].decode(errors="ignore")) + tail
