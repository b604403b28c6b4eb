"""A campaign to measure with: task ids over some days, their answers, and the files that each contender reads.

Made by the same rules for all, so that everybody works on the same bytes. Nothing is timed here.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from benchmarks.documents import USUAL, Shape, documents
from benchmarks.server import NAME_LETTERS, NAMES, body_name

FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)
_SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""An odd number near the golden ratio of 2^128: its multiples look like anything but a sequence."""


@dataclass(frozen=True)
class Campaign:
    """Tasks spread evenly over days, starting at task `first` (tasks before it belong to earlier days)."""

    tasks: int
    days: int
    shape: Shape = USUAL
    first: int = 0
    first_day: int = 0

    @property
    def calls(self) -> int:
        """How many calls all answers together hold."""
        return self.tasks * self.shape.calls_per_task

    def task_ids(self) -> Iterator[str]:
        """UUIDs in no order; each ends in the name of the body that answers it."""
        for place in range(self.first, self.first + self.tasks):
            spread = str(UUID(int=(place + 1) * _SPREAD % 2**128))
            yield spread[:-NAME_LETTERS] + body_name(place)

    def completed(self) -> Iterator[datetime]:
        """When each task was completed, ascending."""
        begin = FIRST_DAY + timedelta(days=self.first_day)
        for place in range(self.tasks):
            yield begin + timedelta(days=self.days) * (place / self.tasks)

    def bodies(self) -> Iterator[bytes]:
        """The answer of each task."""
        return documents(self.tasks, self.shape, seed=self.first)

    def served(self) -> dict[str, bytes]:
        """The same answers by name, for the server; from `NAMES` tasks on, some answer several."""
        shown = documents(min(self.tasks, NAMES), self.shape, seed=self.first)
        return {body_name(self.first + place): body for place, body in enumerate(shown)}

    def write_ids(self, folder: Path) -> Path:
        """Write the ids for dlt (`ids.txt`) and for `dialflo tasks add` (`ids.csv`); returns the latter."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ids.txt").write_text("\n".join(self.task_ids()), "ascii")
        path = folder / "ids.csv"
        with path.open("w", encoding="ascii", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("task_id", "completed_at"))
            rows.writerows(
                (task_id, moment.isoformat()) for task_id, moment in zip(self.task_ids(), self.completed(), strict=True)
            )
        return path

    def write_documents(self, folder: Path) -> None:
        """Write the answers, one a line, in the order of the ids."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "documents.jsonl").open("wb") as file:
            file.writelines(body + b"\n" for body in self.bodies())
