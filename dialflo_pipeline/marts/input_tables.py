"""The small tables that SQL models read beside the warehouse: settings, time zone, meanings of words.

They are rewritten before each build, so a model is plain SQL and the published file shows what its marts were computed
with. Nothing here knows a model.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import duckdb

from dialflo_pipeline.core.seeds import SEEDS, Word, merged
from dialflo_pipeline.load import ddl
from dialflo_pipeline.marts.settings import MartSettings

# As `seeds.plain` does it; upper() and trim() alone know letters and blanks of other alphabets, or spaces only.
_PLAIN = (
    "translate(trim(value, ' ' || chr(9) || chr(10) || chr(13) || chr(11) || chr(12)),"
    " 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')"
)
_DAY_1970 = date(1970, 1, 1).toordinal()

INPUT_COLUMNS: dict[str, dict[str, str]] = {
    "settings": MartSettings.sql_types(),
    "day_starts": {"call_date": "DATE", "starts_at": "TIMESTAMPTZ"},
    "utc_offsets": {
        "utc_day": "DATE",
        "from_second": "INTEGER",
        "until_second": "INTEGER",
        "offset_seconds": "INTEGER",
    },
    "meanings": {"kind": "VARCHAR", "value": "VARCHAR", "meaning": "VARCHAR", "is_stop": "BOOLEAN"},
}
"""Table, column and SQL type of what is written here to schema `pipeline`."""


def write_inputs(connection: duckdb.DuckDBPyConnection, settings: MartSettings, shipped: Iterable[Word]) -> None:
    """Write every table of `INPUT_COLUMNS` for the loaded calls."""
    zone = ZoneInfo(settings.timezone)
    _write_settings(connection, settings)
    _write_day_starts(connection, zone)
    _write_utc_offsets(connection, zone)
    _write_meanings(connection, merged(shipped, settings.words))


def day_start(day: date, zone: ZoneInfo) -> int:
    """When a day begins in a zone, as microseconds since 1970 in UTC.

    A midnight that the zone skips is read with the offset before the change; of one that comes twice it is the first.
    """
    midnight = datetime.combine(day, time(), zone)
    # Not by way of astimezone: the first and last day that Python knows would leave its range.
    since_epoch = midnight.replace(tzinfo=None) - datetime(1970, 1, 1)  # noqa: DTZ001 - both sides naive on purpose
    return (since_epoch - (midnight.utcoffset() or timedelta())) // timedelta(microseconds=1)


def utc_offsets(day: date, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """From which second of a day in UTC on the zone has which offset, in seconds; the first from second 0."""
    offset = None
    for hour in range(24):
        start = datetime.combine(day, time(hour), UTC)
        # Looked for second by second where it changes within the hour, which few zones do.
        steps = range(3600) if _offset(start, zone) != _offset(start.replace(minute=59, second=59), zone) else (0,)
        for step in steps:
            found = _offset(start + timedelta(seconds=step), zone)
            if found != offset:
                offset = found
                yield hour * 3600 + step, found


def _offsets_of(days_since_1970: int, zone: ZoneInfo) -> list[tuple[int, int]]:
    try:
        day = date.fromordinal(_DAY_1970 + days_since_1970)
    except (OverflowError, ValueError):  # the day before or after all that Python knows
        return [(0, 0)]
    return list(utc_offsets(day, zone))


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    try:
        local = moment.astimezone(zone)
    except OverflowError:  # the first and the last day that Python knows
        return 0
    return int((local.utcoffset() or timedelta()).total_seconds())


def _write_settings(connection: duckdb.DuckDBPyConnection, settings: MartSettings) -> None:
    columns = ", ".join(f"${name}::{sql_type} AS {name}" for name, sql_type in settings.sql_types().items())
    connection.execute(f"CREATE OR REPLACE TABLE pipeline.settings AS SELECT {columns}", settings.sql_values())
    ddl.comment(connection, "TABLE", "pipeline.settings", "One row: the settings the marts were made with.")


def _write_day_starts(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> None:
    days = _column(connection, "SELECT DISTINCT call_date FROM main.calls ORDER BY 1")
    connection.execute(
        "CREATE OR REPLACE TABLE pipeline.day_starts AS SELECT unnest($days::DATE[]) AS call_date,"
        " make_timestamp(unnest($starts::BIGINT[])) AT TIME ZONE 'UTC' AS starts_at",
        {"days": days, "starts": [day_start(day, zone) for day in days]},
    )
    ddl.comment(connection, "TABLE", "pipeline.day_starts", "When each day of calls begins in the zone.")


def _write_utc_offsets(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> None:
    found = connection.execute(
        "SELECT DISTINCT utc_day - DATE '1970-01-01' FROM ("
        "SELECT make_timestamp(epoch_us(occurred_at))::DATE AS utc_day FROM main.calls"
        " UNION ALL SELECT make_timestamp(epoch_us(starts_at))::DATE FROM pipeline.day_starts)"
        " WHERE utc_day IS NOT NULL ORDER BY 1"
    )
    days: list[int] = [row[0] for row in found.fetchall()]
    rows = [
        (day, second, starts[place + 1][0] if place + 1 < len(starts) else 86_400, offset)
        for day in days
        for starts in [_offsets_of(day, zone)]
        for place, (second, offset) in enumerate(starts)
    ]
    columns: Sequence[Sequence[object]] = list(zip(*rows, strict=True)) or [()] * 4
    connection.execute(
        "CREATE OR REPLACE TABLE pipeline.utc_offsets AS SELECT DATE '1970-01-01' + unnest($1::INTEGER[]) AS utc_day,"
        " unnest($2::INTEGER[]) AS from_second, unnest($3::INTEGER[]) AS until_second,"
        " unnest($4::INTEGER[]) AS offset_seconds",
        [list(column) for column in columns],
    )
    text = "The zone's offset in the seconds of each UTC day with calls, until_second not included."
    ddl.comment(connection, "TABLE", "pipeline.utc_offsets", text)


def _write_meanings(connection: duckdb.DuckDBPyConnection, words: Sequence[Word]) -> None:
    # By the words as they stand in calls: to bring each call's words into their plain form would cost far more.
    columns = [[getattr(word, name) for word in words] for name in ("kind", "word", "meaning", "is_stop")]
    connection.execute(
        "CREATE OR REPLACE TABLE pipeline.words AS SELECT unnest($1::VARCHAR[]) AS kind,"
        " unnest($2::VARCHAR[]) AS word, unnest($3::VARCHAR[]) AS meaning, unnest($4::BOOLEAN[]) AS is_stop",
        columns,
    )
    text = "What words mean: the shipped mappings and the user's own, which go before; words in their plain form."
    ddl.comment(connection, "TABLE", "pipeline.words", text)
    values = " UNION ALL ".join(
        f"SELECT DISTINCT '{seed.kind}' AS kind, {seed.call_column} AS value FROM main.calls" for seed in SEEDS
    )
    connection.execute(
        "CREATE OR REPLACE TABLE pipeline.meanings AS SELECT found.kind, found.value, words.meaning, words.is_stop"
        f" FROM (SELECT kind, value, {_PLAIN} AS word FROM ({values})) AS found JOIN pipeline.words AS words"
        " ON words.kind = found.kind AND words.word = found.word ORDER BY 1, 2"
    )
    text = "What the words that stand in calls mean, as they were sent; none that no mapping knows."
    ddl.comment(connection, "TABLE", "pipeline.meanings", text)


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> list[date]:
    return [day for (day,) in connection.execute(query).fetchall()]
