"""Disk space, owner of the data folder, and the clock."""

import os
import shutil
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.lake.data_dir import DataDir

MIN_FREE_BYTES = 1024**3
MAX_FILES = 20_000
"""Files and folders that are checked; a lake of years has fewer."""
SKEW_SECONDS = 120.0


def examine_files(data_dir: DataDir) -> Iterator[Finding]:
    """Disk, owner and clock."""
    yield space(data_dir.root)
    yield _owner(data_dir)
    yield _clock(data_dir)


def space(folder: Path) -> Finding:
    """Free disk space for `folder`."""
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    return Finding("disk", f"{free / 1024**3:.1f} GiB free for {folder}", free > MIN_FREE_BYTES)


def user_name(uid: int) -> str:
    """The name of a user; the number where there is no name."""
    import pwd  # not on Windows

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _owner(data_dir: DataDir) -> Finding:
    root = data_dir.root
    if not root.exists():
        return Finding("data folder", f"{root} does not exist yet; the first command that writes creates it")
    if not hasattr(os, "geteuid"):
        return Finding("data folder", str(root))
    owner, me = root.stat().st_uid, os.geteuid()
    foreign = next((path for path in _below(root) if _uid(path) not in (owner, None)), None)
    if foreign:
        found = f"{foreign} belongs to {user_name(_uid(foreign) or 0)}, {root} to {user_name(owner)}"
        return Finding("data folder", f"{found}: give it all to one user (chown -R) and run as that user", False)
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        return Finding("data folder", f"{root} belongs to {user_name(owner)}; {user_name(me)} cannot write", False)
    warning = f"; you are {user_name(me)}, and files you write would not belong to them" if owner != me else ""
    return Finding("data folder", f"{root} belongs to {user_name(owner)}{warning}", not warning)


def _clock(data_dir: DataDir) -> Finding:
    """Whether the clock is behind: then files have times in the future."""
    now = time.time()
    newest = max((path.stat().st_mtime for path in data_dir.work.glob("*") if path.is_file()), default=0.0)
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if newest > now + SKEW_SECONDS:
        ahead = f"but a file in {data_dir.work} is {newest - now:.0f} s newer"
        return Finding("clock", f"{shown}, {ahead}: set the clock (NTP)", False)
    return Finding("clock", shown, True)


def _below(root: Path) -> Iterator[Path]:
    walked = (Path(folder, name) for folder, folders, files in os.walk(root) for name in (*folders, *files))
    return islice(walked, MAX_FILES)


def _uid(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None  # deleted meanwhile
