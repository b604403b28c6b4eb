"""The stages after the lake: load what changed, rebuild the marts, publish; each does nothing when nothing changed."""

from collections.abc import Sequence
from datetime import date

from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import DayStatus
from dialflo_pipeline.load.ddl import count_rows
from dialflo_pipeline.load.loader import load, stale_days
from dialflo_pipeline.marts.build import build, marts_are_current
from dialflo_pipeline.marts.settings import MartSettings
from dialflo_pipeline.publish.publish import Copied, is_published, publish
from dialflo_pipeline.storage.duckdb_file.connection import with_memory_for


def days_to_load(data_dir: DataDir, days: Sequence[DayStatus]) -> dict[date, str | None]:
    """The days whose rows in the warehouse are not those of the lake, with the fingerprint to load; None: remove.

    `days` is the survey of all days. One whose derived files wait to be derived again keeps the rows it has.
    """
    current = _current_days(days)
    waiting = {status.day for status in days} - current.keys()
    stale = stale_days(data_dir.private, current)
    return {day: current.get(day) for day in stale if day not in waiting}


def _current_days(days: Sequence[DayStatus]) -> dict[date, str | None]:
    return {status.day: status.fingerprint for status in days if status.is_current}


def load_warehouse(data_dir: DataDir, surveyed: Sequence[DayStatus], *, rebuild: bool = False) -> dict[str, int]:
    """Load the days that changed (to `rebuild`: all), in one transaction; rows loaded by table."""
    days = days_to_load(data_dir, surveyed)
    if rebuild:
        days |= _current_days(surveyed)
    if not days and data_dir.private.exists():
        return {}
    return load(data_dir.private, data_dir.lake, days)


def rows_in_warehouse(data_dir: DataDir) -> dict[str, int]:
    """All rows of the loaded tables, by table."""
    return count_rows(data_dir.private)


def build_marts(data_dir: DataDir, settings: MartSettings, *, rebuild: bool = False) -> dict[str, int]:
    """Build the marts if the tables, the settings or the SQL changed, or to `rebuild`; rows by model."""
    if not rebuild and marts_are_current(data_dir.private, settings):
        return {}
    return with_memory_for(lambda: build(data_dir.private, settings, rebuild=rebuild))


def publish_warehouse(data_dir: DataDir, *, rebuild: bool = False) -> Copied | None:
    """Put the newest state before the readers; None if they have it already and it is not to `rebuild`."""
    if not rebuild and is_published(data_dir.private, data_dir.published):
        return None
    return with_memory_for(lambda: publish(data_dir.private, data_dir.published, data_dir.aside))


def is_up_to_date(data_dir: DataDir, surveyed: Sequence[DayStatus], settings: MartSettings) -> bool:
    """Whether readers have everything that the lake's derived files hold."""
    return (
        data_dir.published.exists()
        and not days_to_load(data_dir, surveyed)
        and marts_are_current(data_dir.private, settings)
        and is_published(data_dir.private, data_dir.published)
    )
