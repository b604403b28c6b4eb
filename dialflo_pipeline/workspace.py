"""Where everything written lies below the data directory."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from dialflo_pipeline.lake import Lake
from dialflo_pipeline.locks import registration_lock


@dataclass(frozen=True)
class Workspace:
    """The paths of one data directory; making one touches nothing."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Task-id files dropped here are registered."""
        return self.root / "inbox"

    @property
    def published(self) -> Path:
        """The DuckDB file for readers."""
        return self.root / "warehouse.duckdb"

    @property
    def export(self) -> Path:
        """Where tables and marts go as files, unless told otherwise."""
        return self.root / "export"

    @property
    def work(self) -> Path:
        """What nobody but the pipeline reads."""
        return self.root / "work"

    @property
    def private(self) -> Path:
        """The DuckDB file that the pipeline writes."""
        return self.work / "warehouse.duckdb"

    @property
    def aside(self) -> Path:
        """Files of a run that are not yet whole."""
        return self.work / "unfinished"

    @property
    def lake(self) -> Lake:
        """The lake as a run writes it."""
        return Lake(self.root / "lake", self.aside)

    @property
    def registration_lake(self) -> Lake:
        """The lake as a registration writes it, which may go on while a run sweeps its own leftovers."""
        return Lake(self.root / "lake", self.work / "unfinished-registration")

    def tidy(self) -> None:
        """Remove what killed processes left unfinished, and make the inbox; only for the holder of the run lock."""
        shutil.rmtree(self.aside, ignore_errors=True)
        with registration_lock(self.work):
            shutil.rmtree(self.registration_lake.aside, ignore_errors=True)
        self.inbox.mkdir(parents=True, exist_ok=True)
