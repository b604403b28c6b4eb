"""Task-id files with one JSON object a line."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from dialflo_pipeline.core import strict_json
from dialflo_pipeline.core.values import is_blank
from dialflo_pipeline.extract.task_ids.files.columns import KnownColumns
from dialflo_pipeline.extract.task_ids.files.lines import Line
from dialflo_pipeline.extract.task_ids.row_validation import Record, Refused

NOT_JSON = "the line is not JSON"
NO_OBJECT = "the line is not a JSON object"
NAMED_TWICE = "two names in the row mean the same column"

_LONG_NUMBER = re.compile(r"[0-9]{19}")
_MANY_BRACKETS = 100


def records(text_lines: Iterable[Line], columns: KnownColumns) -> Iterator[Record | Refused]:
    """One row a line; values keep their JSON types and whole numbers every digit. Blank lines are ignored."""
    for number, text, refusal in text_lines:
        if refusal:
            yield Refused(number, refusal)
        elif not is_blank(text):
            yield _record(number, text, columns)


def _record(number: int, text: str, columns: KnownColumns) -> Record | Refused:
    try:
        value = _loads(text)
    except strict_json.NotJson:
        return Refused(number, NOT_JSON)
    if not isinstance(value, dict):
        return Refused(number, NO_OBJECT)
    cells = columns.renamed(value)
    return Refused(number, NAMED_TWICE) if cells is None else Record(number, cells)


def _loads(text: str) -> Any:
    # orjson rounds long whole numbers, and writes fewer levels than it reads; the exact reader does neither.
    if not _LONG_NUMBER.search(text) and text.count("[") + text.count("{") <= _MANY_BRACKETS:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # It also refuses numbers beyond a DOUBLE, which are JSON.
    return strict_json.loads(text.encode())
