"""JSON read exactly: what is refused is refused by the standard's letter, and every number keeps its digits.

`loads` is slow and exact; `is_json` answers fast. Nothing here knows what the JSON is about.
"""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Final, NoReturn, TypeAlias

import orjson

MAX_LEVELS: Final = 512
"""Arrays and objects inside one another, the outermost counted; more is refused."""

UTF8_BOM: Final = b"\xef\xbb\xbf"


class NotJson(ValueError):
    """The bytes are not JSON. The message says why and holds nothing of them."""


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as it was written: no digit is lost and no size is too large."""

    text: str


Json: TypeAlias = "bool | str | Number | list[Json] | dict[str, Json] | None"

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_LEVEL_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def loads(body: bytes, of_integer: Callable[[str], Number] = Number) -> Json:
    """Read one JSON text; of a key given twice in an object the last counts. Raises `NotJson`.

    `of_integer` makes the number of an integer's text.
    """
    body = body.removeprefix(UTF8_BOM)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NotJson("not UTF-8") from None
    if _is_too_deep(body):
        raise NotJson(f"more than {MAX_LEVELS} levels")
    value = _decode(text, of_integer)
    if _SURROGATE.search(text) and any(escape["lone"] for escape in _ESCAPE.finditer(text)):
        raise NotJson("half of a surrogate pair")
    return value


def is_json(body: bytes) -> bool:
    """Whether `loads` would read this."""
    if _brackets(body) <= MAX_LEVELS:
        try:
            orjson.loads(body.removeprefix(UTF8_BOM))
            return True
        except orjson.JSONDecodeError:
            pass  # It refuses numbers beyond a DOUBLE, which are JSON: only the exact reader may say no.
    try:
        loads(body)
    except NotJson:
        return False
    return True


def dumps(value: Json) -> str:
    """Compact JSON text: non-ASCII as it is, numbers as they were written."""
    try:
        return orjson.dumps(value, default=_fragment, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()
    except orjson.JSONEncodeError:
        return "".join(_write(value))  # It gives up at half the levels that may come.


def _refuse_constant(_name: str) -> NoReturn:
    raise NotJson("NaN or Infinity")


@cache
def _decoder(of_integer: Callable[[str], Number]) -> json.JSONDecoder:
    return json.JSONDecoder(parse_int=of_integer, parse_float=Number, parse_constant=_refuse_constant)


def _decode(text: str, of_integer: Callable[[str], Number]) -> Json:
    try:
        return _decode_here(text, of_integer)
    except RecursionError:
        # The levels allowed fit a stack of their own, just not on top of a caller who is already deep down.
        with ThreadPoolExecutor(1) as own_stack:
            return own_stack.submit(_decode_here, text, of_integer).result()


def _decode_here(text: str, of_integer: Callable[[str], Number]) -> Json:
    try:
        value: Json = _decoder(of_integer).decode(text)
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg.removesuffix(' at')} at character {error.pos}") from None
    return value


def _brackets(body: bytes) -> int:
    return body.count(b"[") + body.count(b"{")


def _is_too_deep(body: bytes) -> bool:
    if _brackets(body) <= MAX_LEVELS:
        return False
    brackets = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_LEVEL_STEP.__getitem__, brackets)), default=0) > MAX_LEVELS


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(value.text)
    raise TypeError(type(value).__name__)


def _write(value: Json) -> list[str]:
    """The pieces of the JSON text, without recursion. What is still to be written waits on a stack, next piece last."""
    pieces: list[str] = []
    waiting: list[tuple[str, Json] | str] = [("", value)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        before, inner = item
        pieces.append(before)
        match inner:
            case dict():
                pieces.append("{")
                waiting.append("}")
                keys = [f"{',' if place else ''}{encode_basestring(key)}:" for place, key in enumerate(inner)]
                waiting.extend(reversed(list(zip(keys, inner.values(), strict=True))))
            case list():
                pieces.append("[")
                waiting.append("]")
                waiting.extend(reversed([("," if place else "", element) for place, element in enumerate(inner)]))
            case _:
                pieces.append(_write_scalar(inner))
    return pieces


def _write_scalar(value: Json) -> str:
    match value:
        case str():
            return encode_basestring(value)
        case Number():
            return value.text
    return {None: "null", True: "true", False: "false"}[value]  # type: ignore[index]  # containers never come here
