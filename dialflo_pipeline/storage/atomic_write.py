"""Files that survive a kill and a power cut: written aside, synced, renamed, and the folder that names them synced.

Everything the pipeline keeps is put in place through this module. What stands in the files is no business of it.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_atomically(path: Path, aside: Path) -> Iterator[Path]:
    """Give a path to write to; on success sync it and put it in the place of `path` in one step.

    `aside` must be on the same disk. If the body fails, `path` stays as it was and nothing is left behind.
    """
    aside.mkdir(parents=True, exist_ok=True)
    make_folder(path.parent)
    # Of a long name just its end: names may have 255 bytes, of which a letter may take four.
    unfinished = aside / f"{secrets.token_hex(8)}-{path.name[-50:]}"
    try:
        yield unfinished
        sync(unfinished)
        os.replace(unfinished, path)
    except OSError as error:
        # Whoever reads of a full disk has to be told which.
        error.filename = error.filename or str(path)
        raise
    finally:
        unfinished.unlink(missing_ok=True)
    sync(path.parent)


def move(source: Path, target: Path) -> Path:
    """Rename a file on the same disk for good; what stands at `target` is replaced. Returns `target`."""
    make_folder(target.parent)
    os.replace(source, target)
    for folder in {source.parent, target.parent}:
        sync(folder)
    return target


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, for good."""
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    folder.mkdir(parents=True, exist_ok=True)
    # A folder's own entry stands in the one above it.
    for each in missing:
        sync(each.parent)


def sync(path: Path) -> None:
    """Have the content of a file, or the entries of a folder, written to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
