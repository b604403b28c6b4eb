"""The SQL of the fast reader, made from the list of fields; it runs nothing.

Each query reads `given`. A call is given as the first element of an array, so that most answers are given as they came.
The time goes to parsing a document once for each JSON function: so there are two for most documents, each with all its
paths at once. No query filters: in 2.0.0 DuckDB gives wrong results where it filters while it scans frames of this
process.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from dialflo_pipeline.flatten.fields import Path
from dialflo_pipeline.flatten.shapes import LEVELS


def _json_paths(paths: Iterable[Path]) -> list[str]:
    keys = (['"' + key.replace("'", "''") + '"' for key in path] for path in paths)
    return ["'" + ".".join(("$[0]", *path)) + "'" for path in keys]


def _list(paths: Iterable[str]) -> str:
    return "[" + ", ".join(paths) + "]"


_KEYS: Final = f"""json_keys(call, {_list([*_json_paths(LEVELS), "'$[1]'"])})"""

# An empty list and none at all have the same hash.
_SHAPE: Final = ", ".join(["keys", *(f"keys[{level}] IS NULL" for level in range(1, len(LEVELS) + 2))])

SHAPES: Final = f"SELECT hash({_SHAPE}) AS shape FROM (SELECT {_KEYS} AS keys FROM given)"
"""Of answers or elements (call): the number of its shape. Fails if there is one that DuckDB does not parse."""

SHAPES_TRIED: Final = f"SELECT hash({_SHAPE}) AS shape FROM (SELECT TRY({_KEYS}) AS keys FROM given)"
"""The same, a third slower, where such ones share a shape."""

SHAPE_TEXTS: Final = f"SELECT to_json(TRY({_KEYS}))::VARCHAR AS keys FROM given"
"""Of the same: what `read_shape` reads."""

ELEMENTS: Final = r"""
    SELECT document, (generate_subscripts(found, 1) - 1)::INTEGER AS call_index, '[' || unnest(found) || ']' AS call
    FROM (
        SELECT document, CASE
            WHEN starts_with(ltrim(call, E' \t\n\r'), '[') THEN TRY(json_extract(call, '$[*]'))
            WHEN starts_with(ltrim(call, E' \t\n\r'), '{') THEN TRY([json_extract(call, '$')])
        END::VARCHAR[] AS found
        FROM given
    )
"""
"""Of answers (document, call): each element in an array of its own."""


def values(places: Sequence[Path]) -> str:
    """Of calls (call): the JSON text at each place."""
    columns = (f"texts[{number}] AS text_{number}" for number in range(1, len(places) + 1))
    extracted = f"json_extract(call, {_list(_json_paths(places))})"
    return f"SELECT {', '.join(columns)} FROM (SELECT {extracted} AS texts FROM given)"


UNESCAPED: Final = "SELECT json_extract_string(text, '$') AS text FROM given"
"""Of JSON texts of strings (text): the strings."""


def cast_to_times(columns: Iterable[str]) -> str:
    """Of texts in these columns: the times they are, null for none."""
    return f"SELECT {', '.join(f'try_cast({column} AS TIMESTAMPTZ) AS {column}' for column in columns)} FROM given"


KEYS: Final = """
    SELECT element, unnest(json_keys(object)) AS key,
        unnest(json_extract_string(object, '$.*')) AS value, unnest(json_type(object, '$.*')) AS type
    FROM given
"""
"""Of objects (element, object): a row for each key, with its value's text and type (as `json_type` names it)."""
