"""The SQL of the vectorised reader, made from the list of fields.

Each query reads `given`. A call is given as its whole answer (call) and its index there, so most answers are passed as
they came. DuckDB parses a document once for each JSON function, and that takes most of the time. So most documents see
two such functions, each with all its paths. No query filters: DuckDB 2.0.0 gives wrong results where it filters while
it scans frames of this process.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from dialflo_pipeline.flatten.fields import CALL, KEY_VALUES, Path
from dialflo_pipeline.flatten.vectorised.shapes import LEVELS, MOST_ELEMENTS


def _json_paths(paths: Iterable[Path], index: int | None) -> list[str]:
    """Paths in the call at an index of an answer, or in an answer that is a call itself."""
    keys = (['"' + key.replace("'", "''") + '"' for key in path] for path in paths)
    root = "$" if index is None else f"$[{index}]"
    return ["'" + ".".join((root, *path)) + "'" for path in keys]


def _list(paths: Iterable[str]) -> str:
    return "[" + ", ".join(paths) + "]"


def _keys(index: int) -> str:
    further = [f"'$[{other}]'" for other in (index + 1, MOST_ELEMENTS)]
    return f"json_keys(call, {_list([*_json_paths(LEVELS, index), *further, *_json_paths(KEY_VALUES, index)])})"


_LISTS: Final = len(LEVELS) + 2 + len(KEY_VALUES)
_AT_KEY_VALUES: Final = {
    table.name: f"keys[{number}]" for number, table in enumerate(KEY_VALUES.values(), _LISTS - len(KEY_VALUES) + 1)
}

# An empty list and none at all have the same hash. Of the keys that are rows, only whether there is any counts.
_SHAPE: Final = ", ".join(
    [f"list_resize(keys, {_LISTS - len(KEY_VALUES)})"]
    + [f"keys[{number}] IS NULL" for number in range(1, _LISTS + 1)]
    + [f"len({keys}) > 0" for keys in _AT_KEY_VALUES.values()]
)
_COUNTS: Final = ", ".join(f"len({keys}) AS {name}" for name, keys in _AT_KEY_VALUES.items())


def shapes(index: int) -> str:
    """Of calls: the number of the shape, and for each table of keys and values how many there are.

    Fails if there is one that DuckDB does not parse.
    """
    return f"SELECT hash({_SHAPE}) AS shape, {_COUNTS} FROM (SELECT {_keys(index)} AS keys FROM given)"


def shapes_or_null(index: int) -> str:
    """The same, a third slower, where such ones share a shape."""
    return f"SELECT hash({_SHAPE}) AS shape, {_COUNTS} FROM (SELECT TRY({_keys(index)}) AS keys FROM given)"


def shape_texts(index: int) -> str:
    """Of the same: what `read_shape` reads."""
    some = ", ".join(f"{keys}[:1]" for keys in _AT_KEY_VALUES.values())
    lists = f"keys[:{_LISTS - len(KEY_VALUES)}] || [{some}]"
    return f"SELECT to_json({lists})::VARCHAR AS keys FROM (SELECT TRY({_keys(index)}) AS keys FROM given)"


def key_names(index: int) -> str:
    """Of the same: the lists of keys at the places of `KEY_VALUES`."""
    return f"SELECT {', '.join(_AT_KEY_VALUES.values())} FROM (SELECT TRY({_keys(index)}) AS keys FROM given)"


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


def values(index: int | None, places: Sequence[Path], lists: Sequence[Sequence[Path]] = ()) -> str:
    """Of calls: the JSON text at each place, then for each list of places a list of these texts."""
    asked = [*places]
    columns = [f"texts[{number}] AS text_{number}" for number in range(1, len(places) + 1)]
    for number, listed in enumerate(lists, 1):
        columns.append(f"texts[{len(asked) + 1}:{len(asked) + len(listed)}] AS texts_{number}")
        asked += listed
    extracted = f"json_extract(call, {_list(_json_paths(asked, index))}::VARCHAR[])"
    return f"SELECT {', '.join(columns)} FROM (SELECT {extracted} AS texts FROM given)"


def common_shape(indexes: Sequence[int | None], places: Sequence[Path]) -> str:
    """Of answers: the sizes of the JSON texts of the calls at these indexes; whether there is none after them; the text
    at each place of each of these calls, one list for all.
    """
    calls = len(indexes)
    whole = [path for index in indexes for path in _json_paths([CALL], index)]
    asked = [path for index in indexes for path in _json_paths(places, index)]
    sizes = _list(f"strlen(texts[{number}])" for number in range(1, calls + 1))
    whole.append(f"'$[{calls}]'")
    return f"""
        SELECT {sizes} AS sizes, texts[{calls + 1}] IS NULL AS is_whole, texts[{calls + 2}:] AS texts
        FROM (SELECT json_extract(call, {_list([*whole, *asked])}::VARCHAR[]) AS texts FROM given)
    """


UNESCAPED: Final = "SELECT json_extract_string(text, '$') AS text FROM given"
"""Of JSON texts of strings (text): the strings."""


def cast_to_times(columns: Iterable[str]) -> str:
    """Of texts in these columns: the times they are, null for none."""
    return f"SELECT {', '.join(f'try_cast({column} AS TIMESTAMPTZ) AS {column}' for column in columns)} FROM given"


MEMBERS: Final = """
    SELECT element, unnest(json_keys(object)) AS key, unnest(json_extract(object, '$.*'))::VARCHAR AS text FROM given
"""
"""Of JSON texts of objects (element, object): a row for each key, with the JSON text of its value."""


def keys(index: int, path: Path) -> str:
    """Of calls (element, call): a row for each key of the object at a place, with the JSON text of its value."""
    (at,) = _json_paths([path], index)
    return f"""
        SELECT element, unnest(json_keys(object)) AS key, unnest(json_extract(object, '$.*'))::VARCHAR AS text
        FROM (SELECT element, json_extract(call, {at}) AS object FROM given)
    """
