"""One view per agent, with one typed column per metadata key: `marts.agent_metadata_<agent>`.

They are no models: which there are, and their columns, depends on the data. No name of an agent or key gets into SQL,
only names made of them (`safe_names`); what stands for what is in `pipeline.metadata_columns`, which the views join.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import duckdb

from dialflo_pipeline import warehouse
from dialflo_pipeline.reserved_words import RESERVED_WORDS
from dialflo_pipeline.tables import CALL_METADATA, Privacy

VIEW_PREFIX = "agent_metadata_"
MOST_AGENTS = 100
MOST_KEYS = 100
"""Of each agent. What goes beyond has no view or column; `pipeline.metadata_columns` still lists it."""

LONGEST_NAME = 40
FIXED = ("task_id", "call_index", "call_date")
_TABLE = "pipeline.metadata_columns"
_COLUMNS = "view_name VARCHAR, column_name VARCHAR, agent_name VARCHAR, key VARCHAR, sql_type VARCHAR"

# Agents and keys with the most calls first; of a type only where all filled values, of which there are some, agree.
_KEYS = """
    SELECT
        agent_name,
        key,
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
        max(sum(asked_calls)) OVER (PARTITION BY agent_name) DESC, agent_name NULLS LAST, sum(asked_calls) DESC, key
"""


class Column(NamedTuple):
    """A key of an agent, and where it is to be found; no view or column where there were too many."""

    view_name: str | None
    column_name: str | None
    agent_name: str | None
    key: str
    sql_type: str


def make_metadata_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views of agents whose keys or types changed, and drop those of agents that are gone."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} ({_COLUMNS})")
    warehouse.comment(connection, "TABLE", _TABLE, "Which view and column holds which metadata key of which agent.")
    before = _by_view(map(Column._make, connection.execute(f"FROM {_TABLE}").fetchall()))
    wanted = plan_columns(connection.execute(_KEYS).fetchall())
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


def plan_columns(keys: Sequence[tuple[str | None, str, str]]) -> list[Column]:
    """Names for agents, keys and types that come in the order of their worth."""
    agents: dict[str | None, list[tuple[str, str]]] = defaultdict(list)
    for agent, key, sql_type in keys:
        agents[agent].append((key, sql_type))
    shown = list(agents)[:MOST_AGENTS]
    views = dict(
        zip(shown, safe_names([agent or "" for agent in shown], [agent is None for agent in shown]), strict=True)
    )
    columns = []
    for agent, pairs in agents.items():
        view = f"{VIEW_PREFIX}{views[agent]}" if agent in views else None
        keys_shown = [key for key, _ in pairs[:MOST_KEYS]]
        names = safe_names(keys_shown, taken=FIXED, make=_column_name) if view else []
        padded = [*names, *[None] * (len(pairs) - len(names))]
        columns += [Column(view, name, agent, *pair) for name, pair in zip(padded, pairs, strict=True)]
    return columns


def safe_names(
    texts: Sequence[str],
    is_null: Sequence[bool] = (),
    taken: Iterable[str] = (),
    make: Callable[[str], str] | None = None,
) -> list[str]:
    """A name of a-z, 0-9 and _ for each text, each once and none of `taken`.

    Texts that would get the same name have a few letters more, which follow from the text alone; but one that is the
    name already keeps it.
    """
    null = is_null or [False] * len(texts)
    plain = ["none" if no else (make or _plain)(text) for text, no in zip(texts, null, strict=True)]
    counts = Counter([*plain, *taken])
    marks = [
        hashlib.sha256(b"\0" if no else text.encode(errors="replace")).hexdigest()
        for text, no in zip(texts, null, strict=True)
    ]
    keep = [counts[name] == 1 or (text == name and name not in taken) for text, name in zip(texts, plain, strict=True)]
    used = {name for name, kept in zip(plain, keep, strict=True) if kept} | set(taken)
    names = []
    for name, kept, mark in zip(plain, keep, marks, strict=True):
        length = 6
        while not kept and f"{name}_{mark[:length]}" in used:
            length += 1
        names.append(name if kept else f"{name}_{mark[:length]}")
        used.add(names[-1])
    return names


def _column_name(text: str) -> str:
    """A name that needs no quotes: SQL reads 1st as the number 1, called st, and knows words of its own."""
    name = _plain(text)
    return f"_{name}" if name[0].isdigit() or name in RESERVED_WORDS else name


def _plain(text: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", text[:1000].lower() if text.isascii() else _lower(text[:1000])).strip("_")
    return name[:LONGEST_NAME].strip("_") or "unnamed"


def _lower(text: str) -> str:
    """Only ASCII letters made small: others, like the Kelvin sign, would turn into them."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


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
    about = {each: text for each, text in warehouse.about_columns(CALL_METADATA).items() if each in FIXED}
    about |= {column.column_name: _about(column) for column in shown if column.column_name}
    warehouse.describe(connection, "VIEW", f'marts."{name}"', text, about)


def _about(column: Column) -> str:
    return warehouse.about(f"The key {_shown(column.key)}; NULL where not filled.", None, Privacy.PERSONAL)


def _shown(text: str) -> str:
    """The text as a comment may hold it: short, and without what could end or hide it."""
    short = text if len(text) <= 100 else f"{text[:100]}…"
    return f'"{"".join(letter if letter.isprintable() else "�" for letter in short)}"'
