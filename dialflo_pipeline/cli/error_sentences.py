"""What to say when the disk, its permissions or a resource limit stops a command: a sentence with the remedy."""

import errno
import re
from typing import Final

_AGAIN: Final = "then run the same command again. Data written so far is kept."
_FULL: Final = "The disk is full: {file} cannot be written. Free some space"
_FORBIDDEN: Final = "{file} cannot be read or written: permission denied. Give this user access"
_IN_THE_WAY: Final = "{file}: a file is where a folder must be, or the reverse. Move it away"
_OS_ERRORS: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "{file} may not grow: a file size limit is set (`ulimit -f`). Raise it",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: "{file} is on a read-only disk. Make it writable, or choose another DIALFLO_DATA_DIR",
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.EMFILE: "Too many open files to open {file}. Raise the limit (`ulimit -n`)",
    errno.ENFILE: "Too many open files to open {file}. Close other programs",
    errno.EIO: "The disk cannot read or write {file}. Check its health, and copy the data folder to another disk",
}
_MEMORY: Final = f"Not enough memory, or the limit (`ulimit -v`) is too low. Allow more, {_AGAIN}"
_FILES: Final = f"Too many open files. Raise the limit (`ulimit -n`), {_AGAIN}"
_THREADS: Final = f"No more threads can be started. Raise the limit (`ulimit -u`), or close other programs, {_AGAIN}"
_LIMIT_PATTERNS: Final = {
    r"MemoryError|out of memory|cannot allocate memory|failed to map segment": _MEMORY,
    r"too ?many ?open ?files": _FILES,
    r"can't start new thread|Resource temporarily unavailable": _THREADS,
}


def explain_os_error(error: OSError) -> str:
    """What is wrong, with the file, and what to do; a stack trace would hide both."""
    file = error.filename2 or error.filename or "a file of the pipeline"
    if error.errno not in _OS_ERRORS:
        return f"{error.strerror or type(error).__name__}: {file}"
    return f"{_OS_ERRORS[error.errno].format(file=file)}, {_AGAIN}"


def explain_limit(error: BaseException) -> str | None:
    """What is wrong, and what to do, if a resource limit is the cause; None for anything else. Any library's error."""
    message = f"{type(error).__name__}: {error}"
    matches = (text for pattern, text in _LIMIT_PATTERNS.items() if re.search(pattern, message, re.IGNORECASE))
    return next(matches, None)
