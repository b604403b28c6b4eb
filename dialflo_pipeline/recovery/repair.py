"""Repairing damaged files: each costs only itself.

Raw files, which only the lake holds, move to the quarantine. Everything else is derived and written again. Only for the
holder of the run lock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import duckdb

from dialflo_pipeline import pipeline
from dialflo_pipeline.core.errors import DamagedFile, DialfloError
from dialflo_pipeline.core.schema import RAW_TABLES, TASK_IDS, TASKS, Table
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import day_status, fingerprint, survey
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.load import loader
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish.protection import discard_stray_log, has_stray_log
from dialflo_pipeline.publish.publish import is_copy, is_published, publish
from dialflo_pipeline.recovery.file_stats import (
    PRIVATE,
    PUBLISHED,
    current_file_stats,
    known_file_stats,
    save_file_stats,
)
from dialflo_pipeline.recovery.inspect import damage_of, damage_of_derived, damage_of_raw, table_and_day
from dialflo_pipeline.recovery.quarantine import Finding, repair_raw
from dialflo_pipeline.recovery.task_ids import has_loaded_ids
from dialflo_pipeline.storage import duckdb_file
from dialflo_pipeline.storage.atomic_write import move

T = TypeVar("T")


@dataclass
class Recovery:
    """Inspects and repairs one data folder; `tell` is called with each repaired file."""

    data_dir: DataDir
    lake_settings: LakeSettings
    mart_settings: MartSettings
    zone: ZoneInfo
    tell: Callable[[Finding], None]
    _repaired: set[Path] = field(default_factory=set)

    def inspect(self) -> None:
        """Read the files that changed since they were last verified, and repair damaged ones."""
        seen = known_file_stats(self.data_dir.work)
        touched = {name for name, look in current_file_stats(self.data_dir).items() if seen.get(name) != look}
        for day in self.data_dir.lake.days(TASK_IDS):
            if day.isoformat() in touched:
                self._inspect_raw(day)
        self._inspect_derived([day for day in self.data_dir.lake.days(TASK_IDS) if day.isoformat() in touched])
        if PRIVATE in touched:
            self._inspect_private()
        if has_stray_log(self.data_dir.published):
            self._discard_stray_log()
        elif PUBLISHED in touched:
            self._inspect_published()

    def note(self) -> None:
        """Record that all files are whole now: inspected before, or written by the run that ends."""
        save_file_stats(self.data_dir.work, self.data_dir.aside, current_file_stats(self.data_dir))

    def retry_after_repair(self, attempt: Callable[[], T]) -> T:
        """The result of `attempt`, which is called again after each repair of damage that it found."""
        while True:
            try:
                return attempt()
            except DamagedFile as damage:
                self.repair(damage)

    def repair(self, damage: DamagedFile) -> None:
        """Repair damage that a stage found, so that the stage can be repeated. Raises it if a repair does not help."""
        if damage.path in self._repaired:
            raise damage
        place = table_and_day(self.data_dir.lake.root, damage.path)
        if damage.path == self.data_dir.private:
            self._set_private_aside(damage)
            self.retry_after_repair(self._load_and_build)
        elif place is None:
            raise damage
        elif place[0] in RAW_TABLES:
            self._repair_raw([(place[0], damage)], place[1])
        else:
            self._derive([place[1]], [damage])

    def _inspect_raw(self, day: date) -> None:
        if found := damage_of_raw(self.data_dir, day):
            self._repair_raw(found, day)

    def _repair_raw(self, found: Sequence[tuple[Table, DamagedFile]], day: date) -> None:
        are_ids_known = self._knows_all_ids(day)
        for table, damage in found:
            self._repaired.add(damage.path)
            self.tell(repair_raw(self.data_dir, table, day, damage, self.zone, are_ids_known=are_ids_known))

    def _inspect_derived(self, days: Sequence[date]) -> None:
        found = [(day, damage) for day in days for damage in damage_of_derived(self.data_dir, day)]
        if found:
            self._derive(sorted({day for day, _ in found}), [damage for _, damage in found])

    def _derive(self, days: Sequence[date], damages: Sequence[DamagedFile]) -> None:
        self._repaired |= {damage.path for damage in damages}
        self.retry_after_repair(lambda: list(flatten_days(self.data_dir.lake, days, self.lake_settings)))
        for damage in damages:
            self._report(damage, "It was written again from the raw answers.")

    def _knows_all_ids(self, day: date) -> bool:
        """Whether the derived or loaded rows of a day come from exactly the files that it has now."""
        space, lake = self.data_dir, self.data_dir.lake
        now = fingerprint(lake, day, self.lake_settings)
        if day_status(lake, day, self.lake_settings).is_current and not damage_of(space, TASKS, lake.file(TASKS, day)):
            return True
        try:
            loaded = (each for each in (space.private, space.published) if has_loaded_ids(each, day))
            return any(day not in loader.stale_days(path, {day: now}) for path in loaded)
        except (DialfloError, duckdb.Error):
            return False

    def _inspect_private(self) -> None:
        try:
            duckdb_file.examine(self.data_dir.private)
        except DamagedFile as damage:
            self._set_private_aside(damage)

    def _set_private_aside(self, damage: DamagedFile) -> None:
        self._repaired.add(damage.path)
        aside = duckdb_file.set_aside(self.data_dir.private, self.data_dir.private.with_suffix(".damaged"))
        self._report(damage, f"It was moved to {aside} and is built again from the lake.")

    def _load_and_build(self) -> None:
        pipeline.load_warehouse(self.data_dir, survey(self.data_dir.lake, self.lake_settings))
        pipeline.build_marts(self.data_dir, self.mart_settings)

    def _discard_stray_log(self) -> None:
        published = self.data_dir.published
        discard_stray_log(published, self.data_dir.aside)
        found = "was opened for writing by another program, which left a log beside it"
        self.tell(Finding(published, found, "Readers get a copy without that program's changes."))
        self._inspect_published()

    def _inspect_published(self) -> None:
        space = self.data_dir
        if space.private.exists() and is_copy(space.private, space.published):
            return
        try:
            duckdb_file.examine(space.published)
        except DamagedFile as damage:
            if space.private.exists():
                publish(space.private, space.published, space.aside)
                self._report(damage, "It was published again.")
            else:
                move(space.published, space.work / "published.damaged")
                self._report(damage, "It is published again.")
        else:
            self._undo_foreign_changes()

    def _undo_foreign_changes(self) -> None:
        """Publish again where the published file has the state of the private one, but not its content."""
        space = self.data_dir
        if is_published(space.private, space.published) and loader.have_same_days(space.private, space.published):
            publish(space.private, space.published, space.aside)
            self.tell(Finding(space.published, "was changed by another program", "It was published again."))

    def _report(self, damage: DamagedFile, done: str) -> None:
        self.tell(Finding(damage.path, damage.found, done))
