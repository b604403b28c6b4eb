"""The SQL of the fast reader, made from the list of fields; it runs nothing.

Over temporary tables: `documents` (given) to `elements`, one row per element of an answer; to `calls`, one row per
element with every column read, and `is_odd` where SQL does not surely read as the plain reader would; to the results.

What the time goes to is parsing a document once for each JSON function. Known of these functions: one given a list of
paths parses once; of a key given twice they take the first, so such documents are odd; `json_type` says DOUBLE of any
number that is no 64-bit integer. Casts take more than is a number or a time, so a regular expression stands before.
"""

from collections.abc import Iterable
from typing import Final

from dialflo_pipeline.flatten.fields import (
    CALL,
    FIELDS,
    KEY_VALUES,
    NEXT_ACTION,
    PARENTS,
    STATUS,
    STATUS_INSTEAD,
    Field,
    Kind,
    Path,
)
from dialflo_pipeline.values import CALL_MARKS, NUMBER_PATTERN

_BLANKS: Final = r"E' \t\n\r\x0b\x0c'"
_TIME_PATTERN: Final = (
    "[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
    "(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?"
)
_OFFSET_STARTS_AT: Final = len("YYYY-MM-DD HH:MM") + 1

_LEVELS: Final = (CALL, *PARENTS)
_VALUES: Final = (*(field.path for field in FIELDS), STATUS_INSTEAD)
_TYPED: Final = (CALL, *_VALUES, *PARENTS, *KEY_VALUES)
_KNOWN: Final = {level: [path for path in _TYPED if path and path[:-1] == level] for level in _LEVELS}
_TIMES: Final = [field for field in FIELDS if field.kind is Kind.TIME]
_NUMBERS: Final = [field for field in FIELDS if field.kind not in (Kind.TEXT, Kind.TIME)]


def is_local(column: str) -> str:
    """Name of the result's flag that says that the time in `column` came without an offset and is still local."""
    return f"{column}_is_local"


def _value(path: Path) -> str:
    return "_".join(("v", *path))


def _type(path: Path) -> str:
    return "_".join(("t", *path))


def _keys(level: Path) -> str:
    return "_".join(("k", *level))


def _left(level: Path) -> str:
    return "_".join(("left", *level))


def _unknown(level: Path) -> str:
    return "_".join(("unknown", *level))


def _paths(paths: Iterable[Path]) -> str:
    return "[" + ", ".join(f"'{'.'.join(('$', *path))}'" for path in paths) + "]"


def _comma(columns: Iterable[str]) -> str:
    return ",\n        ".join(columns)


def _shape(level: Path) -> str:
    """The structure `json_transform` reads a level into: single values as text, objects of keys and values as JSON."""
    types = {path: '"JSON"' if path in KEY_VALUES else '"VARCHAR"' for path in _KNOWN[level]}
    types |= {path: _shape(path) for path in PARENTS if path in types}
    return "{" + ",".join(f'"{path[-1]}":{inner}' for path, inner in types.items()) + "}"


_PARSED: Final = f"""
    SELECT document, call_index, call,
        json_transform(call, '{_shape(CALL)}') AS v,
        json_type(call, {_paths(_TYPED)}) AS t,
        json_keys(call, {_paths(_LEVELS)}) AS k
    FROM elements
"""


def _named_value(path: Path, kind: Kind) -> str:
    """The text of a value; outer blanks off where they do not count."""
    value = "v." + ".".join(path)
    return f"{value if kind is Kind.TEXT else f'trim({value}, {_BLANKS})'} AS {_value(path)}"


_NAMED: Final = f"""
    SELECT document, call_index, call,
        {
    _comma(
        [
            *(_named_value(field.path, field.kind) for field in FIELDS),
            *(_named_value(path, Kind.TEXT) for path in (STATUS_INSTEAD, *KEY_VALUES)),
            *(f"t[{place}] AS {_type(path)}" for place, path in enumerate(_TYPED, 1)),
            *(f"k[{place}] AS {_keys(level)}" for place, level in enumerate(_LEVELS, 1)),
        ]
    )
}
    FROM ({_PARSED})
"""


