"""What lies in the files of a data directory: read with pyarrow and DuckDB alone, and with nothing of the package."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from tests.support.warehouse_rows import lasting, read_tables

Row = dict[str, Any]
Tables = dict[str, list[Row]]
DERIVED: Final = ("calls", "call_metadata", "call_context", "rejects", "tasks")
STATES: Final = ("settled", "unsettled", "not_found", "failed", "pending")


def lake_files(data: Path, table: str) -> list[Path]:
    return sorted((data / "lake" / table).glob("call_date=*/*.parquet"))


def lake_rows(data: Path, table: str, without: Collection[Path] = ()) -> Iterator[Row]:
    """The rows of a table in the lake, with the day that its folder names; files that are known as damaged left out."""
    for path in lake_files(data, table):
        if path in without:
            continue
        day = date.fromisoformat(path.parent.name.removeprefix("call_date="))
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for row in file.read().to_pylist():
                moments = {name: value.astimezone(UTC) for name, value in row.items() if isinstance(value, datetime)}
                yield {**row, **moments, "call_date": day}


def published(data: Path) -> Tables | None:
    """Every table and mart that readers see; None before the first publication."""
    path = data / "warehouse.duckdb"
    return read_tables(path) if path.exists() else None


def same(one: Tables | None, other: Tables | None) -> bool:
    """Whether both hold the same rows, in any order, each as often."""
    if one is None or other is None:
        return one is other
    return lasting(one) == lasting(other)


def check_lake(data: Path) -> None:
    """What holds at any time when no run is under way: only whole files, each registered id in one place."""
    files = [path for path in (data / "lake").rglob("*") if path.is_file()]
    assert [path.name for path in files if path.suffix != ".parquet"] == []
    often = Counter(row["task_id"] for row in lake_rows(data, "task_ids"))
    assert [task_id for task_id, times in often.items() if times > 1] == []


def check_published(data: Path, registered: set[str], tables: Tables) -> None:
    """What holds once a run has ended: each registered id once, in one state, and the lake's tables as published."""
    assert Counter(row["task_id"] for row in tables["tasks"]) == Counter(registered)
    assert {row["state"] for row in tables["tasks"]} <= set(STATES)
    for name in DERIVED:
        assert lasting({name: list(lake_rows(data, name))}) == lasting({name: tables[name]}), name
