"""Who may work on a data directory now: one run at a time, and one registration of task ids at a time.

The locks are the kernel's: they end with the process that holds them, however it ends. What the small file beside the
run's lock says of its holder is for people only; nothing is decided by it.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from dialflo_pipeline.core.errors import LockHeld
from dialflo_pipeline.storage.folder_lock import FolderLock

RUN_LOCK: Final = "run.lock"
RUN_HOLDER: Final = "run.holder.json"
REGISTRATION_LOCK: Final = "registration.lock"

GRACE_SECONDS: Final = 0.25
"""How long even a run that does not wait tries: `holder` takes the lock for an instant to see whether it is free."""

POLL_SECONDS: Final = 0.2
REPORT_EVERY_SECONDS: Final = 30.0
REGISTRATION_TIMEOUT_SECONDS: Final = 600.0


@dataclass(frozen=True)
class Holder:
    """Who holds the run lock; every field is None where it could not be found out."""

    pid: int | None = None
    command: str | None = None
    host: str | None = None
    since: datetime | None = None

    def __str__(self) -> str:
        if self.pid is None or self.since is None:
            return "another process that has not left its name"
        return f"{self.command} (process {self.pid} on {self.host}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


@dataclass
class _Held:
    lock: FolderLock
    times: int = 1


_held: dict[tuple[int, Path], _Held] = {}
"""The run locks of this process; its id is in the key since a forked child inherits the dict but no lock."""
_registry_lock = threading.Lock()


@contextmanager
def run_lock(
    work_dir: Path, what: str, wait: bool, on_wait: Callable[[str], None] | None = None, poll: float = POLL_SECONDS
) -> Iterator[None]:
    """Hold the lock of a run on the data directory whose private folder `work_dir` is; `what` names the run to others.

    A process that holds it may take it again, in any thread; the last to let go frees it. When another process holds
    it: without `wait` raises `LockHeld`, which says who; with it blocks, and tells `on_wait` so at once and then from
    time to time.
    """
    key = (os.getpid(), work_dir.resolve())
    if not _take(key, what, GRACE_SECONDS):
        if not wait:
            raise LockHeld(f"{_read_holder(key[1])} is at work on this data. Wait for it to end, or stop it.")
        _wait_for(key, what, on_wait, poll)
    try:
        yield
    finally:
        _release(key)


@contextmanager
def registration_lock(work_dir: Path, timeout: float = REGISTRATION_TIMEOUT_SECONDS) -> Iterator[None]:
    """Hold, for seconds, the lock under which task ids are compared and added; also between threads.

    Waits up to `timeout` seconds for another registration, then raises `LockHeld`.
    """
    lock = _registration_lock(work_dir / REGISTRATION_LOCK)
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        raise LockHeld(f"Another process has been registering task ids for {timeout:g} s. Try again later.") from None
    try:
        yield
    finally:
        lock.release()


def holder(work_dir: Path) -> Holder | None:
    """Who holds the run lock now, this process included; None if it is free."""
    key = (os.getpid(), work_dir.resolve())
    with _registry_lock:
        if key in _held:
            return _read_holder(key[1])
        if not work_dir.is_dir():
            return None
        lock = FolderLock(key[1] / RUN_LOCK)
        try:
            lock.acquire(0)
        except Timeout:
            return _read_holder(key[1])
        lock.release()
        return None


def _take(key: tuple[int, Path], what: str, timeout: float) -> bool:
    with _registry_lock:
        if key in _held:
            _held[key].times += 1
            return True
        lock = FolderLock(key[1] / RUN_LOCK)
        try:
            lock.acquire(timeout)
        except Timeout:
            return False
        try:
            _write_holder(key[1], what)
        except OSError:
            lock.release()
            raise
        _held[key] = _Held(lock)
        return True


def _wait_for(key: tuple[int, Path], what: str, on_wait: Callable[[str], None] | None, poll: float) -> None:
    tell_at = time.monotonic()
    while not _take(key, what, 0):
        if on_wait and time.monotonic() >= tell_at:
            on_wait(f"Waiting for {_read_holder(key[1])}.")
            tell_at += REPORT_EVERY_SECONDS
        time.sleep(poll)


def _release(key: tuple[int, Path]) -> None:
    if key[0] != os.getpid():
        return  # A forked child leaves the block of its parent, who still holds the lock.
    with _registry_lock:
        held = _held[key]
        held.times -= 1
        if not held.times:
            del _held[key]
            (key[1] / RUN_HOLDER).unlink(missing_ok=True)
            held.lock.release()


def _registration_lock(path: Path) -> FileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, thread_local=False, fallback_to_soft=False)


def _write_holder(work_dir: Path, what: str) -> None:
    me = asdict(Holder(os.getpid(), what, socket.gethostname(), datetime.now(UTC)))
    unfinished = work_dir / f"{RUN_HOLDER}.{os.getpid()}"
    unfinished.write_text(json.dumps(me, default=datetime.isoformat), encoding="utf-8")
    os.replace(unfinished, work_dir / RUN_HOLDER)


def _read_holder(work_dir: Path) -> Holder:
    try:
        said = json.loads((work_dir / RUN_HOLDER).read_text(encoding="utf-8"))
        since = datetime.fromisoformat(said["since"]).astimezone(UTC)
        return Holder(int(said["pid"]), str(said["command"]), str(said["host"]), since)
    except (OSError, ValueError, KeyError, TypeError):
        return Holder()