def _read(field: Field) -> str:
    """The field as its column's type; NULL also where it cannot be read, which `_is_unread` tells."""
    value = _value(field.path)
    if field.kind is Kind.TIME:
        return f"CASE WHEN regexp_full_match({value}, '{_TIME_PATTERN}') THEN try_cast({value} AS TIMESTAMPTZ) END"
    if field.kind is not Kind.TEXT:
        is_number = f"{_type(field.path)} <> 'VARCHAR' OR regexp_full_match({value}, '{NUMBER_PATTERN}')"
        return f"CASE WHEN {is_number} THEN try_cast({value} AS DOUBLE) END"
    if field.path == STATUS:
        return f"coalesce({value}, {_value(STATUS_INSTEAD)})"
    if field.path[:-1] == NEXT_ACTION and field.path[-1] == "value":
        single = f"json_extract_string(call, '$.{'.'.join(NEXT_ACTION)}')"
        return f"CASE WHEN {_type(NEXT_ACTION)} = 'OBJECT' THEN {value} ELSE {single} END"
    return value


def _unknown_keys(level: Path) -> str:
    """How many keys of a level are not known, one given twice counted as often."""
    known = " + ".join(f"({_type(path)} IS NOT NULL)::INTEGER" for path in _KNOWN[level])
    return f"coalesce(len({_keys(level)}), 0) - ({known}) AS {_unknown(level)}"


_READ: Final = f"""
    SELECT *,
        {
    _comma(
        [
            *(f"{_read(field)} AS {field.column}" for field in FIELDS),
            *(_unknown_keys(level) for level in _LEVELS),
        ]
    )
}
    FROM ({_NAMED})
"""


def _is_left(level: Path) -> str:
    """Whether something of a level belongs to `extra`."""
    inner = [f"({_is_left(path)})" for path in PARENTS if path[:-1] == level]
    status_used = [f"({_value(STATUS)} IS NOT NULL AND {_type(STATUS_INSTEAD)} IS NOT NULL)"] if level == CALL else []
    return " OR ".join([f"{_unknown(level)} > 0", *inner, *status_used])


def _without_known(level: Path) -> str:
    """SQL for the merge patch that takes off a level what is known; parents with nothing left in them go whole."""
    members = [f"'\"{path[-1]}\":null'" for path in _KNOWN[level] if path != STATUS_INSTEAD and path not in PARENTS]
    for path in PARENTS:
        if path[:-1] == level:
            inner = f"CASE WHEN {_is_left(path)} THEN {_without_known(path)} ELSE 'null' END"
            members.append(f"'\"{path[-1]}\":' || {inner}")
    text = " || ',' || ".join(members)
    if level == CALL:
        text += f" || CASE WHEN {_value(STATUS)} IS NULL THEN ',\"{STATUS_INSTEAD[-1]}\":null' ELSE '' END"
    return f"'{{' || {text} || '}}'"


def _is_misfit(path: Path, *types: str) -> str:
    return f"{_type(path)} IN ({', '.join(repr(each) for each in types)})"


def _not_an_object(path: Path) -> str:
    return f"{_type(path)} NOT IN ('OBJECT', 'NULL')"


