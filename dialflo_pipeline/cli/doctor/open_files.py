"""Which processes have files of a folder open (Linux; own processes, or all for root)."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def open_files(folder: Path) -> dict[Path, list[int]]:
    """Each open file below `folder`, with the ids of the other processes that have it open."""
    holders: dict[Path, list[int]] = defaultdict(list)
    for pid in _other_processes():
        for path in _open_in(pid):
            if path.is_relative_to(folder) and pid not in holders[path]:
                holders[path].append(pid)
    return {path: sorted(pids) for path, pids in sorted(holders.items()) if pids}


def command_of(pid: int) -> str:
    """The name of a process."""
    try:
        return (PROC / str(pid) / "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "a process that has just ended"


def _other_processes() -> Iterator[int]:
    if PROC.is_dir():
        yield from (
            int(entry.name) for entry in os.scandir(PROC) if entry.name.isdigit() and int(entry.name) != os.getpid()
        )


def _open_in(pid: int) -> Iterator[Path]:
    try:
        descriptors = list(os.scandir(PROC / str(pid) / "fd"))
    except OSError:
        return  # another user's process, or it has just ended
    for descriptor in descriptors:
        try:
            yield Path(os.readlink(descriptor.path))
        except OSError:
            continue
