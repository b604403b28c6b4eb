"""Random documents: known ones with changed structure, spelling or bytes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from tests.support.cases.bodies import BODIES
from tests.support.oracle.flatten import PLACES
from tests.support.varied_calls import Calls, answer

DAY: Final = datetime(2025, 10, 25, 12, tzinfo=UTC)
MOST_BYTES: Final = 20_000


class Raw(str):
    """A number as it is written."""

    __slots__ = ()


class Members(list[tuple[str, Any]]):
    """An object: its members in order, a key perhaps twice."""


KEYS: Final = (
    *sorted({key for path in PLACES.values() for key in path}),
    *("call_status", "call_outcome", "call_context", "metadata", "next_action", "value", "reason"),
    *("Call_Status", "call_status ", "", "$", "$.a", "*", "[0]", "a.b", '"', "\\"),
    *("\0", "\ud7ff", "ключ", "\u2028", "call_index", "task_id", "extra", "key", "null", "#", "/a", "0", "a\nb"),
)
TEXTS: Final = (
    *(
        "",
        " ",
        "\t\n",
        "\u00a0",
        "\x1c",
        "ANSWERED",
        "answered ",
        "No-Answer",
        "RINGING",
        "REDIAL",
        " redial",
        "inbound",
    ),
    *("23", "+5", ".5", "5.", "1e3", "1e400", "-0", "nan", "inf", "0x10", "1_000", "٣", "1" * 400, "95", "100.0000001"),
    *("917407656243", "+91 (740) 765-6243", "00917407656243", "0091", "[1]2345678", "+00917407656243"),
    *("7407656243", "07407656243", "\u202a+91 74076 56243\u202c", "+91\u00a074076\u201156243", "tel:+917407656243"),
    *("＋９１７４０７６５６２４３", "+44 (0)20 7946 0958", "917407656243.0", "+91 74076 56243 ext 5", "(212) 555-0123"),
    *("1989-12-31 23:59:59.999999Z", "1990-01-01 00:00", "2100-01-01 00:00:00Z", "2099-12-31 23:30", "voicemail"),
    *(
        "2025-10-26 02:30",
        "2025-03-30T02:30:00.9999999",
        "2025-06-25 10:57:05+05:30",
        "2025-06-25T10:57Z",
        "0001-01-01 00:00",
    ),
    *(
        "9999-12-31T23:59:59-05",
        "2025-02-29 00:00",
        "2025-06-25 24:00",
        "2025-06-25T10:57:60",
        "2025-06-25",
        "1969-12-31 23:59",
    ),
    *(
        "{}",
        "[1]",
        "null",
        '{"a":1}',
        "'; DROP TABLE calls; --",
        "\0",
        "a\0b",
        "😀",
        "\u202eabc",
        "x" * 3_000,
        "\\u0041",
    ),
)
NUMBERS: Final = (
    *("0", "-0.0", "1", "23", "23.0", "0.5", "1.0000000000000002", "95", "100", "100.5", "-1", "1e3", "1E+2", "1e-400"),
    *(
        "1e999",
        "-1e999",
        "9007199254740993",
        "18446744073709551616",
        "-9223372036854775809",
        "0." + "1" * 60,
        "7" * 400,
    ),
    *("1" + "0" * 309, "123456789012345678901234567890.5", "5e-324", "2.2250738585072011e-308"),
)
TOKENS: Final = (
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u0000", b"\\ud83d", b"\\ude00", b"null", b"true", b"NaN", b"Infinity"),
    *(b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"e", b"-", b".", b"0", b"//", b"/*", b"'"),
)  # fmt: skip


def document(dice: Random) -> bytes:
    """One document, perhaps none that is JSON."""
    body = _known(dice)
    if dice.random() < 0.75:
        try:
            tree = json.loads(body, object_pairs_hook=Members, parse_int=Raw, parse_float=Raw)
        except (ValueError, RecursionError):
            pass
        else:
            for _ in range(dice.choice((0, 1, 1, 2, 3, 6))):
                tree = _changed(dice, tree)
            body = _spelled(dice, tree, 0).encode("utf-8", "surrogatepass")
    for _ in range(dice.choice((0, 0, 0, 1, 1, 2, 5))):
        body = dice.choice(BYTE_CHANGES)(dice, body)
    return body[:MOST_BYTES]


def _known(dice: Random) -> bytes:
    if dice.random() < 0.25:
        body = dice.choice(BODIES).body
        return body if len(body) < MOST_BYTES else b"[]"
    reply = answer(Calls(dice, "UTC", DAY))
    return reply.exchange_parts[1]


def _changed(dice: Random, value: Any) -> Any:
    """The same tree with one place in it changed, more often far down than at its root."""
    if isinstance(value, list) and value and dice.random() < 0.8:
        place = dice.randrange(len(value))
        if not isinstance(value, Members):
            value[place] = _changed(dice, value[place])
        elif dice.random() < 0.6:
            value[place] = (value[place][0], _changed(dice, value[place][1]))
        else:
            dice.choice(MEMBER_CHANGES)(dice, value, place)
        return value
    return dice.choice(VALUE_CHANGES)(dice, value)


def _value(dice: Random) -> Any:
    kind = dice.randrange(8)
    if kind < 3:
        return dice.choice(TEXTS)
    if kind < 5:
        return Raw(dice.choice(NUMBERS))
    if kind == 5:
        return dice.choice((None, True, False, [], Members()))
    if kind == 6:
        return [_value(dice) for _ in range(dice.randrange(3))]
    return Members((dice.choice(KEYS), _value(dice)) for _ in range(dice.randrange(4)))


def _nested(dice: Random, value: Any) -> Any:
    for _ in range(dice.choice((1, 2, 5, 60, 300, 505, 509, 511, 520))):
        value = [value] if dice.random() < 0.5 else Members([(dice.choice(KEYS), value)])
    return value


VALUE_CHANGES: Final[tuple[Callable[[Random, Any], Any], ...]] = (
    lambda dice, _: _value(dice),
    lambda dice, _: _value(dice),
    lambda _, value: [value],
    lambda dice, value: Members([(dice.choice(KEYS), value)]),
    lambda dice, value: str(value) if isinstance(value, Raw) else _value(dice),
    lambda dice, value: _nested(dice, value) if dice.random() < 0.1 else None,
    lambda dice, value: [value] * dice.randrange(3),
)
MEMBER_CHANGES: Final[tuple[Callable[[Random, Members, int], object], ...]] = (
    lambda _, members, place: members.pop(place),
    lambda dice, members, _: members.insert(dice.randrange(len(members) + 1), (dice.choice(KEYS), _value(dice))),
    lambda dice, members, place: members.append((members[place][0], _value(dice))),
    lambda dice, members, place: members.__setitem__(place, (dice.choice(KEYS), members[place][1])),
    lambda dice, members, _: dice.shuffle(members),
)


def _spelled(dice: Random, value: Any, level: int) -> str:
    """The tree as JSON text, spelled in one of the ways there are."""
    gap = dice.choice(("", "", "", " ", "\n ")) if level < 40 else ""
    match value:
        case Members():
            members = (f"{_text(dice, key)}:{gap}{_spelled(dice, inner, level + 1)}" for key, inner in value)
            return "{" + f",{gap}".join(members) + gap + "}"
        case list():
            return f"[{gap}" + f"{gap},".join(_spelled(dice, inner, level + 1) for inner in value) + "]"
        case Raw():
            return value
        case str():
            return _text(dice, value)
    return json.dumps(value)


def _text(dice: Random, text: str) -> str:
    if dice.random() < 0.02:
        return '"' + "".join(f"\\u{ord(sign):04X}" for sign in text if ord(sign) < 0x10000) + '"'
    return json.dumps(text, ensure_ascii=dice.random() < 0.5)


def _cut_out(dice: Random, body: bytes) -> tuple[int, int]:
    start = dice.randrange(len(body) + 1)
    return start, min(len(body), start + dice.choice((1, 1, 1, 4, 30)))


def _without_some(dice: Random, body: bytes) -> bytes:
    start, end = _cut_out(dice, body)
    return body[:start] + body[end:]


def _twice_some(dice: Random, body: bytes) -> bytes:
    start, end = _cut_out(dice, body)
    return body[:end] + body[start:end] + body[end:]


def _with_token(dice: Random, body: bytes) -> bytes:
    start = dice.randrange(len(body) + 1)
    return body[:start] + dice.choice(TOKENS) + body[start + dice.randrange(2) :]


def _flipped(dice: Random, body: bytes) -> bytes:
    start = dice.randrange(len(body) or 1)
    return body[:start] + bytes([byte ^ 1 << dice.randrange(8) for byte in body[start : start + 1]]) + body[start + 1 :]


BYTE_CHANGES: Final[tuple[Callable[[Random, bytes], bytes], ...]] = (
    _flipped,
    _without_some,
    _twice_some,
    _with_token,
    _with_token,
    lambda dice, body: body[: dice.randrange(len(body) + 1)],
    lambda _, body: b"\xef\xbb\xbf" + body,
)
