"""Which calls ask to be called when, as a table for the SQL models: `pipeline.callbacks`.

Texts are read in `callbacks.py`, each different one once: what was understood is kept in `pipeline.callback_texts`.
What a text means is reckoned there too, once for all calls for which it means the same; here these are found, and the
times put beside their calls. Rows of days that did not change stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb

from dialflo_pipeline.load import ddl as warehouse
from dialflo_pipeline.marts.callbacks.parser import READER, Kind, Reading, calendar_ends, read_text, request
from dialflo_pipeline.marts.settings import MartSettings

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
_DAY_US = 86_400_000_000
_FIRST_US = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND

# What a text means in two calls is the same where they are of one local day and on the same side of the time of day
# that the text names, and the zone has one offset. What is meant to be so long after the call is kept as that span.
_SAID = f"""
    WITH timed AS (
        SELECT
            asked.*,
            texts.kind IS NOT DISTINCT FROM 'after' AS is_after,
            CASE WHEN NOT is_after THEN offsets.offset_seconds END AS offset_seconds,
            asked.called_us + offsets.offset_seconds::BIGINT * 1000000 - ({_FIRST_US}) AS local_us,
            epoch_us(texts.local) % {_DAY_US} AS named_us
        FROM asked_callbacks AS asked
        JOIN pipeline.callback_texts AS texts ON texts.text = asked.text AND texts.kind IS NOT NULL
        LEFT JOIN pipeline.utc_offsets AS offsets
            ON offsets.utc_day - DATE '0001-01-01' = (asked.called_us - ({_FIRST_US})) // {_DAY_US}
            AND (asked.called_us - ({_FIRST_US})) // 1000000 % 86400 >= offsets.from_second
            AND (asked.called_us - ({_FIRST_US})) // 1000000 % 86400 < offsets.until_second
        WHERE asked.called_us BETWEEN $first_us AND $last_us
    )
    SELECT
        * EXCLUDE (local_us, named_us),
        CASE
            WHEN NOT is_after THEN local_us // {_DAY_US} * 3 + sign(local_us % {_DAY_US} - named_us)::BIGINT
        END AS part
    FROM timed
"""

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
        warehouse.comment(connection, "TABLE", f"pipeline.{name}", text)
    if forget:
        connection.execute("DELETE FROM pipeline.callback_texts")
    scope = "true" if days is None else "call_date IN (SELECT unnest($days::DATE[]))"
    changed = {} if days is None else {"days": list(days)}
    connection.execute(f"DELETE FROM pipeline.callbacks WHERE {scope}", changed)
    _find_asked(connection, settings.callback_keys, scope, changed)
    readings = _readings(connection)
    zone, tolerance = ZoneInfo(settings.timezone), timedelta(minutes=settings.callback_tolerance_minutes)
    ends = _calendar_ends_us(zone)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE said_callbacks AS {_SAID}", ends)
    groups = connection.execute(
        "SELECT text, is_after, offset_seconds, part, min(called_us) FROM said_callbacks GROUP BY ALL"
    ).fetchall()
    meant = (_meant(_Group(*group), readings, zone, tolerance) for group in groups)
    _put_beside(connection, [row for row in meant if row is not None], ends)
    connection.execute("DROP TABLE asked_callbacks; DROP TABLE said_callbacks; DROP TABLE meant_callbacks")


def _find_asked(
    connection: duckdb.DuckDBPyConnection, keys: Sequence[str], scope: str, changed: dict[str, list[date]]
) -> None:
    """Per call with a filled key of these: the first such key, its value, the text to read, the call's time."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE asked_callbacks AS
        SELECT found.*, epoch_us(coalesce(calls.occurred_at, day_starts.starts_at)) AS called_us
        FROM (
            SELECT
                task_id, call_index, call_date, key, value, {_TEXT} AS text
            FROM main.call_metadata
            WHERE {scope} AND is_filled AND key IN (SELECT unnest($keys))
            QUALIFY row_number() OVER (PARTITION BY task_id, call_index ORDER BY list_position($keys, key)) = 1
        ) AS found
        JOIN main.calls AS calls USING (call_date, task_id, call_index)
        JOIN pipeline.day_starts AS day_starts ON day_starts.call_date = found.call_date
        """,
        {"keys": list(keys), **changed},
    )


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
    connection.execute(
        """
        INSERT INTO pipeline.callbacks
        WITH placed AS (
            SELECT
                said.task_id,
                said.call_index,
                meant.is_whole_day,
                CASE WHEN said.is_after THEN said.called_us ELSE 0 END AS since_us,
                since_us + meant.requested_us AS requested_us,
                since_us + meant.starts_us AS starts_us,
                since_us + meant.ends_us AS ends_us
            FROM said_callbacks AS said
            JOIN meant_callbacks AS meant
                ON meant.text = said.text
                AND meant.part IS NOT DISTINCT FROM said.part
                AND meant.offset_seconds IS NOT DISTINCT FROM said.offset_seconds
            WHERE since_us + meant.starts_us >= $first_us AND since_us + meant.ends_us <= $last_us
        )
        SELECT
            asked.task_id,
            asked.call_index,
            asked.call_date,
            asked.key,
            asked.value,
            make_timestamp(placed.requested_us) AT TIME ZONE 'UTC',
            placed.is_whole_day,
            make_timestamp(placed.starts_us) AT TIME ZONE 'UTC',
            make_timestamp(placed.ends_us) AT TIME ZONE 'UTC'
        FROM asked_callbacks AS asked
        LEFT JOIN placed ON placed.task_id = asked.task_id AND placed.call_index = asked.call_index
        """,
        ends,
    )


def _insert(connection: duckdb.DuckDBPyConnection, rows: Iterable[Row]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        types = [part.split()[1] for part in _TABLES["callback_texts"][0].split(",")]
        values = ", ".join(f"unnest(${place}::{sql_type}[])" for place, sql_type in enumerate(types, 1))
        connection.execute(f"INSERT INTO pipeline.callback_texts SELECT {values}", columns)
