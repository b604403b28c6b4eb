"""Damaged raw files: readable rows stay in the lake, the file moves to the quarantine. Nothing is deleted."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from dialflo_pipeline.core.errors import DamagedFile, DamagedRows, Misplaced
from dialflo_pipeline.core.schema import TASK_IDS, Table
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.recovery.inspect import table_and_day
from dialflo_pipeline.recovery.task_ids import recover, register_inbox_again
from dialflo_pipeline.storage.atomic_write import move


@dataclass(frozen=True)
class Finding:
    """A damaged file and what was done about it; holds no payload."""

    path: Path
    found: str
    done: str
    is_refetched: bool = False
    """Whether ids are to be fetched again because of it."""
    is_lost: bool = False
    """Whether ids may be missing, so that a person has to act."""

    def __str__(self) -> str:
        return f"{self.path} {self.found}. {self.done}"


def repair_raw(
    data_dir: DataDir, table: Table, day: date, damage: DamagedFile, zone: ZoneInfo, *, are_ids_known: bool
) -> Finding:
    """Save what a damaged raw file still holds, then move it to the quarantine."""
    if table is TASK_IDS:
        return _repair_task_ids(data_dir, day, damage, zone, are_ids_known=are_ids_known)
    if not isinstance(damage, DamagedRows):
        target = quarantine(data_dir, damage.path)
        return Finding(damage.path, damage.found, f"It was moved to {target}; its ids are fetched again.", True)
    rows = data_dir.lake.sound_rows(table, damage.path, day)
    target = quarantine(data_dir, damage.path)
    if rows.height:
        data_dir.lake.append(table, rows, day)
    return Finding(damage.path, damage.found, f"The file is kept as {target}; the ids are fetched again.", True)


def quarantine(data_dir: DataDir, path: Path) -> Path:
    """Move a file of the lake to a free name in the quarantine; returns where it is."""
    target = data_dir.quarantine / path.relative_to(data_dir.lake.root)
    number = 1
    while target.exists():
        number += 1
        target = target.with_name(f"{path.stem}-{number}{path.suffix}")
    return move(path, target)


def _repair_task_ids(
    data_dir: DataDir, day: date, damage: DamagedFile, zone: ZoneInfo, *, are_ids_known: bool
) -> Finding:
    lake, work = data_dir.registration_lake, data_dir.work
    if isinstance(damage, Misplaced):
        home = table_and_day(Path(), Path(damage.home, damage.path.name))
        day = home[1] if home else day
    # The ids first: if the process is killed before the move, the damage is found again.
    found = recover(lake, damage.path, day, (data_dir.private, data_dir.published), work)
    target = quarantine(data_dir, damage.path)
    if are_ids_known:
        found = replace(found, missing=0)
    elif found.missing != 0:
        found = found.with_inbox_ids(register_inbox_again(data_dir.inbox, lake, zone, work))
    return Finding(damage.path, damage.found, f"It was moved to {target}; {found}", is_lost=found.missing != 0)