def _odd() -> list[str]:
    is_call = " OR ".join(f"{_type((mark,))} <> 'NULL'" for mark in CALL_MARKS)
    texts = [field.path for field in FIELDS if field.kind is Kind.TEXT]
    objects = [path for path in (*PARENTS, *KEY_VALUES) if path != NEXT_ACTION]
    return [
        f"{_type(CALL)} <> 'OBJECT'",
        f"NOT coalesce({is_call}, false)",
        *(_is_misfit(path, "OBJECT", "ARRAY", "DOUBLE") for path in texts),
        f"{_value(STATUS)} IS NULL AND {_is_misfit(STATUS_INSTEAD, 'OBJECT', 'ARRAY', 'DOUBLE')}",
        *(_not_an_object(path) for path in objects),
        _is_misfit(NEXT_ACTION, "ARRAY", "DOUBLE"),
        *(f"{_type(field.path)} NOT IN ('VARCHAR', 'NULL')" for field in _TIMES),
        *(_is_misfit(field.path, "OBJECT", "ARRAY", "BOOLEAN") for field in _NUMBERS),
        *(f"{_value(field.path)} <> '' AND {field.column} IS NULL" for field in (*_TIMES, *_NUMBERS)),
        *(f"isinf({field.column})" for field in _NUMBERS),
        *(f"{field.column} < 0" for field in _NUMBERS if field.kind is Kind.DURATION),
        *(f"NOT {field.column} BETWEEN 0 AND 100" for field in _NUMBERS if field.kind is Kind.CONFIDENCE),
        *(
            f"CASE WHEN {_unknown(level)} > 0 THEN list_unique({_keys(level)}) <> len({_keys(level)}) END"
            for level in _LEVELS
        ),
    ]


def _result(field: Field) -> str:
    if field.kind is Kind.CONFIDENCE:
        return f"CASE WHEN {field.column} > 1 THEN {field.column} / 100 ELSE {field.column} END AS {field.column}"
    return field.column


def _local_flag(field: Field) -> str:
    offset = f"substr({_value(field.path)}, {_OFFSET_STARTS_AT})"
    return f"{field.column} IS NOT NULL AND NOT regexp_matches({offset}, '[Z+-]') AS {is_local(field.column)}"


ELEMENTS: Final = r"""
CREATE OR REPLACE TEMP TABLE elements AS
SELECT document, (generate_subscripts(found, 1) - 1)::INTEGER AS call_index, unnest(found) AS call
FROM (
    SELECT document, CASE
        WHEN contains(body, '\u0000') THEN NULL
        WHEN starts_with(ltrim(body, E' \t\n\r'), '[') THEN TRY(json_extract(body, '$[*]'))
        WHEN starts_with(ltrim(body, E' \t\n\r'), '{') THEN [TRY(json_extract(body, '$'))]
    END::VARCHAR[] AS found
    FROM documents
)
"""
"""Makes `elements`. An answer that gives no row there is odd."""

CALLS: Final = f"""
CREATE OR REPLACE TEMP TABLE calls AS
    SELECT document, call_index,
        {_comma([*map(_result, FIELDS), *map(_local_flag, _TIMES), *map(_value, KEY_VALUES)])},
        CASE WHEN {_is_left(CALL)} THEN json_merge_patch(call, {_without_known(CALL)})::VARCHAR END AS extra,
        coalesce({" OR ".join(f"({condition})" for condition in _odd())}, false) AS is_odd
    FROM ({_READ})
"""
"""Makes `calls`."""

FOUND_CALLS: Final = f"""
    SELECT document, call_index, is_odd,
        {_comma([*(field.column for field in FIELDS), *(is_local(field.column) for field in _TIMES), "extra"])}
    FROM calls
"""
"""All rows of `calls`, odd ones too: columns of fields, flags of local times, `extra`, `is_odd`."""


def found_keys(path: Path) -> str:
    """One row per key of the object at `path`: document, call_index, key, value, value_type, is_filled."""
    return f"""
    SELECT document, call_index, key, value,
        CASE type WHEN 'VARCHAR' THEN 'string' WHEN 'NULL' THEN 'null' WHEN 'BOOLEAN' THEN 'boolean'
            WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' ELSE 'number' END AS value_type,
        CASE type WHEN 'VARCHAR' THEN trim(value, {_BLANKS}) <> '' WHEN 'NULL' THEN false
            WHEN 'OBJECT' THEN value <> '{{}}' WHEN 'ARRAY' THEN value <> '[]' ELSE true END AS is_filled
    FROM (
        SELECT document, call_index, unnest(json_keys(keys)) AS key,
            unnest(json_extract_string(keys, '$.*')) AS value, unnest(json_type(keys, '$.*')) AS type
        FROM (SELECT document, call_index, {_value(path)}::VARCHAR AS keys FROM calls WHERE NOT is_odd)
        WHERE keys <> '{{}}'
    )
    """
