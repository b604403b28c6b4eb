"""Whether the process of a run is alive: it holds a lock of the system for as long as its run lasts.

The system takes the lock back when the process ends, however it ends. A process id says less: it is given to others.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

RUNS: Final = "runs"
STALE_SECONDS: Final = 3_600.0
"""A lock file that nobody holds is removed when it is so old: nobody can be about to take it any more."""


@contextmanager
def mark_alive(work: Path, run_id: str) -> Iterator[None]:
    """Be the living process of a run, over data whose private folder is `work`."""
    path = _path(work, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _lock(path)
    with lock:
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_alive(work: Path, run_id: str) -> bool:
    """Whether a process holds the lock of this run; not yet in the moments in which the run starts."""
    path = _path(work, run_id)
    return path.exists() and _is_held(path)


def remove_stale(work: Path) -> None:
    """Remove what killed processes left."""
    for path in (work / RUNS).glob("*.lock"):
        try:
            is_old = time.time() - path.stat().st_mtime > STALE_SECONDS
        except FileNotFoundError:
            continue
        if is_old and not _is_held(path):
            path.unlink(missing_ok=True)


def _path(work: Path, run_id: str) -> Path:
    return work / RUNS / f"{run_id}.lock"


def _lock(path: Path) -> FileLock:
    return FileLock(path, thread_local=False, fallback_to_soft=False)


def _is_held(path: Path) -> bool:
    lock = _lock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
