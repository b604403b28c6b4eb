"""Which processes have files of a folder open (Linux; own processes, or all for root)."""

from collections import defaultdict
from pathlib import Path

from dialflo_pipeline.cli.processes import open_in, other_processes


def open_files(folder: Path) -> dict[Path, list[int]]:
    """Each open file below `folder`, with the ids of the other processes that have it open."""
    holders: dict[Path, list[int]] = defaultdict(list)
    for pid in other_processes():
        for path in map(Path, open_in(pid)):
            if path.is_relative_to(folder) and pid not in holders[path]:
                holders[path].append(pid)
    return {path: sorted(pids) for path, pids in sorted(holders.items()) if pids}
