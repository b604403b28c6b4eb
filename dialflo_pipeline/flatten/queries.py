"""The SQL of the fast reader, made from the list of fields; it runs nothing.

Each query reads `given`. A call is given as the first element of an array, so that most answers are given as they came.
The time goes to parsing a document once for each JSON function: so there are two for most documents, each with all its
paths at once. No query filters: in 2.0.0 DuckDB gives wrong results where it filters while it scans frames of this
process.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from dialflo_pipeline.flatten.fields import KEY_VALUES, Path
from dialflo_pipeline.flatten.shapes import LEVELS


def _json_paths(paths: Iterable[Path]) -> list[str]:
    keys = (['"' + key.replace("'", "''") + '"' for key in path] for path in paths)
    return ["'" + ".".join(("$[0]", *path)) + "'" for path in keys]


def _list(paths: Iterable[str]) -> str:
    return "[" + ", ".join(paths) + "]"


_PLACES: Final = [*_json_paths(LEVELS), "'$[1]'", *_json_paths(KEY_VALUES)]
_KEYS: Final = f"json_keys(call, {_list(_PLACES)})"
_AT_KEY_VALUES: Final = {
    table: f"keys[{number}]" for number, table in enumerate(KEY_VALUES.values(), len(_PLACES) - len(KEY_VALUES) + 1)
}

# An empty list and none at all have the same hash.
_SHAPE: Final = ", ".join(["keys", *(f"keys[{number}] IS NULL" for number in range(1, len(_PLACES) + 1))])
_COUNTS: Final = ", ".join(f"len({keys}) AS {table.name}" for table, keys in _AT_KEY_VALUES.items())

SHAPES: Final = f"SELECT hash({_SHAPE}) AS shape, {_COUNTS} FROM (SELECT {_KEYS} AS keys FROM given)"
"""Of answers or elements (call): the number of its shape, and for each table of keys and values how many there are.

Fails if there is one that DuckDB does not parse.
"""

SHAPES_TRIED: Final = SHAPES.replace(_KEYS, f"TRY({_KEYS})")
"""The same, a third slower, where such ones share a shape."""

# Of the keys that are rows, only whether there is any counts.
_FEWER_KEYS: Final = (
    f"keys[:-{len(KEY_VALUES) + 1}] || [{', '.join(f'{keys}[:1]' for keys in _AT_KEY_VALUES.values())}]"
)

SHAPE_TEXTS: Final = f"SELECT to_json({_FEWER_KEYS})::VARCHAR AS keys FROM (SELECT TRY({_KEYS}) AS keys FROM given)"
"""Of the same: what `read_shape` reads."""

KEY_NAMES: Final = f"SELECT {', '.join(_AT_KEY_VALUES.values())} FROM (SELECT TRY({_KEYS}) AS keys FROM given)"
"""Of the same: the lists of keys at the places of `KEY_VALUES`."""

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


def values(places: Sequence[Path], lists: Sequence[Sequence[Path]] = ()) -> str:
    """Of calls (call): the JSON text at each place, then for each list of places a list of these texts."""
    asked = [*places]
    columns = [f"texts[{number}] AS text_{number}" for number in range(1, len(places) + 1)]
    for number, listed in enumerate(lists, 1):
        columns.append(f"texts[{len(asked) + 1}:{len(asked) + len(listed)}] AS texts_{number}")
        asked += listed
    extracted = f"json_extract(call, {_list(_json_paths(asked))}::VARCHAR[])"
    return f"SELECT {', '.join(columns)} FROM (SELECT {extracted} AS texts FROM given)"


UNESCAPED: Final = "SELECT json_extract_string(text, '$') AS text FROM given"
"""Of JSON texts of strings (text): the strings."""


def cast_to_times(columns: Iterable[str]) -> str:
    """Of texts in these columns: the times they are, null for none."""
    return f"SELECT {', '.join(f'try_cast({column} AS TIMESTAMPTZ) AS {column}' for column in columns)} FROM given"


def keys(path: Path) -> str:
    """Of calls (element, call): a row for each key of the object at a place, with the JSON text of its value."""
    return f"""
        SELECT element, unnest(json_keys(object)) AS key, unnest(json_extract(object, '$.*'))::VARCHAR AS text
        FROM (SELECT element, json_extract(call, {_json_paths([path])[0]}) AS object FROM given)
    """
