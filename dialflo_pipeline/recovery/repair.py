"""What becomes of damaged files: each is named, set aside or made anew, and costs only itself.

What only the lake holds is never deleted: a damaged raw file is moved to the quarantine. All else is made again. Only
for the holder of the run lock; those who just look use `examine`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import duckdb

from dialflo_pipeline import pipeline as refresh
from dialflo_pipeline.core.errors import (
    DamagedFile,
    DamagedRows,
    DamagedWarehouse,
    DialfloError,
    Misplaced,
    MissingChecksum,
)
from dialflo_pipeline.core.schema import RAW_TABLES, TASK_IDS, TASKS, WAREHOUSE_TABLES, Table
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import day_status, fingerprint, survey
from dialflo_pipeline.lake.settings import Rules
from dialflo_pipeline.load import load as loading
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish.publish import is_copy, publish
from dialflo_pipeline.recovery.file_stats import (
    PRIVATE,
    PUBLISHED,
    current_file_stats,
    known_file_stats,
    save_file_stats,
)
from dialflo_pipeline.recovery.task_ids import can_tell, recover, reread
from dialflo_pipeline.storage.atomic_write import move
from dialflo_pipeline.storage.duckdb_file import connection as duckdb_files

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """A file that was not as it was written, and what was done about it; tells no payload."""

    path: Path
    found: str
    done: str
    is_refetched: bool = False
    """Whether ids wait to be fetched again because of it."""
    is_lost: bool = False
    """Whether something may be missing for good, so that somebody has to act."""

    def __str__(self) -> str:
        return f"{self.path} {self.found}. {self.done}"


@dataclass
class Recovery:
    """Finds and mends damage in one data directory; `tell` hears of each finding as soon as it is mended."""

    data_dir: DataDir
    rules: Rules
    mart_settings: MartSettings
    zone: ZoneInfo
    tell: Callable[[Finding], None]
    _repaired: set[Path] = field(default_factory=set)

    def inspect(self) -> None:
        """Read what was touched since it was last known to be whole, and mend what is damaged."""
        seen = known_file_stats(self.data_dir.work)
        touched = {name for name, look in current_file_stats(self.data_dir).items() if seen.get(name) != look}
        for day in self.data_dir.lake.days(TASK_IDS):
            if day.isoformat() in touched:
                self._inspect_raw(day)
        self._inspect_derived([day for day in self.data_dir.lake.days(TASK_IDS) if day.isoformat() in touched])
        if PRIVATE in touched:
            self._inspect_private()
        if PUBLISHED in touched:
            self._inspect_published()

    def note(self) -> None:
        """Keep that all files are whole as they are now: inspected before, or written by the run that ends."""
        save_file_stats(self.data_dir.work, self.data_dir.aside, current_file_stats(self.data_dir))

    def retry_after_repair(self, attempt: Callable[[], T]) -> T:
        """What `attempt` gives, tried again each time that it found damage which could be mended."""
        while True:
            try:
                return attempt()
            except DamagedFile as damage:
                self.repair(damage)

    def repair(self, damage: DamagedFile) -> None:
        """Mend what was found in the midst of work, so that the work can be done again; raises it if that is vain."""
        if damage.path in self._repaired:
            raise damage
        place = _place_in(self.data_dir.lake.root, damage.path)
        if damage.path == self.data_dir.private:
            self._set_private_aside(damage)
            self.retry_after_repair(self._load_and_build)
        elif place is None:
            raise damage
        elif place[0] in RAW_TABLES:
            self._repair_raw(*place, damage, is_known=self._knows_all_ids(place[1]))
        else:
            self._derive([place[1]], [damage])

    def _inspect_raw(self, day: date) -> None:
        files = [(table, path) for table in RAW_TABLES for path in self.data_dir.lake.files(table, day)]
        damaged = [(table, damage) for table, path in files if (damage := damage_of(self.data_dir, table, path))]
        is_known = bool(damaged) and self._knows_all_ids(day)
        for table, damage in damaged:
            self._repair_raw(table, day, damage, is_known=is_known)

    def _inspect_derived(self, days: Sequence[date]) -> None:
        found = [(day, damage) for day in days for damage in damage_of_derived(self.data_dir, day)]
        if found:
            self._derive(sorted({day for day, _ in found}), [damage for _, damage in found])

    def _derive(self, days: Sequence[date], damages: Sequence[DamagedFile]) -> None:
        self._repaired |= {damage.path for damage in damages}
        self.retry_after_repair(lambda: list(flatten_days(self.data_dir.lake, days, self.rules)))
        for damage in damages:
            self._say(damage, "It was written anew from the raw answers.")

    def _knows_all_ids(self, day: date) -> bool:
        """Whether what was derived or loaded of a day was made from the very files that it has now."""
        space, lake = self.data_dir, self.data_dir.lake
        now = fingerprint(lake, day, self.rules)
        if day_status(lake, day, self.rules).is_current and not damage_of(space, TASKS, lake.file(TASKS, day)):
            return True
        try:
            loaded = (each for each in (space.private, space.published) if can_tell(each, day))
            return any(day not in loading.stale_days(path, {day: now}) for path in loaded)
        except (DialfloError, duckdb.Error):
            return False

    def _repair_raw(self, table: Table, day: date, damage: DamagedFile, *, is_known: bool) -> None:
        self._repaired.add(damage.path)
        if table is TASK_IDS:
            self._repair_task_ids(day, damage, is_known=is_known)
        elif isinstance(damage, DamagedRows):
            rows = self.data_dir.lake.sound_rows(table, damage.path, day)
            aside = self._quarantine(damage.path)
            if rows.height:
                self.data_dir.lake.append(table, rows, day)
            self._say(damage, f"The file is kept as {aside}; the ids are fetched again.", is_refetched=True)
        else:
            aside = self._quarantine(damage.path)
            self._say(damage, f"It was set aside as {aside}; its ids are fetched again.", is_refetched=True)

    def _repair_task_ids(self, day: date, damage: DamagedFile, *, is_known: bool) -> None:
        space = self.data_dir
        if isinstance(damage, Misplaced):
            home = _place_in(Path(), Path(damage.home, damage.path.name))
            day = home[1] if home else day
        # First the ids, then the file: killed in between, it is found again.
        found = recover(space.registration_lake, damage.path, day, (space.private, space.published), space.work)
        aside = self._quarantine(damage.path)
        if is_known:
            found = replace(found, missing=0)
        elif found.missing != 0:
            found = found.and_again(reread(space.inbox, space.registration_lake, self.zone, space.work))
        self._say(damage, f"It was set aside as {aside}; {found}", is_lost=found.missing != 0)

    def _inspect_private(self) -> None:
        try:
            duckdb_files.examine(self.data_dir.private)
        except DamagedFile as damage:
            self._set_private_aside(damage)

    def _set_private_aside(self, damage: DamagedFile) -> None:
        self._repaired.add(damage.path)
        aside = duckdb_files.set_aside(self.data_dir.private, self.data_dir.private.with_suffix(".damaged"))
        self._say(damage, f"It was set aside as {aside}, and is made anew from the lake.")

    def _load_and_build(self) -> None:
        refresh.load_warehouse(self.data_dir, survey(self.data_dir.lake, self.rules))
        refresh.build_marts(self.data_dir, self.mart_settings)

    def _inspect_published(self) -> None:
        space = self.data_dir
        if space.private.exists() and is_copy(space.private, space.published):
            return
        try:
            duckdb_files.examine(space.published)
        except DamagedFile as damage:
            if space.private.exists():
                publish(space.private, space.published, space.aside)
                self._say(damage, "It was published anew.")
            else:
                move(space.published, space.work / "published.damaged")
                self._say(damage, "It is published anew.")

    def _quarantine(self, path: Path) -> Path:
        target = self.data_dir.quarantine / path.relative_to(self.data_dir.lake.root)
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(f"{path.stem}-{number}{path.suffix}")
        return move(path, target)

    def _say(self, damage: DamagedFile, done: str, *, is_refetched: bool = False, is_lost: bool = False) -> None:
        self.tell(Finding(damage.path, damage.found, done, is_refetched, is_lost))


def examine(data_dir: DataDir) -> Iterator[DamagedFile]:
    """Read everything that is kept, and say what is damaged; nothing is changed."""
    lake = data_dir.lake
    for day in lake.days(TASK_IDS):
        raw = ((table, path) for table in RAW_TABLES for path in lake.files(table, day))
        yield from (damage for table, path in raw if (damage := damage_of(data_dir, table, path)))
        yield from damage_of_derived(data_dir, day)
    for path in (data_dir.private, data_dir.published):
        try:
            if path.exists():
                duckdb_files.examine(path)
        except DamagedWarehouse as damage:
            yield damage


def damage_of(data_dir: DataDir, table: Table, path: Path) -> DamagedFile | None:
    """What is wrong with a file of the lake, if anything."""
    try:
        data_dir.lake.verify(table, path)
    except DamagedFile as damage:
        return damage
    return None


def damage_of_derived(data_dir: DataDir, day: date) -> list[DamagedFile]:
    """What is wrong with the derived files of a day; nothing where they wait to be derived."""
    lake = data_dir.lake
    if not lake.files(TASKS, day) or isinstance(damage_of(data_dir, TASKS, lake.file(TASKS, day)), MissingChecksum):
        return []
    found = (damage_of(data_dir, table, lake.file(table, day)) for table in WAREHOUSE_TABLES)
    return [damage for damage in found if damage]


def _place_in(lake: Path, path: Path) -> tuple[Table, date] | None:
    """The table and the day that a file of the lake belongs to."""
    tables = {table.name: table for table in (*RAW_TABLES, *WAREHOUSE_TABLES)}
    try:
        name, partition, _ = path.relative_to(lake).parts
        return tables[name], date.fromisoformat(partition.partition("=")[2])
    except (ValueError, KeyError):
        return None
