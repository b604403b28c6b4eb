"""Strict JSON: what counts as JSON, with numbers kept as they were written. Standard library only."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_LEVELS = 512
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Number:
    """A JSON number as written."""

    text: str

    @property
    def is_integer(self) -> bool:
        return re.fullmatch(r"-?\d+", self.text) is not None

    def __eq__(self, other: object) -> bool:
        """Integers keep every digit, though 0 no sign; any other number is the DOUBLE that it reads as."""
        if not isinstance(other, Number):
            return False
        if self.is_integer and (other.is_integer or len(self.text) > 15):
            return self.text == other.text or {self.text, other.text} == {"0", "-0"}
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
            text.removeprefix("\ufeff"),
            parse_int=Number,
            parse_float=Number,
            parse_constant=_refuse_constant,
            # What stands under a key that comes again counts for nothing but this.
            object_pairs_hook=_checked if "\\u" in text else None,
        )
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None
    if _levels(text) > MAX_LEVELS or _has_surrogate(value):
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


def _checked(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if _has_surrogate([*dict(members), *(value for _, value in members)]):
        raise ValueError
    return dict(members)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _levels(text: str) -> int:
    """Of the text: what stands under a key that comes again has its levels too."""
    deepest = level = 0
    for bracket in re.findall(r"[\[{\]}]", STRING.sub("", text)):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
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
