"""Who is measured: the pipeline's stages, its commands, and dlt, each from a fresh copy of the same start.

Every function runs one contender once and gives its figures. Which run when is decided in `contests.py`.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.campaign import Campaign
from benchmarks.measure import Failed, Spent, bytes_on_disk, spend

ROOT = Path(__file__).resolve().parents[1]
Figures = dict[str, float]


@dataclass(frozen=True)
class Place:
    """Where things are: a folder to work in, and the Python that has the package."""

    folder: Path
    python: Path

    def below(self, name: str) -> Path:
        """A folder for one contest."""
        path = self.folder / name
        path.mkdir(parents=True)
        return path

    def command(self, *arguments: str, data: Path, url: str = "") -> Spent:
        """Run a `dialflo` command as a user would, on this data folder and without a rate limit."""
        return spend([self.python, "-m", "dialflo_pipeline.cli", *arguments], environment(data, url), self.folder)

    def stages(self, what: str, *arguments: str | Path, data: Path, url: str = "") -> Spent:
        """Time stages of the pipeline by themselves."""
        command = [self.python, "-m", "benchmarks.ours", what, *arguments]
        return spend(command, environment(data, url), self.folder)


def environment(data: Path, url: str) -> dict[str, str]:
    """The environment of the pipeline: the settings of a benchmark and no others."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("DIALFLO_", "DAGSTER_"))}
    return inherited | {
        "PYTHONPATH": str(ROOT),
        "DIALFLO_API_TOKEN": "benchmark",
        "DIALFLO_BASE_URL": url or "http://127.0.0.1:9",
        "DIALFLO_DATA_DIR": str(data),
        "DIALFLO_RATE_LIMIT": "0",
        # Otherwise it would be that of this checkout, and each run would see the history of earlier runs.
        "DAGSTER_HOME": str(data / "work" / "dagster"),
    }


@dataclass(frozen=True)
class Start:
    """A data folder with a campaign's ids registered (and its answers on record, if `filled`), and dlt's files."""

    place: Place
    campaign: Campaign
    folder: Path

    @classmethod
    @contextmanager
    def prepared(cls, place: Place, name: str, campaign: Campaign, *, filled: bool) -> Iterator["Start"]:
        """Make it, and remove it in the end; registering is part of no contest."""
        start = cls(place, campaign, place.below(name))
        try:
            ids = campaign.write_ids(start.folder)
            place.command("tasks", "add", str(ids), data=start.data)
            if filled:
                campaign.write_documents(start.folder)
                place.stages("fill", "--campaign", start.folder, data=start.data)
            yield start
        finally:
            shutil.rmtree(start.folder)

    @property
    def data(self) -> Path:
        """The data folder as it was prepared."""
        return self.folder / "data"

    @property
    def documents(self) -> Path:
        """All answers, one a line, if it was filled."""
        return self.folder / "documents.jsonl"

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """A separate data folder; files of the lake never change, so they are linked, not copied."""
        data = self.folder / "run"
        shutil.copytree(self.data, data, copy_function=os.link)
        try:
            yield data
        finally:
            shutil.rmtree(data)

    def fetch(self, url: str) -> Figures:
        """The fetch alone, with raw answers stored."""
        with self.copy() as data:
            spent = self.place.stages("fetch", data=data, url=url)
        return spent.figures | _steps(spent)

    def bare(self, url: str) -> Figures:
        """The requests of the fetch, and nothing else."""
        spent = self.place.stages("bare", data=self.data, url=url)
        return spent.figures | _steps(spent)

    def sync(self, url: str) -> Figures:
        """The whole command `dialflo sync`."""
        with self.copy() as data:
            spent = self.place.command("sync", data=data, url=url)
            self._expect_all_calls(data / "warehouse.duckdb", "main.calls")
            return spent.figures | disk_of(data)

    def stages(self) -> Figures:
        """All that follows the fetch, stage by stage."""
        with self.copy() as data:
            spent = self.place.stages("stages", data=data)
            self._expect_all_calls(data / "warehouse.duckdb", "main.calls")
        return spent.figures | _steps(spent)

    def rebuild(self) -> Figures:
        """The whole command `dialflo rebuild`."""
        with self.copy() as data:
            spent = self.place.command("rebuild", data=data)
            self._expect_all_calls(data / "warehouse.duckdb", "main.calls")
            return spent.figures | disk_of(data)

    def dlt(self, url: str = "") -> Figures:
        """A whole run of dlt; from HTTP if there is an address, else from the documents."""
        arguments = ["--metadata-keys", str(self.campaign.shape.metadata_keys), *(["--url", url] if url else [])]
        command = [sys.executable, "-m", "benchmarks.dlt_pipeline", str(self.folder), *arguments]
        try:
            spent = spend(command, os.environ | {"PYTHONPATH": str(ROOT)}, self.folder)
            self._expect_all_calls(self.folder / "dlt.duckdb", "dialflo.calls")
            disk = {f"disk_{name}": bytes_on_disk(self.folder / name) for name in ("dlt", "dlt.duckdb")}
            return spent.figures | _steps(spent) | disk
        finally:
            shutil.rmtree(self.folder / "dlt", ignore_errors=True)
            (self.folder / "dlt.duckdb").unlink(missing_ok=True)

    def _expect_all_calls(self, warehouse: Path, table: str) -> None:
        """Raise if a contender did not do the whole work: its time does not count."""
        with duckdb.connect(warehouse, read_only=True) as connection:
            ((found,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        if found != self.campaign.calls:
            raise Failed(f"{warehouse} has {found} of {self.campaign.calls} calls")


def _steps(spent: Spent) -> Figures:
    stages: Mapping[str, Any] = spent.printed_json
    return {f"{name}_seconds": float(seconds) for name, seconds in stages.items()}


def disk_of(data: Path) -> Figures:
    """Bytes below a data folder: what is kept for good, what is derived from it, the two warehouses."""
    lake = {folder.name: bytes_on_disk(folder) for folder in (data / "lake").iterdir()}
    raw = sum(lake.pop(name, 0) for name in ("task_ids", "raw_answers"))
    private, published = data / "work" / "warehouse.duckdb", data / "warehouse.duckdb"
    return {
        "disk_raw": raw,
        "disk_derived": sum(lake.values()),
        "disk_private": bytes_on_disk(private),
        "disk_published": bytes_on_disk(published),
        "disk": bytes_on_disk(data),
    }
