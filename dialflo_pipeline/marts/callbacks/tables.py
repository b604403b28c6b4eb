"""`pipeline.callbacks`: which calls ask for a callback, and when, as a table for the SQL models.

Each distinct text is read once and kept in `pipeline.callback_texts`. The time it means is computed once for all calls
in which it means the same. The SQL is in `sql/callbacks/`; rows of unchanged days stay.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb

from dialflo_pipeline.load import ddl
from dialflo_pipeline.marts.callbacks.parser import READER, Kind, Reading, calendar_ends, read_text, request
from dialflo_pipeline.marts.project import read_query
from dialflo_pipeline.marts.settings import MartSettings

FOLDER = "callbacks"

_TABLES = {
    "callback_texts": (
        "reader VARCHAR, text VARCHAR, kind VARCHAR, local TIMESTAMP, is_whole_day BOOLEAN, offset_seconds INTEGER",
        "How texts that ask for a call were understood; kind NULL: not at all.",
    ),
    "callbacks": (
        "task_id VARCHAR, call_index INTEGER, call_date DATE, key VARCHAR, text VARCHAR, requested_at TIMESTAMPTZ,"
        " is_whole_day BOOLEAN, starts_at TIMESTAMPTZ, ends_at TIMESTAMPTZ",
        "The calls that ask for another call, what was said, and the time meant; NULL where it is not understood.",
    ),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_MICROSECOND = timedelta(microseconds=1)

Row = tuple[Any, ...]


class _Group(NamedTuple):
    """Calls in which a text means the same; of times after the call, the spans are the same."""

    text: str
    is_after: bool
    offset_seconds: int | None
    part: int | None
    called_us: int
    """The first of them."""


def write_callbacks(
    connection: duckdb.DuckDBPyConnection, settings: MartSettings, days: Sequence[date] | None, *, forget: bool = False
) -> None:
    """Bring `pipeline.callbacks` up to date with the changed `days` (None: all); to `forget`: read each text anew.

    Needs `pipeline.day_starts` and `pipeline.utc_offsets` of all calls.
    """
    for name, (columns, text) in _TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS pipeline.{name} ({columns})")
        ddl.comment(connection, "TABLE", f"pipeline.{name}", text)
    if forget:
        connection.execute("DELETE FROM pipeline.callback_texts")
    changed = {"days": None if days is None else list(days)}
    connection.execute(
        "DELETE FROM pipeline.callbacks WHERE $days::DATE[] IS NULL OR call_date IN (SELECT unnest($days::DATE[]))",
        changed,
    )
    connection.execute(read_query(FOLDER, "asked"), {"keys": list(settings.callback_keys), **changed})
    readings = _readings(connection)
    zone, tolerance = ZoneInfo(settings.timezone), timedelta(minutes=settings.callback_tolerance_minutes)
    ends = _calendar_ends_us(zone)
    connection.execute(read_query(FOLDER, "said"), ends)
    groups = connection.execute(
        "SELECT text, is_after, offset_seconds, part, min(called_us) FROM said_callbacks GROUP BY ALL"
    ).fetchall()
    meant = (_meant(_Group(*group), readings, zone, tolerance) for group in groups)
    _put_beside(connection, [row for row in meant if row is not None], ends)
    connection.execute("DROP TABLE asked_callbacks; DROP TABLE said_callbacks; DROP TABLE meant_callbacks")


def _readings(connection: duckdb.DuckDBPyConnection) -> dict[str, Reading]:
    """What the texts asked with mean, of those that are understood; those never met before are read."""
    reader = f"{READER}, dateparser {version('dateparser')}"
    connection.execute("DELETE FROM pipeline.callback_texts WHERE reader <> ?", [reader])
    asked = "SELECT DISTINCT text FROM asked_callbacks WHERE text IS NOT NULL"
    new = connection.execute(f"FROM ({asked}) ANTI JOIN pipeline.callback_texts USING (text) ORDER BY text").fetchall()
    _insert(connection, (_text_row(reader, text, read_text(text)) for (text,) in new))
    stored = connection.execute(
        "SELECT text, kind, local, is_whole_day, offset_seconds FROM pipeline.callback_texts"
        f" SEMI JOIN ({asked}) USING (text) WHERE kind IS NOT NULL"
    ).fetchall()
    return {text: Reading(Kind(kind), *rest) for text, kind, *rest in stored}


def _text_row(reader: str, text: str, found: Reading | None) -> Row:
    if found is None:
        return (reader, text, None, None, None, None)
    return (reader, text, str(found.kind), found.local, found.is_whole_day, found.offset_seconds)


def _meant(group: _Group, readings: dict[str, Reading], zone: ZoneInfo, tolerance: timedelta) -> Row | None:
    """What a text means in these calls, in microseconds since 1970, or since each call; None: no time."""
    called_us = 0 if group.is_after else group.called_us
    found = request(readings[group.text], _EPOCH + timedelta(microseconds=called_us), zone, tolerance)
    if found is None:
        return None
    times = ((at - _EPOCH) // _MICROSECOND for at in (found.requested_at, found.starts_at, found.ends_at))
    return (group.text, group.is_after, group.offset_seconds, group.part, found.is_whole_day, *times)


def _calendar_ends_us(zone: ZoneInfo) -> dict[str, int]:
    """What lies beyond these is not understood."""
    first, last = ((end - _EPOCH) // _MICROSECOND for end in calendar_ends(zone))
    return {"first_us": first, "last_us": last}


def _put_beside(connection: duckdb.DuckDBPyConnection, meant: Sequence[Row], ends: Mapping[str, int]) -> None:
    """Fill `pipeline.callbacks` with what was asked for and the times meant."""
    columns = [[row[place] for row in meant] for place in range(8)]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE meant_callbacks AS SELECT unnest($1::VARCHAR[]) AS text,"
        " unnest($2::BOOLEAN[]) AS is_after, unnest($3::INTEGER[]) AS offset_seconds, unnest($4::BIGINT[]) AS part,"
        " unnest($5::BOOLEAN[]) AS is_whole_day, unnest($6::BIGINT[]) AS requested_us,"
        " unnest($7::BIGINT[]) AS starts_us, unnest($8::BIGINT[]) AS ends_us",
        columns,
    )
    connection.execute(read_query(FOLDER, "insert"), ends)


def _insert(connection: duckdb.DuckDBPyConnection, rows: Iterable[Row]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        types = [part.split()[1] for part in _TABLES["callback_texts"][0].split(",")]
        values = ", ".join(f"unnest(${place}::{sql_type}[])" for place, sql_type in enumerate(types, 1))
        connection.execute(f"INSERT INTO pipeline.callback_texts SELECT {values}", columns)
