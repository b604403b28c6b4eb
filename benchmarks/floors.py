"""The least that the machine needs: to parse each answer once, to write each row once, to load each once."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from dialflo_pipeline.storage.duckdb_file.connection import STORAGE_VERSION

CORES = os.cpu_count() or 1


def parse_only(answers: pl.DataFrame) -> Callable[[], int]:
    """DuckDB parses each body once, a slice of the frame on each core; gives the number of arrays it saw."""
    slices = list(answers.select("body").iter_slices(-(-answers.height // CORES)))
    databases = [duckdb.connect(":memory:", config={"threads": 1}) for _ in slices]

    def parse(place: int) -> int:
        databases[place].register("given", slices[place].to_arrow())
        # No filter: DuckDB 2.0.0 may give wrong rows when it filters while it scans frames of this process.
        counting = databases[place].execute("SELECT sum((json_type(decode(body)) = 'ARRAY')::INTEGER) FROM given")
        ((arrays,),) = counting.fetchall()
        return int(arrays)

    def run() -> int:
        with ThreadPoolExecutor(CORES) as pool:
            return sum(pool.map(parse, range(len(slices))))

    return run


def write_only(frames: Sequence[pl.DataFrame], folder: Path) -> int:
    """Each frame to a Parquet file of its own by pyarrow, zstd as in the lake: no checksum, no check, no sync."""
    for place, frame in enumerate(frames):
        pq.write_table(frame.to_arrow(), folder / f"{place}.parquet", compression="zstd")
    return sum(frame.height for frame in frames)


def load_only(tables: Mapping[str, Sequence[Path]], path: Path) -> None:
    """The Parquet files of each table to a table of a new DuckDB file, on all cores: no key, no comment, no check."""
    path.unlink(missing_ok=True)
    with duckdb.connect(path, config={"threads": CORES, "storage_compatibility_version": STORAGE_VERSION}) as database:
        for name, files in tables.items():
            read = database.read_parquet([str(file) for file in files], hive_partitioning=False)
            read.create(name)
        database.execute("CHECKPOINT")
