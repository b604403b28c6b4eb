"""The list of a file's refused rows beside it in `inbox/done`, and the lists and refused files still there."""

import csv
import os
import secrets
from pathlib import Path
from typing import Final, TextIO

from dialflo_pipeline.extract.task_ids.row_validation import Refused
from dialflo_pipeline.storage.atomic_write import move, sync

REFUSED_ROWS: Final = ".refused.csv"
"""Added to the name of a file in `done`."""


class RefusedRows:
    """Line and reason of each refused row, written to a file in `aside` as they are found."""

    def __init__(self, aside: Path) -> None:
        self._path = aside / f"{secrets.token_hex(8)}{REFUSED_ROWS}"
        self._file: TextIO | None = None

    def add(self, row: Refused) -> None:
        """Write one row; the file is made with the first."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(Refused._fields)
        csv.writer(self._file).writerow(row)

    def close(self) -> None:
        """Close the file; it stays where it is."""
        if self._file:
            self._file.close()

    def put_at(self, target: Path) -> None:
        """Move the list to `target`, if any row was refused."""
        if self._file:
            sync(self._path)
            move(self._path, target)

    def remove(self) -> None:
        """Remove what was not moved."""
        self._path.unlink(missing_ok=True)


def lists_of_refused_rows(done: Path) -> list[Path]:
    """The lists in the folder of files that were read, the newest last."""
    if not done.is_dir():
        return []
    found = [(entry.stat().st_mtime, entry.path) for entry in os.scandir(done) if entry.name.endswith(REFUSED_ROWS)]
    return [Path(path) for _, path in sorted(found)]
