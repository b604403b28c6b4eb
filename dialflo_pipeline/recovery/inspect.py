"""Which files are damaged. Only reads, so `dialflo doctor` may use it beside a run."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from dialflo_pipeline.core.errors import DamagedFile, DamagedWarehouse, MissingChecksum
from dialflo_pipeline.core.schema import RAW_TABLES, TASK_IDS, TASKS, WAREHOUSE_TABLES, Table
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.storage import duckdb_file


def examine(data_dir: DataDir) -> Iterator[DamagedFile]:
    """Read all stored files and yield the damage found."""
    lake = data_dir.lake
    for day in lake.days(TASK_IDS):
        yield from (damage for _, damage in damage_of_raw(data_dir, day))
        yield from damage_of_derived(data_dir, day)
    for path in (data_dir.private, data_dir.published):
        try:
            if path.exists():
                duckdb_file.examine(path)
        except DamagedWarehouse as damage:
            yield damage


def damage_of(data_dir: DataDir, table: Table, path: Path) -> DamagedFile | None:
    """The damage of one file of the lake, if any."""
    try:
        data_dir.lake.verify(table, path)
    except DamagedFile as damage:
        return damage
    return None


def damage_of_raw(data_dir: DataDir, day: date) -> list[tuple[Table, DamagedFile]]:
    """The damage of a day's raw files, each with its table."""
    files = [(table, path) for table in RAW_TABLES for path in data_dir.lake.files(table, day)]
    return [(table, damage) for table, path in files if (damage := damage_of(data_dir, table, path))]


def damage_of_derived(data_dir: DataDir, day: date) -> list[DamagedFile]:
    """The damage of a day's derived files; none where they are still to be derived."""
    lake = data_dir.lake
    if not lake.files(TASKS, day) or isinstance(damage_of(data_dir, TASKS, lake.file(TASKS, day)), MissingChecksum):
        return []
    found = (damage_of(data_dir, table, lake.file(table, day)) for table in WAREHOUSE_TABLES)
    return [damage for damage in found if damage]


def table_and_day(lake_root: Path, path: Path) -> tuple[Table, date] | None:
    """The table and the day that a file of the lake belongs to, from its path."""
    tables = {table.name: table for table in (*RAW_TABLES, *WAREHOUSE_TABLES)}
    try:
        name, partition, _ = path.relative_to(lake_root).parts
        return tables[name], date.fromisoformat(partition.partition("=")[2])
    except (ValueError, KeyError):
        return None
