"""The stamp: one row in the published file that says what it holds, how new that is and how complete.

It tells of the state of the data, not of the act of publishing: the same state has the same stamp, whenever and however
often it is published or rebuilt. What its columns mean stands in `tables.py`.
"""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dialflo_pipeline import __version__
from dialflo_pipeline.core.errors import DialfloError
from dialflo_pipeline.core.schema import PUBLICATION, State
from dialflo_pipeline.load import ddl
from dialflo_pipeline.marts.build import built_fingerprint
from dialflo_pipeline.storage import duckdb_file

_COUNTS = ", ".join(f"(count(*) FILTER (WHERE state = '{state}'))::INTEGER AS {state}" for state in State)
_OPEN = f"state IN ('{State.PENDING}', '{State.UNSETTLED}')"
PUBLICATION_QUERY = f"""
    WITH days AS (SELECT call_date, bool_or({_OPEN}) AS is_open FROM main.tasks GROUP BY call_date),
    span AS (
        SELECT
            min(call_date) AS first_day, max(call_date) AS last_day, count(*)::INTEGER AS days,
            max(call_date) FILTER (WHERE NOT is_open) AS latest_settled_day,
            min(call_date) FILTER (WHERE is_open) AS first_open_day,
        FROM days
    ),
    counted AS (SELECT count(*)::INTEGER AS tasks, {_COUNTS}, max(registered_at) AS newest_id FROM main.tasks),
    answered AS (SELECT count(*)::INTEGER AS calls, max(fetched_at) AS newest_answer FROM main.calls)
    SELECT
        greatest(newest_id, newest_answer) AS as_of,
        $published_at::TIMESTAMPTZ AS published_at,
        $pipeline_version AS pipeline_version,
        $data_version AS data_version,
        timezone, first_day, last_day, days, latest_settled_day,
        (SELECT max(call_date) FROM days WHERE first_open_day IS NULL OR call_date < first_open_day) AS settled_through,
        first_open_day IS NULL AS is_complete,
        tasks, {", ".join(State)}, calls
    FROM span, counted, answered, pipeline.settings
"""
"""The row, from what the private file holds."""


def stamp(connection: duckdb.DuckDBPyConnection, published: Path) -> None:
    """Stamp the private warehouse, unless it bears the stamp of its state already or has no marts yet.

    A state that is `published` already, from a file that has since been made anew, keeps its time of publication.
    """
    state = built_fingerprint(connection)
    if state is None or _first_published(connection, state):
        return
    values = {
        "published_at": _published_before(published, state) or datetime.now(UTC),
        "pipeline_version": __version__,
        "data_version": state,
    }
    columns = ", ".join(PUBLICATION.sql_types)
    connection.begin()
    connection.execute(ddl.table_script(PUBLICATION))
    connection.execute(f"INSERT INTO main.{PUBLICATION.name} SELECT {columns} FROM ({PUBLICATION_QUERY})", values)
    connection.commit()


def _published_before(published: Path, state: str) -> datetime | None:
    if not published.exists():
        return None
    try:
        with duckdb_file.connect_read_only(published) as connection:
            return _first_published(connection, state)
    except DialfloError:
        # Broken, or held by a program that writes into it: what it says of itself counts for nothing then.
        return None


def _first_published(connection: duckdb.DuckDBPyConnection, state: str) -> datetime | None:
    """When this state was published by this version, if the file in hand says so."""
    known = "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND table_name = ?"
    if connection.execute(known, [PUBLICATION.name]).fetchone() is None:
        return None
    row = connection.execute(
        f"SELECT published_at FROM main.{PUBLICATION.name} WHERE data_version = ? AND pipeline_version = ?",
        [state, __version__],
    ).fetchone()
    return row[0] if row else None
