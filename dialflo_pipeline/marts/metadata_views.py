"""One view per agent, with one typed column per metadata key: `marts.agent_metadata_<agent>`.

They are no models: which there are, and their columns, depends on the data. No name of an agent or key gets into SQL,
only names made of them (`safe_names`); what stands for what is in `pipeline.metadata_columns`, which the views join.

A saved query must not come to read another agent's data. So of names that would be the same, the one seen first keeps
the plain one, whoever comes later; and a name that is not shown, being beyond the limits, keeps what is its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import duckdb

from dialflo_pipeline.core.schema import CALL_METADATA, Privacy
from dialflo_pipeline.load import ddl
from dialflo_pipeline.marts.sql_names import column_name, names_by_age

VIEW_PREFIX = "agent_metadata_"
MOST_AGENTS = 100
MOST_KEYS = 100
"""Of each agent. What goes beyond has no view or column; `pipeline.metadata_columns` still lists it."""

FIXED = ("task_id", "call_index", "call_date")
_TABLE = "pipeline.metadata_columns"
_COLUMNS = "view_name VARCHAR, column_name VARCHAR, agent_name VARCHAR, key VARCHAR, sql_type VARCHAR"

# Agents and keys with the most calls first, an agent's being those of its busiest key; of a type only where all filled
# values, of which there are some, agree.
_KEYS = """
    SELECT
        agent_name,
        min(min(call_date)) OVER (PARTITION BY agent_name) AS agent_seen_on,
        key,
        min(call_date) AS key_seen_on,
        CASE
            WHEN bool_and(are_booleans) THEN 'BOOLEAN'
            WHEN bool_and(are_integers) THEN 'BIGINT'
            WHEN bool_and(are_numbers) THEN 'DOUBLE'
            WHEN bool_and(are_dates) THEN 'DATE'
            ELSE 'VARCHAR'
        END AS sql_type
    FROM staging.metadata_days
    GROUP BY agent_name, key
    ORDER BY
        max(sum(asked_calls)) OVER (PARTITION BY agent_name) DESC, agent_name NULLS FIRST, sum(asked_calls) DESC, key
"""


class Key(NamedTuple):
    """A key of an agent, and the first call_date with metadata of the agent, and with the key."""

    agent_name: str | None
    agent_seen_on: date
    key: str
    key_seen_on: date
    sql_type: str


class Column(NamedTuple):
    """A key of an agent, and where it is to be found; no view or column where there were too many."""

    view_name: str | None
    column_name: str | None
    agent_name: str | None
    key: str
    sql_type: str


def build_metadata_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views of agents whose keys or types changed, and drop those of agents that are gone."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} ({_COLUMNS})")
    ddl.comment(connection, "TABLE", _TABLE, "Which view and column holds which metadata key of which agent.")
    before = _by_view(map(Column._make, connection.execute(f"FROM {_TABLE}").fetchall()))
    wanted = plan_columns([Key(*row) for row in connection.execute(_KEYS).fetchall()])
    now = _by_view(wanted)
    there = _views_there(connection)
    for name in (before.keys() | now.keys()) & there:
        if before.get(name) != now.get(name):
            connection.execute(f'DROP VIEW marts."{name}"')
            there.remove(name)
    if before != now:
        _store(connection, wanted)
    for name in sorted(now.keys() - there):
        _make_view(connection, name, now[name])


def plan_columns(keys: Sequence[Key]) -> list[Column]:
    """Names for agents and keys that come in the order of their worth."""
    agents: dict[str | None, list[Key]] = defaultdict(list)
    for key in keys:
        agents[key.agent_name].append(key)
    views = names_by_age({agent: of_agent[0].agent_seen_on for agent, of_agent in agents.items()})
    shown = set(list(agents)[:MOST_AGENTS])
    columns = []
    for agent, of_agent in agents.items():
        view = f"{VIEW_PREFIX}{views[agent]}" if agent in shown else None
        seen_on: dict[str | None, date] = {key.key: key.key_seen_on for key in of_agent} if view else {}
        names = names_by_age(seen_on, FIXED, column_name)
        columns += [
            Column(view, names.get(key.key) if place < MOST_KEYS else None, agent, key.key, key.sql_type)
            for place, key in enumerate(of_agent)
        ]
    return columns


def _by_view(columns: Iterable[Column]) -> Mapping[str, list[Column]]:
    views: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        if column.view_name is not None:
            views[column.view_name].append(column)
    return dict(views)


def _views_there(connection: duckdb.DuckDBPyConnection) -> set[str]:
    query = (
        "SELECT view_name FROM duckdb_views() WHERE database_name = current_database() AND schema_name = 'marts'"
        " AND starts_with(view_name, ?)"
    )
    return {name for (name,) in connection.execute(query, [VIEW_PREFIX]).fetchall()}


def _store(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> None:
    connection.execute(f"DELETE FROM {_TABLE}")
    if columns:
        values = ", ".join("unnest(?::VARCHAR[])" for _ in Column._fields)
        connection.execute(
            f"INSERT INTO {_TABLE} SELECT {values}", [list(cells) for cells in zip(*columns, strict=True)]
        )


def _make_view(connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[Column]) -> None:
    shown = [column for column in columns if column.column_name is not None]
    fixed = ", ".join(f"values.{each}" for each in FIXED)
    typed = ", ".join(
        f"max(CASE WHEN columns.column_name = '{column.column_name}' AND values.is_filled THEN values.value END)"
        f'::{column.sql_type} AS "{column.column_name}"'
        for column in shown
    )
    connection.execute(
        f'CREATE VIEW marts."{name}" AS SELECT {fixed}, {typed} FROM main.call_metadata AS values'
        f" JOIN {_TABLE} AS columns ON columns.view_name = '{name}' AND columns.key = values.key"
        " AND columns.agent_name IS NOT DISTINCT FROM values.agent_name"
        f" GROUP BY {fixed}"
    )
    agent = "no name" if shown[0].agent_name is None else f"the name {_shown(shown[0].agent_name)}"
    rest = f" {len(columns) - len(shown)} more keys have no column." if len(shown) < len(columns) else ""
    text = f"One row per call with metadata of the agent with {agent}, one column per metadata key.{rest}"
    about = {each: text for each, text in ddl.column_comments(CALL_METADATA).items() if each in FIXED}
    about |= {column.column_name: _about(column) for column in shown if column.column_name}
    ddl.describe(connection, "VIEW", f'marts."{name}"', text, about)


def _about(column: Column) -> str:
    return ddl.column_comment(f"The key {_shown(column.key)}; NULL where not filled.", None, Privacy.PERSONAL)


def _shown(text: str) -> str:
    """The text as a comment may hold it: short, and without what could end or hide it."""
    short = text if len(text) <= 100 else f"{text[:100]}…"
    return f'"{"".join(letter if letter.isprintable() else "�" for letter in short)}"'
