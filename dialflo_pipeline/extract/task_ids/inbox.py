"""The inbox folder: files dropped there are read once complete, registered, and moved to `done` or `refused`.

A file is moved only after its ids are registered. A kill in between leaves it in place: when it is read again, its ids
are known, so none is lost or registered twice.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.errors import TaskFileError
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.extract.task_ids.refused_rows import REFUSED_ROWS, RefusedRows
from dialflo_pipeline.extract.task_ids.register import Registration, register_each
from dialflo_pipeline.extract.task_ids.row_validation import Refusals, TaskRow
from dialflo_pipeline.lake.store import Lake, is_file
from dialflo_pipeline.storage.atomic_write import move, write_atomically

UNCHANGED_SECONDS: Final = 2.0
MAX_WAIT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.5

MAX_NAME_BYTES: Final = 255

DONE: Final = "done"
REFUSED: Final = "refused"
_UNFINISHED: Final = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
_GROWING: Final = "It was still being written and stays in the inbox for the next run."
_CHANGED: Final = "It was changed while being read and stays in the inbox for the next run."


class Fate(StrEnum):
    """What happened to a file in the inbox."""

    DONE = "done"
    REFUSED = "refused"
    LEFT = "left"


@dataclass(frozen=True)
class InboxFile:
    """One file of the inbox: `path` is where it is now, `reason` why it is not done, `notes` how it was read."""

    name: str
    path: Path
    fate: Fate
    registration: Registration
    refused: Refusals
    reason: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class InboxReport:
    """All files of the inbox, by name."""

    files: tuple[InboxFile, ...] = ()

    @property
    def registration(self) -> Registration:
        """What all files together registered."""
        return sum((file.registration for file in self.files), Registration())

    @property
    def refused_rows(self) -> int:
        """How many rows of all of them were refused."""
        return sum(file.refused.count for file in self.files)


@dataclass(frozen=True)
class Clock:
    """The time in seconds, and a way to wait."""

    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


_FileState = tuple[int, int, int]
"""Inode, size and modification time of a file: they change while a program writes to it."""


def read_inbox(
    inbox: Path, lake: Lake, now: datetime, zone: ZoneInfo, *, work_dir: Path, clock: Clock | None = None
) -> InboxReport:
    """Register and move every file in `inbox` that has not changed for two seconds.

    Files that keep changing are left after a minute. Hidden files, unfinished downloads and folders are ignored. The
    caller holds the run lock, so that no two processes move the same files.
    """
    states = _wait_until_unchanged(waiting_files(inbox), clock or Clock())
    complete = [_CompleteFile(path, state, zone, lake.aside) for path, state in states.items() if state is not None]
    files = [
        InboxFile(path.name, path, Fate.LEFT, Registration(), Refusals(str(path)), _GROWING)
        for path, state in states.items()
        if state is None
    ]
    complete.sort(key=lambda file: file.path)
    for file, outcome in zip(complete, register_each(lake, complete, now, zone, work_dir=work_dir), strict=True):
        files.append(_move_away(file, outcome, lake.aside))
    return InboxReport(tuple(sorted(files, key=lambda file: file.name)))


def waiting_files(inbox: Path) -> list[Path]:
    """The files that `read_inbox` would read."""
    if not inbox.is_dir():
        return []
    names = [entry.name for entry in os.scandir(inbox) if is_file(entry)]
    return [inbox / name for name in names if not name.startswith((".", "~$")) and not _is_unfinished(name)]


def _is_unfinished(name: str) -> bool:
    return name.lower().endswith(_UNFINISHED)


def _state_of(path: Path) -> _FileState | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _wait_until_unchanged(paths: list[Path], clock: Clock) -> Mapping[Path, _FileState | None]:
    """The state of each file once it stopped changing; None for one that never did. Vanished files are left out."""
    began = clock.seconds()
    last = {path: (_state_of(path), began) for path in paths}
    unchanged: dict[Path, _FileState | None] = {}
    while waiting := [path for path in paths if path not in unchanged]:
        if clock.seconds() - began >= MAX_WAIT_SECONDS:
            unchanged.update(dict.fromkeys(waiting))
            break
        clock.sleep(POLL_SECONDS)
        for path in waiting:
            state, at = _state_of(path), clock.seconds()
            if state != last[path][0]:
                last[path] = state, at
            elif at - last[path][1] >= UNCHANGED_SECONDS:
                unchanged[path] = state
    return {path: state for path, state in unchanged.items() if path.exists()}


class _CompleteFile:
    """A file that no longer changes; iterating reads its rows and lists the refused ones in a file of their own."""

    def __init__(self, path: Path, state: _FileState, zone: ZoneInfo, aside: Path) -> None:
        self.path, self.state, self.refused = path, state, Refusals(str(path))
        self.notes: list[str] = []
        self.refused_rows = RefusedRows(aside)
        self._zone = zone

    def __iter__(self) -> Iterator[TaskRow]:
        task_file = read(self.path, None, None, self._zone)
        task_file.refused, self.notes = self.refused, task_file.notes
        self.refused.on_refused = self.refused_rows.add
        with closing(self.refused_rows):
            yield from task_file


def _move_away(file: _CompleteFile, outcome: Registration | TaskFileError, aside: Path) -> InboxFile:
    """Move a file whose rows are registered, or of which no row could be."""
    try:
        return _moved(file, outcome, aside)
    finally:
        file.refused_rows.remove()


def _moved(file: _CompleteFile, outcome: Registration | TaskFileError, aside: Path) -> InboxFile:
    path, refused, notes = file.path, file.refused, tuple(file.notes)
    registration = outcome if isinstance(outcome, Registration) else Registration()
    reason = refused.summary() if refused.count and not registration.rows else None
    if isinstance(outcome, TaskFileError):
        reason = str(outcome)
    if _state_of(path) != file.state:
        return InboxFile(path.name, path, Fate.LEFT, registration, refused, _CHANGED, notes)
    try:
        target = _refuse(path, reason, aside) if reason else _finish(file)
    except OSError as error:
        problem = f"It cannot be moved ({error.strerror}), so it stays in the inbox."
        return InboxFile(path.name, path, Fate.LEFT, registration, refused, problem, notes)
    return InboxFile(path.name, target, Fate.REFUSED if reason else Fate.DONE, registration, refused, reason, notes)


def _finish(file: _CompleteFile) -> Path:
    target = _free_name(file.path.parent / DONE, file.path.name)
    # The list first: after a kill in between the file is read again and writes the same list.
    file.refused_rows.put_at(target.with_name(_fitting(target.name, REFUSED_ROWS)))
    return move(file.path, target)


def _refuse(path: Path, reason: str, aside: Path) -> Path:
    folder = path.parent / REFUSED
    target = _free_name(folder, path.name)
    # The reason first: a refused file without one would be a puzzle.
    with write_atomically(target.with_name(_fitting(target.name, ".reason.txt")), aside) as beside:
        beside.write_text(f"{reason}\n", encoding="utf-8", errors="backslashreplace")
    return move(path, target)


def _free_name(folder: Path, name: str) -> Path:
    """`name` in `folder`, with a number before its extension if it is taken."""
    path, number = folder / name, 1
    while os.path.lexists(path):
        number += 1
        path = folder / _fitting(Path(name).stem, f"-{number}{Path(name).suffix}")
    return path


def _fitting(name: str, tail: str) -> str:
    """The name with this tail; the name is cut if both are too long for a file name."""
    max_bytes = MAX_NAME_BYTES - len(os.fsencode(tail))
    encoded = os.fsencode(name)
    return (name if len(encoded) <= max_bytes else encoded[:max_bytes].decode(errors="ignore")) + tail
