"""Looks for every leaf of an answer among the rows that came of it; written from the promises alone.

It does not ask whether a value is in the right place, which the oracle knows, only whether it is anywhere it may be.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from tests.support.oracle.flatten import ACTION, PLACES, elements_of, is_call
from tests.support.oracle.strict_json import Number, frozen, parse, parse_stored
from tests.support.oracle.values import is_blank

Row = dict[str, Any]
Path = tuple[str, ...]
COLUMNS: Final[dict[Path, str]] = {
    **{path: column for column, path in PLACES.items()},
    ("call_status",): "call_status",
    ("call_outcome",): "call_status",
    ACTION: "next_action",
    (*ACTION, "value"): "next_action",
    (*ACTION, "reason"): "next_action_reason",
}
KEYED: Final[dict[str, Path]] = {"call_metadata": ("call_insights", "metadata"), "call_context": ("call_context",)}
HOLDERS: Final = {path[:length] for path in COLUMNS for length in range(1, len(path))} | {ACTION, *KEYED.values()}
"""Known objects: that one is null or empty needs no place of its own."""

NOTHING: Final = object()


def lost(body: bytes, rows: dict[str, list[Row]]) -> list[str]:
    """The leaves of a usable answer that are in none of its task's rows."""
    answer = parse(body)
    missing = []
    for index, element in enumerate(elements_of(answer)):
        mine = {name: [row for row in some if row.get("call_index") == index] for name, some in rows.items()}
        if not is_call(element):
            if not isinstance(answer, list) or any(_equal(row["value"], element) for row in mine["rejects"]):
                continue
            missing.append(f"element {index}")
            continue
        missing += [
            f"element {index}: {'.'.join(path)}" for path, leaf in _leaves(element) if not _in(mine, path, leaf)
        ]
    return missing


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value below which there is none; an array counts as one."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    else:
        yield path, value


def _in(rows: dict[str, list[Row]], path: Path, leaf: Any) -> bool:
    (call,) = rows["calls"]
    if path in HOLDERS and leaf in (None, {}):
        return True
    if _in_json(parse_stored(call["extra"]), path, leaf) or _in_column(call, path, leaf):
        return True
    for table, at in KEYED.items():
        if path[: len(at)] == at and len(path) > len(at):
            return any(_in_pair(row, path[len(at) :], leaf) for row in rows[table])
    return any(
        row["path"] == ".".join(path[:length]) and _in_json(parse_stored(row["value"]), path[length:], leaf)
        for row in rows["rejects"]
        for length in range(len(path) + 1)
    )


def _in_json(value: Any, path: Path, leaf: Any) -> bool:
    for key in path:
        value = value.get(key, NOTHING) if isinstance(value, dict) else NOTHING
    return value is not NOTHING and bool(frozen(value) == frozen(leaf))


def _in_pair(row: Row, path: Path, leaf: Any) -> bool:
    if row["key"] != path[0]:
        return False
    if row["value_type"] in ("string", "null"):
        return len(path) == 1 and row["value"] == leaf
    return _in_json(parse_stored(row["value"]), path[1:], leaf)


def _in_column(call: Row, path: Path, leaf: Any) -> bool:
    if path not in COLUMNS:
        return False
    held = call[COLUMNS[path]]
    if leaf is None or held is None:
        return leaf is None or (
            isinstance(leaf, str) and is_blank(leaf) and not COLUMNS[path].startswith("call_status")
        )
    if isinstance(held, datetime):
        return isinstance(leaf, str)
    if isinstance(held, float):
        number = float(leaf.text) if isinstance(leaf, Number) else float(leaf)
        return math.isclose(held, number, rel_tol=1e-12) or math.isclose(held * 100, number, rel_tol=1e-12)
    return held == leaf if isinstance(leaf, str) else _equal(held, leaf)


def _equal(text: str | None, value: Any) -> bool:
    return text is not None and bool(frozen(parse(text)) == frozen(value))
