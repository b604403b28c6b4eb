"""Where everything written lies below the data directory."""

from dataclasses import dataclass
from pathlib import Path

from dialflo_pipeline.lake.store import Lake

QUARANTINE = "quarantine"


@dataclass(frozen=True)
class DataDir:
    """The paths of one data directory; making one touches nothing."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Task-id files dropped here are registered."""
        return self.root / "inbox"

    @property
    def seeds(self) -> Path:
        """The user's own mappings of words; need not be there."""
        return self.root / "seeds"

    @property
    def published(self) -> Path:
        """The DuckDB file for readers."""
        return self.root / "warehouse.duckdb"

    @property
    def dashboard(self) -> Path:
        """The page for people without any tool."""
        return self.root / "dashboard.html"

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
    def dashboard_aside(self) -> Path:
        """The page while it is not yet whole, made by a command that may go on while a run sweeps its own leftovers."""
        return self.work / "unfinished-dashboard"

    @property
    def quarantine(self) -> Path:
        """Damaged files that cannot be made again, set aside; nothing is ever deleted there."""
        return self.root / QUARANTINE

    @property
    def lake(self) -> Lake:
        """The lake as a run writes it."""
        return Lake(self.root / "lake", self.aside)

    @property
    def registration_lake(self) -> Lake:
        """The lake as a registration writes it, which may go on while a run sweeps its own leftovers."""
        return Lake(self.root / "lake", self.work / "unfinished-registration")
