"""Whether DIALFLO_TIMEZONE differs from the time zone of the last sync, and what that changes."""

import duckdb

from dialflo_pipeline.core.errors import DialfloError
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.storage.duckdb_file.connection import connect_read_only


def time_zone_change(data_dir: DataDir, time_zone: str) -> str | None:
    """A sentence on the change and its effect; None without a change, or before the first sync."""
    before = _last_time_zone(data_dir)
    if before is None or before == time_zone:
        return None
    return (
        f"The time zone changes from {before} to {time_zone} (DIALFLO_TIMEZONE). Registered ids keep their day; new ids"
        f" get theirs in {time_zone}. In tables and marts, times without an offset, hours, weekdays and the start of"
        f" each day are computed again in {time_zone}."
    )


def _last_time_zone(data_dir: DataDir) -> str | None:
    for path in (data_dir.private, data_dir.published):
        try:
            if path.is_file():
                with connect_read_only(path) as connection:
                    row = connection.execute("SELECT timezone FROM pipeline.settings").fetchone()
                return row[0] if row else None
        except (DialfloError, duckdb.CatalogException):
            continue  # damaged, in use, or without marts: nothing is known
    return None
