"""Strict JSON for the judge: what counts as JSON, with numbers kept as they were written.

Standard library only, and nothing of the package: what is judged must not judge itself.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_LEVELS = 512
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Number:
    """A JSON number as written."""

    text: str

    @property
    def is_integer(self) -> bool:
        return re.fullmatch(r"-?\d+", self.text) is not None

    def __eq__(self, other: object) -> bool:
        """Integers keep every digit; any other number is the DOUBLE that it reads as."""
        if not isinstance(other, Number):
            return False
        if self.is_integer and (other.is_integer or len(self.text) > 15):
            return self.text == other.text
        return float(self.text) == float(other.text)

    def __hash__(self) -> int:
        return hash(float(self.text))


class NotJson(Exception):
    """The bytes are no JSON text."""


def parse(body: bytes | str) -> Any:
    """The value, with `Number` for numbers; of a key given twice the last counts."""
    try:
        text = body if isinstance(body, str) else body.decode("utf-8")
        value = json.loads(
            text.removeprefix("\ufeff"), parse_int=Number, parse_float=Number, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None
    if _levels(value) > MAX_LEVELS or _has_surrogate(value):
        raise NotJson
    return value


def parse_stored(text: str | None) -> Any:
    """A JSON column's value; None for NULL."""
    return None if text is None else parse(text)


def frozen(value: Any) -> Any:
    """The same as something hashable, in which true and 1 differ and the order of keys does not count."""
    if isinstance(value, dict):
        return ("object", frozenset((key, frozen(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("array", tuple(frozen(item) for item in value))
    return (type(value).__name__, value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _levels(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, level = waiting.pop()
        if isinstance(item, dict | list):
            deepest = max(deepest, level)
            waiting += [(child, level + 1) for child in (item.values() if isinstance(item, dict) else item)]
    return deepest


def _has_surrogate(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and SURROGATE.search(item):
            return True
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
    return False
