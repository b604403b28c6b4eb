"""Other processes on this machine: what they have open (Linux; own processes, or all for root)."""

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def other_processes() -> Iterator[int]:
    """The ids of all processes but this one; none where the system has no /proc."""
    if PROC.is_dir():
        yield from (
            int(entry.name) for entry in os.scandir(PROC) if entry.name.isdigit() and int(entry.name) != os.getpid()
        )


def open_in(pid: int) -> Iterator[str]:
    """What a process has open: paths, and names such as socket:[12345]."""
    try:
        descriptors = list(os.scandir(PROC / str(pid) / "fd"))
    except OSError:
        return  # another user's process, or it has just ended
    for descriptor in descriptors:
        try:
            yield os.readlink(descriptor.path)
        except OSError:
            continue


def command_of(pid: int) -> str:
    """The name of a process."""
    try:
        return (PROC / str(pid) / "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "a process that has just ended"
