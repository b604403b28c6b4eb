"""Flattening a batch, writing its frames and loading the files, beside the floors of each."""

import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.floors import load_only, parse_only, write_only
from benchmarks.frames import batches
from dialflo_pipeline.core.schema import TASKS, WAREHOUSE_TABLES
from dialflo_pipeline.flatten import Flattened, flatten
from dialflo_pipeline.flatten.days import ANSWER_TABLES, BATCH_ROWS
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.load.loader import load

DAY = date(2025, 6, 25)
ZONE = "Asia/Kolkata"


def time_flatten(campaign: Path, runs: int) -> dict[str, list[float]]:
    """Flattening, writing and loading beside their floors, by turns; one turn before the first does not count."""
    with (campaign / "documents.jsonl").open("rb") as lines:
        ids = iter((campaign / "ids.txt").read_text("ascii").split())
        given = list(batches(ids, (line.rstrip(b"\n") for line in lines), DAY, BATCH_ROWS))
    flattened = [flatten(answers, ZONE) for answers in given]
    frames = [getattr(each, table.name) for each in flattened for table in ANSWER_TABLES]
    floors = [parse_only(answers) for answers in given]
    with tempfile.TemporaryDirectory(dir=campaign) as name:
        folder = Path(name)
        lake = Lake(folder / "lake", folder / "aside")
        lake.replace(TASKS, [pl.DataFrame(schema=TASKS.frame_schema)], DAY)
        files = {table.name: [lake.file(table, DAY)] for table in WAREHOUSE_TABLES}
        contenders: dict[str, Callable[[], object]] = {
            "parse_only": lambda: [parse() for parse in floors],
            "flatten": lambda: [flatten(answers, ZONE) for answers in given],
            "write_only": lambda: write_only(frames, folder),
            "write": lambda: write(flattened, lake),
            "load_only": lambda: load_only(files, folder / "bare.duckdb"),
            "load": lambda: load(folder / "warehouse.duckdb", lake, {DAY: "written"}),
        }
        seconds: dict[str, list[float]] = {contender: [] for contender in contenders}
        for turn in range(runs + 1):
            for contender, run in contenders.items():
                start = time.perf_counter()
                run()
                if turn:
                    seconds[contender].append(time.perf_counter() - start)
    return seconds


def write(flattened: list[Flattened], lake: Lake) -> None:
    """The frames of the answer tables to the lake: checked, with page checksums, synced, renamed."""
    for table in ANSWER_TABLES:
        frames: list[pl.DataFrame] = [getattr(each, table.name) for each in flattened]
        lake.replace(table, (table.schema.validate(frame) for frame in frames), DAY)
