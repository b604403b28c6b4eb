"""The SQL of the fast reader, made from the list of fields; it runs nothing.

Over temporary tables: `documents`; `elements`, one row per element of an answer; `parsed`, their shapes and the texts
at the known places; `shapes`, with what the module of that name reckons from them; from these the results.

The time goes to parsing a document once for each JSON function; one that is given a list of paths parses once. Casts to
DOUBLE and TIMESTAMPTZ take more than is a number or a time, so a regular expression stands before each.
"""

from collections.abc import Iterable
from typing import Final

from dialflo_pipeline.flatten.fields import FIELDS, KEY_VALUES, NEXT_ACTION, STATUS, STATUS_INSTEAD, Field, Kind, Path
from dialflo_pipeline.flatten.shapes import KEYED, KNOWN, LEVELS, TYPED, VALUES
from dialflo_pipeline.values import NUMBER_PATTERN

_BLANKS: Final = r"E' \t\n\r\x0b\x0c'"
_TIME_PATTERN: Final = (
    "[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
    "(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?"
)
_OFFSET_STARTS_AT: Final = len("YYYY-MM-DD HH:MM") + 1
_NUMBERS: Final = [field for field in FIELDS if field.kind in (Kind.NUMBER, Kind.DURATION, Kind.CONFIDENCE)]
_TIMES: Final = [field for field in FIELDS if field.kind is Kind.TIME]


def is_local(column: str) -> str:
    """Name of the result's flag that says that the time in `column` came without an offset and is still local."""
    return f"{column}_is_local"


def _name(path: Path) -> str:
    return "_".join(("v", *path))


def _json_path(path: Path) -> str:
    return ".".join(("$", *path))


def _json_paths(paths: Iterable[Path]) -> str:
    return "[" + ", ".join(f"'{_json_path(path)}'" for path in paths) + "]"


def _comma(columns: Iterable[str]) -> str:
    return ",\n        ".join(columns)


def _structure(level: Path) -> str:
    """The structure `json_transform` reads a level into: values as text, objects of keys and values as JSON."""
    members = {path[-1]: '"JSON"' if path in KEY_VALUES else '"VARCHAR"' for path in KNOWN[level]}
    members |= {path[-1]: _structure(path) for path in KNOWN[level] if path in LEVELS}
    return "{" + ",".join(f'"{key}":{member}' for key, member in members.items()) + "}"


DOCUMENTS: Final = "CREATE TEMP TABLE documents AS SELECT document, TRY(decode(body)) AS body FROM given"
"""Makes `documents` of what was given from outside, by a plain scan."""

ELEMENTS: Final = r"""
CREATE TEMP TABLE elements AS
    SELECT document, (generate_subscripts(found, 1) - 1)::INTEGER AS call_index, unnest(found) AS call
    FROM (
        SELECT document, CASE
            WHEN contains(body, '\u0000') THEN NULL
            WHEN starts_with(ltrim(body, E' \t\n\r'), '[') THEN TRY(json_extract(body, '$[*]'))
            WHEN starts_with(ltrim(body, E' \t\n\r'), '{') THEN TRY([json_extract(body, '$')])
        END::VARCHAR[] AS found
        FROM documents
    )
"""
"""Makes `elements`. An answer that gives no row there is odd."""

PARSED: Final = f"""
CREATE TEMP TABLE parsed AS
    SELECT document, call_index, call, types, keys,
        {_comma(f"v.{'.'.join(path)} AS {_name(path)}" for path in (*VALUES, *KEY_VALUES))}
    FROM (
        SELECT document, call_index, call,
            to_json(json_type(call, {_json_paths(TYPED)}))::VARCHAR AS types,
            to_json(json_keys(call, {_json_paths(KEYED)}))::VARCHAR AS keys,
            json_transform(call, '{_structure(())}') AS v
        FROM elements
    )
"""
"""Makes `parsed`."""

SHAPES: Final = "SELECT DISTINCT types, keys FROM parsed"
"""What to reckon the table `shapes` from: types, keys, is_odd, has_single_action, patch."""


def _text(field: Field) -> str:
    """SQL for the text of a field, outer blanks off where they do not count."""
    text = _name(field.path)
    if field.path == STATUS:
        return f"coalesce({text}, {_name(STATUS_INSTEAD)})"
    if field.path == (*NEXT_ACTION, "value"):
        single = f"json_extract_string(call, '{_json_path(NEXT_ACTION)}')"
        return f"CASE WHEN has_single_action THEN {single} ELSE {text} END"
    return text if field.kind is Kind.TEXT else f"trim({text}, {_BLANKS})"


def _value(field: Field) -> str:
    """SQL for the field as its column's type; NULL also where the text is not blank but cannot be read."""
    text = f"{field.column}_text"
    match field.kind:
        case Kind.TEXT:
            return text
        case Kind.TIME:
            return f"CASE WHEN regexp_full_match({text}, '{_TIME_PATTERN}') THEN try_cast({text} AS TIMESTAMPTZ) END"
    return f"CASE WHEN regexp_full_match({text}, '{NUMBER_PATTERN}') THEN try_cast({text} AS DOUBLE) END"


def _is_odd(field: Field) -> str:
    """SQL for whether the field has a text that gives a reject, or may give one."""
    unread = f"({field.column}_text <> '' AND {field.column} IS NULL)"
    match field.kind:
        case Kind.DURATION:
            return f"{unread} OR NOT ({field.column} >= 0 AND isfinite({field.column}))"
        case Kind.CONFIDENCE:
            return f"{unread} OR NOT {field.column} BETWEEN 0 AND 100"
        case Kind.NUMBER:
            return f"{unread} OR NOT isfinite({field.column})"
    return unread


def _result(field: Field) -> str:
    if field.kind is Kind.CONFIDENCE:
        return f"CASE WHEN {field.column} > 1 THEN {field.column} / 100 ELSE {field.column} END AS {field.column}"
    return field.column


def _local_flag(field: Field) -> str:
    offset = f"substr({field.column}_text, {_OFFSET_STARTS_AT})"
    return f"{field.column} IS NOT NULL AND NOT regexp_matches({offset}, '[Z+-]') AS {is_local(field.column)}"


CALLS: Final = f"""
    SELECT document, element, call_index,
        is_odd OR coalesce({" OR ".join(map(_is_odd, (*_TIMES, *_NUMBERS)))}, false) AS is_odd,
        {_comma([*map(_result, FIELDS), *map(_local_flag, _TIMES)])},
        CASE WHEN patch IS NOT NULL THEN json_merge_patch(call, patch) END::VARCHAR AS extra
    FROM (
        SELECT *, {_comma(f"{_value(field)} AS {field.column}" for field in FIELDS)}
        FROM (
            SELECT document, parsed.rowid AS element, call_index, is_odd, patch, call,
                {_comma(f"{_text(field)} AS {field.column}_text" for field in FIELDS)}
            FROM parsed JOIN shapes USING (types, keys)
        )
    )
"""
"""All elements, odd ones too: the columns of the fields, the flags of local times, `extra`, `is_odd`."""


def keys(path: Path) -> str:
    """One row per key of the object at `path`: element, key, value, type (as `json_type` names it)."""
    return f"""
    SELECT element, unnest(json_keys(object)) AS key,
        unnest(json_extract_string(object, '$.*')) AS value, unnest(json_type(object, '$.*')) AS type
    FROM (
        SELECT rowid AS element, {_name(path)}::VARCHAR AS object FROM parsed
        WHERE starts_with({_name(path)}, '{{')
    )
    """
