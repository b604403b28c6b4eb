"""The lock on a file and on the folder that it lies in, both the kernel's.

A lock file looks like a leftover. Who removes one that is held would let a second process in; the folder, with all that
the lock is about, stays.
"""

import os
import sys
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

if sys.platform != "win32":
    import fcntl

POLL_SECONDS: Final = 0.05


class FolderLock:
    """Held by one process at a time, and free when that ends, however it ends."""

    def __init__(self, path: Path) -> None:
        # Without the kernel's locks there is no lock here at all: a marker file would outlive a killed run.
        self._file = FileLock(path, thread_local=False, fallback_to_soft=False)
        self._path = path
        self._folder: int | None = None

    def acquire(self, timeout: float) -> None:
        """Take it within so many seconds, or raise `Timeout`; makes the folder."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file.acquire(timeout=timeout, poll_interval=POLL_SECONDS)
        try:
            self._folder = _locked(self._path.parent)
        except BlockingIOError:
            self._file.release()
            raise Timeout(str(self._path)) from None

    def release(self) -> None:
        """Let it go, the folder first: who has the file finds that free."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None
        self._file.release()


def _locked(folder: Path) -> int | None:
    """A descriptor that locks the folder; None where the system locks none. Raises `BlockingIOError` if it is held."""
    if sys.platform == "win32":
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return descriptor
