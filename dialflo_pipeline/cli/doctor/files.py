"""The disk, whose the files are, and whether the clock goes backwards, by what lies below the data folder."""

import os
import shutil
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from dialflo_pipeline.core.diagnostics import Finding
from dialflo_pipeline.lake.data_dir import DataDir

LITTLE_SPACE = 1024**3
MOST_FILES = 20_000
"""So many files and folders are looked at; a lake of years has fewer days than that."""
SKEW_SECONDS = 120.0


def examine_files(data_dir: DataDir) -> Iterator[Finding]:
    """What the system says of the data folder."""
    yield space(data_dir.root)
    yield _owner(data_dir)
    yield _clock(data_dir)


def space(folder: Path) -> Finding:
    """How much room there is for what is written below `folder`."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    return Finding("disk", f"{free / 1024**3:.1f} GiB free for {folder}", free > LITTLE_SPACE)


def user_name(uid: int) -> str:
    """The name of a user; the number where there is no name."""
    import pwd  # which Windows has not

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _owner(data_dir: DataDir) -> Finding:
    root = data_dir.root
    if not root.exists():
        return Finding("data folder", f"{root} is not there yet; the first command that writes makes it")
    if not hasattr(os, "geteuid"):
        return Finding("data folder", str(root))
    owner, me = root.stat().st_uid, os.geteuid()
    foreign = next((path for path in _below(root) if _uid(path) not in (owner, None)), None)
    if foreign:
        found = f"{foreign} belongs to {user_name(_uid(foreign) or 0)}, {root} to {user_name(owner)}"
        return Finding("data folder", f"{found}: give all of it to one user (chown -R), who alone runs it", False)
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        return Finding("data folder", f"{root} belongs to {user_name(owner)}; {user_name(me)} may not write", False)
    beware = f"; you are {user_name(me)}, and what you write would not belong to them" if owner != me else ""
    return Finding("data folder", f"{root} belongs to {user_name(owner)}{beware}", not beware)


def _clock(data_dir: DataDir) -> Finding:
    """A clock that is behind: files were written in what it takes for the future."""
    now = time.time()
    newest = max((path.stat().st_mtime for path in data_dir.work.glob("*") if path.is_file()), default=0.0)
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if newest > now + SKEW_SECONDS:
        ahead = f"but a file below {data_dir.work} was written {newest - now:.0f} s later than that"
        return Finding("clock", f"{shown}, {ahead}: set the clock (NTP)", False)
    return Finding("clock", shown, True)


def _below(root: Path) -> Iterator[Path]:
    walked = (Path(folder, name) for folder, folders, files in os.walk(root) for name in (*folders, *files))
    return islice(walked, MOST_FILES)


def _uid(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None  # gone meanwhile
