"""What to say when memory, threads or open files run out: a sentence and the remedy, for errors of any library."""

import re
from typing import Final

_AGAIN: Final = "then run the same command again. What is kept so far stays as it is."
_MEMORY: Final = f"There is not enough memory, or a limit on it (`ulimit -v`) is too low. Allow more, {_AGAIN}"
_FILES: Final = f"Too many files are open. Raise the limit (`ulimit -n`), {_AGAIN}"
_THREADS: Final = f"No more threads can be started. Raise the limit (`ulimit -u`), or close other programs, {_AGAIN}"
_SIGNS: Final = {
    r"MemoryError|out of memory|cannot allocate memory|failed to map segment": _MEMORY,
    r"too ?many ?open ?files": _FILES,
    r"can't start new thread|Resource temporarily unavailable": _THREADS,
}


def sentence_of_limit(error: BaseException) -> str | None:
    """What is wrong, and what to do, if a limit is the cause; None if it is anything else."""
    said = f"{type(error).__name__}: {error}"
    return next((sentence for sign, sentence in _SIGNS.items() if re.search(sign, said, re.IGNORECASE)), None)
