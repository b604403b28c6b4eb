"""Which calls ask to be called when, as a table for the SQL models: `pipeline.callbacks`.

Texts are read in `callbacks.py`, each different one once: what was understood is kept in `pipeline.callback_texts`.
Rows of days that did not change stay as they are.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from dialflo_pipeline import warehouse
from dialflo_pipeline.callbacks import READER, Kind, Reading, Request, read_text, request
from dialflo_pipeline.rules import MartSettings

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
_TEXT = "CASE WHEN value_type IN ('string', 'number') THEN value END"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_MICROSECOND = timedelta(microseconds=1)

Row = tuple[Any, ...]


def write_callbacks(
    connection: duckdb.DuckDBPyConnection, settings: MartSettings, days: Sequence[date] | None, *, forget: bool = False
) -> None:
    """Bring `pipeline.callbacks` up to date with the changed `days` (None: all); to `forget`: read each text anew."""
    for name, (columns, text) in _TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS pipeline.{name} ({columns})")
        warehouse.comment(connection, "TABLE", f"pipeline.{name}", text)
    if forget:
        connection.execute("DELETE FROM pipeline.callback_texts")
    scope = "true" if days is None else "call_date IN (SELECT unnest($days::DATE[]))"
    changed = {} if days is None else {"days": list(days)}
    connection.execute(f"DELETE FROM pipeline.callbacks WHERE {scope}", changed)
    asked = _asked(connection, settings.callback_keys, scope, changed)
    if not asked:
        return
    readings = _readings(connection, {text for *_, text, _ in asked if text is not None})
    zone, tolerance = ZoneInfo(settings.timezone), timedelta(minutes=settings.callback_tolerance_minutes)
    _insert(connection, "callbacks", (_callback(row, readings, zone, tolerance) for row in asked))


def _asked(
    connection: duckdb.DuckDBPyConnection, keys: Sequence[str], scope: str, changed: dict[str, list[date]]
) -> list[Row]:
    """Per call with a filled key of these: the first such key, its value, the text to read, the call's time."""
    return connection.execute(
        f"""
        SELECT found.*, epoch_us(coalesce(calls.occurred_at, day_starts.starts_at))
        FROM (
            SELECT
                task_id, call_index, call_date, key, value, {_TEXT} AS text
            FROM main.call_metadata
            WHERE {scope} AND is_filled AND key IN (SELECT unnest($keys))
            QUALIFY row_number() OVER (PARTITION BY task_id, call_index ORDER BY list_position($keys, key)) = 1
        ) AS found
        JOIN main.calls AS calls USING (task_id, call_index)
        JOIN pipeline.day_starts AS day_starts ON day_starts.call_date = found.call_date
        ORDER BY found.task_id, found.call_index
        """,
        {"keys": list(keys), **changed},
    ).fetchall()


def _readings(connection: duckdb.DuckDBPyConnection, texts: set[str]) -> dict[str, Reading | None]:
    reader = f"{READER}, dateparser {version('dateparser')}"
    connection.execute("DELETE FROM pipeline.callback_texts WHERE reader <> ?", [reader])
    stored = connection.execute(
        "SELECT text, kind, local, is_whole_day, offset_seconds FROM pipeline.callback_texts"
        " SEMI JOIN (SELECT unnest(?::VARCHAR[]) AS text) USING (text)",
        [list(texts)],
    ).fetchall()
    known = {text: None if kind is None else Reading(Kind(kind), *rest) for text, kind, *rest in stored}
    new = {text: read_text(text) for text in sorted(texts - known.keys())}
    _insert(connection, "callback_texts", (_text_row(reader, text, reading) for text, reading in new.items()))
    return known | new


def _text_row(reader: str, text: str, found: Reading | None) -> Row:
    if found is None:
        return (reader, text, None, None, None, None)
    return (reader, text, str(found.kind), found.local, found.is_whole_day, found.offset_seconds)


def _callback(row: Row, readings: dict[str, Reading | None], zone: ZoneInfo, tolerance: timedelta) -> Row:
    *key, value, text, called_us = row
    reading = readings[text] if text is not None else None
    found: Request | None = None
    if reading is not None:
        try:
            found = request(reading, _EPOCH + timedelta(microseconds=called_us), zone, tolerance)
        except OverflowError:  # a call outside of Python's calendar
            found = None
    if found is None:
        return (*key, value, None, None, None, None)
    requested, starts, ends = (_since_epoch(at) for at in (found.requested_at, found.starts_at, found.ends_at))
    return (*key, value, requested, found.is_whole_day, starts, ends)


def _since_epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _insert(connection: duckdb.DuckDBPyConnection, name: str, rows: Iterable[Row]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        types = [part.split()[1] for part in _TABLES[name][0].split(",")]
        values = ", ".join(_unnested(place, sql_type) for place, sql_type in enumerate(types, 1))
        connection.execute(f"INSERT INTO pipeline.{name} SELECT {values}", columns)


def _unnested(place: int, sql_type: str) -> str:
    if sql_type != "TIMESTAMPTZ":
        return f"unnest(${place}::{sql_type}[])"
    # As plain numbers: the client takes long over each time with a zone.
    return f"make_timestamp(unnest(${place}::BIGINT[])) AT TIME ZONE 'UTC'"
