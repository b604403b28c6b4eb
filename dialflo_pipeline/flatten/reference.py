"""The reference reader: one answer and one value at a time, every rule spelled out.

Tests compare the vectorised reader with it, and it reads the documents that the vectorised reader leaves out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import polars as pl

from dialflo_pipeline.core import strict_json
from dialflo_pipeline.core.phone_numbers import contact_number, e164
from dialflo_pipeline.core.schema import Outcome, Table, ValueKind
from dialflo_pipeline.core.strict_json import Json, Number
from dialflo_pipeline.core.values import (
    NO_NUMBER,
    NO_TIME,
    is_blank,
    is_call_object,
    outcome_of,
    parse_confidence,
    parse_duration,
    parse_number,
    parse_time,
    scalar_text,
)
from dialflo_pipeline.flatten.fields import (
    CALL,
    FIELDS,
    INSIGHTS,
    KEY_VALUES,
    NEXT_ACTION,
    PARENTS,
    STATUS,
    STATUS_INSTEAD,
    Path,
    ReadRules,
)
from dialflo_pipeline.flatten.frames import CALLS_FOUND, KEYS_FOUND, REJECTS_FOUND, ReaderResult

NO_JSON: Final = "not JSON"
NO_CALL: Final = "not a call object"
NO_CALL_IN_ANSWER: Final = "an answer without a call object"
NO_OBJECT: Final = "a single value or an array where an object is due"

_TYPE_NAMES: Final = {
    str: "string",
    Number: "number",
    bool: "boolean",
    type(None): "null",
    dict: "object",
    list: "array",
}
_NUMBER_READERS: Final[dict[ValueKind, Callable[[str], float | None]]] = {
    ValueKind.NUMBER: parse_number,
    ValueKind.DURATION: parse_duration,
    ValueKind.CONFIDENCE: parse_confidence,
}

_CALL_COLUMNS: Final = CALLS_FOUND.names()[3:]

_Row: TypeAlias = tuple[Any, ...]
_Remaining: TypeAlias = dict[Path, dict[str, Json]]


def read_documents(documents: Iterable[tuple[int, bytes]], rules: ReadRules) -> ReaderResult:
    """What the given documents, each with its number in the batch, hold."""
    reader = _Reader(rules)
    for document, body in documents:
        reader.read_answer(document, body)
    return ReaderResult(
        calls=pl.DataFrame(reader.calls, CALLS_FOUND, orient="row"),
        keys={name: pl.DataFrame(found, KEYS_FOUND, orient="row") for name, found in reader.keys.items()},
        rejects=pl.DataFrame(reader.rejects, REJECTS_FOUND, orient="row"),
    )


@dataclass
class _Reader:
    """Gathers the rows of the answers it is given."""

    rules: ReadRules
    calls: list[_Row] = field(default_factory=list)
    keys: dict[str, list[_Row]] = field(default_factory=lambda: {table.name: [] for table in KEY_VALUES.values()})
    rejects: list[_Row] = field(default_factory=list)
    document: int = 0
    call_index: int = 0

    def read_answer(self, document: int, body: bytes) -> None:
        self.document = document
        try:
            answer = strict_json.loads(body, _integer)
        except strict_json.NotJson:
            # Fetching lets no such body through; should one be stored all the same, it costs only itself.
            self.rejects.append((document, None, "", NO_JSON, None))
            return
        is_array = isinstance(answer, list)
        found = 0
        for self.call_index, element in enumerate(answer if isinstance(answer, list) else [answer]):
            if is_call_object(element):
                self.read_call(element)
                found += 1
            elif is_array:
                self.reject(CALL, NO_CALL, element)
        if not found:
            self.rejects.append((document, None, "", NO_CALL_IN_ANSWER, strict_json.dumps(answer)))

    def read_call(self, call: dict[str, Json]) -> None:
        """Each value is taken out of the call as it is read; what stays is its `extra`."""
        remaining = {CALL: call}
        single_action = self.pop_single_action(remaining)
        for path in PARENTS:
            remaining[path] = self.pop_object(remaining, path)
        for path, table in KEY_VALUES.items():
            self.read_keys(table, self.pop_object(remaining, path))
        if single_action is not None:
            remaining[NEXT_ACTION]["value"] = single_action
        instead = _status_place(call)
        row = {each.column: self.pop_value(remaining, instead.get(each.path, each.path), each.kind) for each in FIELDS}
        row |= _computed_columns(row, self.rules.region) | {"extra": _extra(remaining)}
        self.calls.append((self.document, len(self.calls), self.call_index, *(row[name] for name in _CALL_COLUMNS)))

    def pop_single_action(self, remaining: _Remaining) -> Json:
        """A next_action that is a single value; anything else stays for the reader of objects."""
        insights = remaining[CALL].get(INSIGHTS[-1])
        action = insights.get(NEXT_ACTION[-1]) if isinstance(insights, dict) else None
        if isinstance(action, dict | list) or not isinstance(insights, dict):
            return None
        return insights.pop(NEXT_ACTION[-1], None)

    def pop_object(self, remaining: _Remaining, path: Path) -> dict[str, Json]:
        value = remaining[path[:-1]].pop(path[-1], None)
        if isinstance(value, dict):
            return value
        if value is not None:
            self.reject(path, NO_OBJECT, value)
        return {}

    def pop_value(self, remaining: _Remaining, path: Path, kind: ValueKind) -> Any:
        value = remaining[path[:-1]].pop(path[-1], None)
        if value is None:
            return None
        try:
            return _read(value, kind, self.rules.zone)
        except ValueError as reason:
            self.reject(path, str(reason), value)
            return None

    def read_keys(self, table: Table, keys: dict[str, Json]) -> None:
        for key, value in sorted(keys.items()):
            text = strict_json.dumps(value) if isinstance(value, dict | list) else scalar_text(value)
            is_empty = is_blank(value) if isinstance(value, str) else value in (None, {}, [])
            row = (len(self.calls), key, text, _TYPE_NAMES[type(value)], not is_empty)
            self.keys[table.name].append(row)

    def reject(self, path: Path, reason: str, value: Json) -> None:
        self.rejects.append((self.document, self.call_index, ".".join(path), reason, strict_json.dumps(value)))


def _integer(text: str) -> Number:
    """As DuckDB writes it, with which most answers are read: every digit, but no sign before 0."""
    return Number("0" if text == "-0" else text)


def _read(value: Json, kind: ValueKind, zone: ZoneInfo) -> Any:
    """The value as its column's type. Raises `ValueError` with a reason if it does not fit."""
    text = scalar_text(value)
    if text is None or kind is ValueKind.TEXT:
        return text
    if kind is ValueKind.TIME:
        if not isinstance(value, str):
            raise ValueError(NO_TIME)
        return parse_time(text, zone)
    if isinstance(value, bool):
        raise ValueError(NO_NUMBER)
    return _NUMBER_READERS[kind](text)


def _status_place(call: dict[str, Json]) -> dict[Path, Path]:
    """Where to read the status instead, if its own place is null or absent."""
    if call.get(STATUS[-1]) is not None:
        return {}
    call.pop(STATUS[-1], None)
    return {STATUS: STATUS_INSTEAD}


def _computed_columns(row: dict[str, Any], region: str | None) -> dict[str, Any]:
    outcome = outcome_of(row["call_status"])
    return {
        "outcome": outcome.value,
        "is_answered": outcome is Outcome.ANSWERED,
        "from_number_e164": e164(row["from_number"], region),
        "to_number_e164": e164(row["to_number"], region),
        "contact_number": contact_number(row["call_direction"], row["from_number"], row["to_number"], region),
    }


def _extra(remaining: _Remaining) -> str | None:
    """JSON text of what no column holds, known parents put back where something stayed in them, keys in order."""
    for path in reversed(PARENTS):
        if remaining[path]:
            remaining[path[:-1]][path[-1]] = _sort_keys(remaining[path])
    return strict_json.dumps(_sort_keys(remaining[CALL])) if remaining[CALL] else None


def _sort_keys(members: dict[str, Json]) -> dict[str, Json]:
    return dict(sorted(members.items()))
