"""The table of bodies: what the API may send with status 200, a line each, with where its values must be found."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

ZONE: Final = "Europe/Berlin"
"""Its clocks went forward on 2024-03-31 and back on 2024-10-27, both at 01:00 UTC."""

Found = tuple[str | None, str]
"""A value and its type, as the tables of keys have them."""


@dataclass(frozen=True)
class Body:
    """A body, how its asking ends, and where its values are: columns of its first call, keys, paths of rejects."""

    name: str
    body: bytes
    result: str = "usable"
    columns: dict[str, Any] = field(default_factory=dict)
    extra: str | None = None
    metadata: dict[str, Found] = field(default_factory=dict)
    context: dict[str, Found] = field(default_factory=dict)
    rejects: Sequence[str] = ()
    calls: int = 1
    state: str = ""
    """Where it is not the one that follows from how the asking ends."""


def busy(members: str) -> bytes:
    """An array of one call, finished, with these members beside."""
    return f'[{{"call_status": "BUSY", {members}}}]'.encode()


def garbage(name: str, body: bytes) -> Body:
    return Body(name, body, "garbage", calls=0)


def empty(name: str, body: bytes, elements: int = 0) -> Body:
    """No call: each element of an array is a reject, and so is the whole answer."""
    return Body(name, body, "empty", rejects=[""] * (elements + 1), calls=0)


def kept(name: str, members: str, **columns: Any) -> Body:
    return Body(name, busy(members), columns=columns)


def left(name: str, members: str, extra: str) -> Body:
    return Body(name, busy(members), extra=extra)


def rejected(name: str, members: str, *paths: str, **columns: Any) -> Body:
    return Body(name, busy(members), rejects=paths, columns=columns)


def context(name: str, members: str, **found: Found) -> Body:
    return Body(name, busy(f'"call_context": {{{members}}}'), context=found)


def seconds(written: str, due: float | None) -> Body:
    return _one_value(f"a duration of {written[:30]}", "call_duration", written, call_duration_seconds=due)


def confidence(written: str, due: float | None) -> Body:
    path = "call_insights.user_interest.confidence_score"
    return _one_value(f"a confidence of {written}", path, written, interest_confidence=due)


def moment(written: str, due: str | None) -> Body:
    """A time in the column ended_at; what is due is in UTC."""
    known = datetime.fromisoformat(due).replace(tzinfo=UTC) if due else None
    return _one_value(f"a time of {written}", "end_time", json.dumps(written), ended_at=known)


def status(written: str, outcome: str, state: str = "settled") -> Body:
    body = f'[{{"call_status": {json.dumps(written)}}}]'.encode()
    return Body(f"a status of {written!r}", body, columns={"call_status": written, "outcome": outcome}, state=state)


def phone(written: str, e164: str | None, contact: str | None) -> Body:
    body = busy(f'"to_number": {written}')
    return Body(f"a number of {written}", body, columns={"to_number_e164": e164, "contact_number": contact})


def _one_value(name: str, path: str, written: str, **column: Any) -> Body:
    """One value at a path; where nothing is due in its column and it is not blank, it is rejected."""
    *parents, key = path.split(".")
    members = f'"{key}": {written}'
    for parent in reversed(parents):
        members = f'"{parent}": {{{members}}}'
    is_blank = written == "null" or not json.loads(written).strip() if written[0] in 'n"' else False
    is_rejected = None in column.values() and not is_blank
    return Body(name, busy(members), columns=column, rejects=[path] if is_rejected else [])


def nested(levels: int, core: str = "1") -> str:
    return "[" * levels + core + "]" * levels


MANY_DIGITS: Final = "7" * 5_000
SQL: Final = "'; DROP TABLE calls; --"

NO_JSON: Final = [
    garbage("nothing", b""),
    garbage("blanks", b" \r\n"),
    garbage("a mark alone", b"\xef\xbb\xbf"),
    garbage("HTML", b"<!doctype html><title>504</title>"),
    garbage("half an array", b'[{"call_status": "BUSY"}'),
    garbage("half a string", b'[{"call_status": "BU'),
    garbage("two documents", b'[{"call_status": "BUSY"}][]'),
    garbage("one document a line", b'{"call_status": "BUSY"}\n{"call_status": "BUSY"}\n'),
    garbage("a comma too many", b'[{"call_status": "BUSY"},]'),
    garbage("a comment", b'[{"call_status": "BUSY"}] // fine'),
    garbage("single quotes", b"[{'call_status': 'BUSY'}]"),
    garbage("keys without quotes", b'[{call_status: "BUSY"}]'),
    garbage("a line end in a string", b'[{"call_status": "BU\nSY"}]'),
    garbage("a NUL behind", b'[{"call_status": "BUSY"}]\0'),
    garbage("a NUL in a string", b'[{"call_status": "BU\0SY"}]'),
    garbage("an escape that is none", b'[{"call_status": "\\x42USY"}]'),
    garbage("NaN", busy('"x": NaN')),
    garbage("Infinity", busy('"call_duration": Infinity')),
    garbage("-Infinity", busy('"call_duration": -Infinity')),
    garbage("a leading zero", busy('"x": 007')),
    garbage("a bare point", busy('"x": .5')),
    garbage("a plus sign", busy('"x": +5')),
    garbage("hexadecimal", busy('"x": 0x1F')),
    garbage("True", busy('"x": True')),
    garbage("invalid UTF-8", b'[{"call_status": "BUSY", "agent_name": "Ren\xe9"}]'),
    garbage("UTF-8 cut in a character", b'[{"call_status": "BUSY", "agent_name": "\xe2\x82"}]'),
    garbage("an overlong slash", b'[{"call_status": "BUSY", "x": "\xc0\xaf"}]'),
    garbage("a surrogate in UTF-8", b'[{"call_status": "BUSY", "x": "\xed\xa0\x80"}]'),
    garbage("half a pair, the first", busy('"x": "\\ud83d"')),
    garbage("half a pair, the second", busy('"x": "\\ude00"')),
    garbage("a pair the wrong way round", busy('"x": "\\ude00\\ud83d"')),
    garbage("half a pair in a key", busy('"\\ud83d": 1')),
    garbage("UTF-16", busy('"x": 1').decode().encode("utf-16")),
    garbage("UTF-16 without a mark", busy('"x": 1').decode().encode("utf-16-le")),
    garbage("UTF-32", busy('"x": 1').decode().encode("utf-32")),
    garbage("two marks", b"\xef\xbb\xbf\xef\xbb\xbf" + busy('"x": 1')),
    garbage("513 levels", busy(f'"x": {nested(511)}')),
    garbage("5,000 levels", busy(f'"x": {nested(5_000)}')),
    garbage("100,000 levels, never closed", b"[" * 100_000),
    garbage("100,000 objects", b'{"a":' * 100_000),
]
"""Not JSON by the letter."""

NO_CALL: Final = [
    empty("null", b"null"),
    empty("true", b"true"),
    empty("a number", b"17"),
    empty("a string", b'"BUSY"'),
    empty("[]", b"[]"),
    empty("{}", b"{}"),
    empty("[[]]", b"[[]]", 1),
    empty("[null, 1, {}]", b"[null, 1, {}]", 3),
    empty("an error object", b'{"detail": {"message": "not ready"}}'),
    empty("an array of an array of calls", b'[[{"call_status": "BUSY"}]]', 1),
    empty("calls in an envelope", b'{"data": [{"call_status": "BUSY"}]}'),
    empty("all marks null", b'[{"agent_name": null, "call_status": null, "to_number": null}]', 1),
    empty("marks in capitals", b'[{"CALL_STATUS": "BUSY", "Agent_Name": "A"}]', 1),
    empty("512 levels and no call", nested(512).encode(), 1),
]

CALLS: Final = [
    Body("one object", b'{"call_status": "BUSY"}', columns={"call_index": 0, "call_status": "BUSY"}),
    Body("a mark before", b"\xef\xbb\xbf" + busy('"agent_name": "A"'), columns={"agent_name": "A"}),
    Body("a mark before wide text", b"\xef\xbb\xbf" + busy(f'"agent_name": "{"٣" * 40}"'), columns={"agent_name": "٣" * 40}),
    Body("calls among others", b'[7, {"call_status": "BUSY"}, "x", {"to_number": 1}]', rejects=["", ""], calls=2, state="unsettled"),
    Body("the same call twice", b'[{"call_id": "c", "call_status": "BUSY"},{"call_id": "c", "call_status": "BUSY"}]', calls=2),
    Body("a thousand calls", b"[" + b",".join([b'{"call_status": "BUSY"}'] * 1_000) + b"]", calls=1_000),
    Body("an answer without insights", b'[{"call_status": "ANSWERED"}]', state="unsettled"),
    Body("an answer with insights of null", b'[{"call_status": "ANSWERED", "call_insights": null}]', state="unsettled"),
    Body("an answer with insights of {}", b'[{"call_status": "ANSWERED", "call_insights": {}}]', state="unsettled"),
    Body("a status in its other place", b'[{"call_outcome": "LINE_BUSY"}]', columns={"call_status": "LINE_BUSY", "outcome": "busy"}),
    Body("a status that is an object", b'[{"call_status": {"is": "BUSY"}}]', columns={"outcome": "unknown"}, rejects=["call_status"], state="unsettled"),
    status("Answered!", "answered", "unsettled"),
    status("in progress", "in_progress", "unsettled"),
    status(" --no..answer-- ", "no_answer"),
    status("ÄNSWERED", "unknown", "unsettled"),
    status("ｂｕｓｙ", "unknown", "unsettled"),
    status("teleported", "unknown", "unsettled"),
    status("", "unknown", "unsettled"),
    status(SQL, "unknown", "unsettled"),
]  # fmt: skip

SHAPES: Final = [
    rejected("insights as an array", '"call_insights": [1]', "call_insights"),
    rejected("insights as text", '"call_insights": "none"', "call_insights"),
    rejected("insights as false", '"call_insights": false', "call_insights"),
    rejected("metadata as text", '"call_insights": {"metadata": "x"}', "call_insights.metadata"),
    rejected("context as an array", '"call_context": []', "call_context"),
    rejected("interest as a number", '"call_insights": {"user_interest": 1}', "call_insights.user_interest"),
    rejected("next action as an array", '"call_insights": {"next_action": ["REDIAL"]}', "call_insights.next_action"),
    rejected("quality as text", '"call_quality": "good"', "call_quality"),
    rejected("a name as an object", '"agent_name": {"en": "A"}', "agent_name"),
    rejected("a name as an array", '"agent_name": ["A"]', "agent_name"),
    rejected("a duration as true", '"call_duration": true', "call_duration"),
    rejected("a duration as an object", '"call_duration": {"s": 5}', "call_duration"),
    rejected("a time as a number", '"end_time": 1750829225', "end_time"),
    kept("a next action as text", '"call_insights": {"next_action": "REDIAL"}', next_action="REDIAL"),
    kept("a next action as a number", '"call_insights": {"next_action": 5}', next_action="5"),
    kept("an agent's id as a number", '"agent_id": 12345678901234567890', agent_id="12345678901234567890"),
    kept("a name as true", '"agent_name": true', agent_name="true"),
    kept("a name of a NUL", '"agent_name": "a\\u0000b"', agent_name="a\0b"),
    kept("a name of SQL", f'"agent_name": "{SQL}"', agent_name=SQL),
    kept("a name of a pair", '"agent_name": "\\ud83d\\ude00"', agent_name="😀"),
    kept("a name from right to left", '"agent_name": "\u202eabc\u202c"', agent_name="\u202eabc\u202c"),
    kept("a name of 1 MB", f'"agent_name": "{"n" * 1_000_000}"', agent_name="n" * 1_000_000),
    kept("a name twice", '"agent_name": "first", "agent_name": "last"', agent_name="last"),
    kept("a name twice, once escaped", '"agent_name": "first", "agent\\u005fname": "last"', agent_name="last"),
    kept("a duration twice, the last null", '"call_duration": 5, "call_duration": null', call_duration_seconds=None),
    kept("insights twice", '"call_insights": {"next_action": "A"}, "call_insights": {}', next_action=None),
    kept("an end before its start", '"answer_time": "2024-05-01T12:00:00Z", "end_time": "2024-05-01T11:00:00Z"'),
]

LEFTOVERS: Final = [
    left("unknown members", '"x": 1, "y": null, "z": [1, {"a": null}]', '{"x":1,"y":null,"z":[1,{"a":null}]}'),
    left("a key twice", '"x": 1, "x": 2', '{"x":2}'),
    left("an empty key", '"": 1', '{"":1}'),
    left("keys that differ in case", '"X": 1, "x": 2, "Call_Status": 3', '{"Call_Status":3,"X":1,"x":2}'),
    left("keys that one might clean alike", '"a b": 1, "a_b": 2, "a-b": 3, " a b": 4', '{" a b":4,"a b":1,"a-b":3,"a_b":2}'),
    left("keys that look alike", '"\u00e9": 1, "e\u0301": 2', '{"é":2,"\u00e9":1}'.replace("é", "e\u0301", 1)),
    left("keys that look like SQL", f'"{SQL}": 1, "\\"; --": 2', json.dumps({SQL: 1, '"; --': 2})),
    left("keys that look like paths", '"$": 1, "$.x": 2, "/x": 3, "[0]": 4, "*": 5', '{"$":1,"$.x":2,"*":5,"/x":3,"[0]":4}'),
    left("keys of columns of ours", '"task_id": "x", "outcome": "y", "extra": {"extra": 1}', '{"extra":{"extra":1},"outcome":"y","task_id":"x"}'),
    left("a key of a NUL", '"a\\u0000b": 1', '{"a\\u0000b":1}'),
    left("a key of 100,000 characters", f'"{"k" * 100_000}": 1', f'{{"{"k" * 100_000}":1}}'),
    left("integers beyond 64 bits", '"x": 123456789012345678901234567890, "y": -9223372036854775809', '{"x":123456789012345678901234567890,"y":-9223372036854775809}'),
    left("an integer of 5,000 digits", f'"x": {MANY_DIGITS}', f'{{"x":{MANY_DIGITS}}}'),
    left("numbers beyond a DOUBLE", '"x": 1e999, "y": -1E+400', '{"x":1e999,"y":-1E+400}'),
    left("numbers below a DOUBLE", '"x": 1e-999', '{"x":1e-999}'),
    left("512 levels", f'"x": {nested(510)}', f'{{"x":{nested(510)}}}'),
    left("a known parent with more in it", '"call_insights": {"user_interest": {"status": "Hot", "x": 1}}', '{"call_insights":{"user_interest":{"x":1}}}'),
    left("an outcome beside its status", '"call_outcome": "FAILED"', '{"call_outcome":"FAILED"}'),
    left("a thousand members", ", ".join(f'"k{number:03}": {number}' for number in range(1_000)), json.dumps({f"k{number:03}": number for number in range(1_000)})),
]  # fmt: skip

KEYS: Final = [
    context("every type", '"s": "x", "n": 1.5, "t": true, "z": null, "o": {"a": 1}, "a": [1]', s=("x", "string"), n=("1.5", "number"), t=("true", "boolean"), z=(None, "null"), o=('{"a":1}', "object"), a=("[1]", "array")),
    context("a key twice", '"k": 1, "k": "x"', k=("x", "string")),
    context("a number of many digits", f'"k": {MANY_DIGITS}', k=(MANY_DIGITS, "number")),
    context("a number beyond a DOUBLE", '"k": 1e999', k=("1e999", "number")),
    context("text that looks like a number", '"k": "007"', k=("007", "string")),
    context("text of blanks", '"k": " "', k=(" ", "string")),
    context("text of a blank that is none of ours", '"k": "\u00a0"', k=("\u00a0", "string")),
    context("a NUL", '"k": "\\u0000"', k=("\0", "string")),
    Body("keys of odd names", busy(f'"call_context": {{"": 1, "$": 2, "{SQL}": 3}}'), context={"": ("1", "number"), "$": ("2", "number"), SQL: ("3", "number")}),
    Body("keys that differ in case", busy('"call_insights": {"metadata": {"K": "a", "k": "b"}}'), metadata={"K": ("a", "string"), "k": ("b", "string")}),
    Body("call_time in metadata", busy('"call_insights": {"metadata": {"call_time": "20th March 10 AM"}}'), metadata={"call_time": ("20th March 10 AM", "string")}),
]  # fmt: skip

NUMBERS: Final = [
    seconds("23", 23.0),
    seconds("23.0", 23.0),
    seconds("0", 0.0),
    seconds("-0.0", -0.0),
    seconds('"-0"', -0.0),
    seconds('"23"', 23.0),
    seconds('" 23\\t"', 23.0),
    seconds('"+23"', 23.0),
    seconds('"23."', 23.0),
    seconds('".5"', 0.5),
    seconds('"2.3e1"', 23.0),
    seconds('"2.3E+1"', 23.0),
    seconds('"1e-400"', 0.0),
    seconds('"007"', 7.0),
    seconds("1e308", 1e308),
    seconds("1e22", 1e22),
    seconds('""', None),
    seconds('" "', None),
    seconds("null", None),
    seconds("-1", None),
    seconds('"-0.001"', None),
    seconds("1e999", None),
    seconds('"1e999"', None),
    seconds(MANY_DIGITS, None),
    seconds(f'"{MANY_DIGITS}"', None),
    seconds('"1,000"', None),
    seconds('"1_000"', None),
    seconds('"1 000"', None),
    seconds('"23s"', None),
    seconds('"0:23"', None),
    seconds('"0x17"', None),
    seconds('"nan"', None),
    seconds('"inf"', None),
    seconds('"Infinity"', None),
    seconds('"."', None),
    seconds('"e5"', None),
    seconds('"--5"', None),
    seconds('"+-5"', None),
    seconds('"٢٣"', None),
    seconds('"２３"', None),
    seconds('"23\\u00a0"', None),
    seconds('"23\\u0000"', None),
    confidence("0", 0.0),
    confidence("1", 1.0),
    confidence("95", 0.95),
    confidence("1.5", 0.015),
    confidence("100", 1.0),
    confidence('"0.7"', 0.7),
    confidence("100.5", None),
    confidence("-0.1", None),
    confidence("1e999", None),
    confidence('"95%"', None),
    confidence('"high"', None),
]

TIMES: Final = [
    moment("2024-05-01 10:00", "2024-05-01T08:00"),
    moment("2024-05-01T10:00:00.1234567", "2024-05-01T08:00:00.123456"),
    moment(" 2024-05-01 10:00:05Z ", "2024-05-01T10:00:05"),
    moment("2024-05-01 10:00:05+05:30", "2024-05-01T04:30:05"),
    moment("2024-05-01 10:00:05+0530", "2024-05-01T04:30:05"),
    moment("2024-05-01 10:00:05-08", "2024-05-01T18:00:05"),
    moment("2024-05-01 10:00:05-00:00", "2024-05-01T10:00:05"),
    moment("2024-03-31 01:59:59", "2024-03-31T00:59:59"),
    moment("2024-03-31 02:30:00", "2024-03-31T01:30:00"),
    moment("2024-03-31 03:00:00", "2024-03-31T01:00:00"),
    moment("2024-10-27 02:30:00", "2024-10-27T00:30:00"),
    moment("2024-10-27 02:30:00+01:00", "2024-10-27T01:30:00"),
    moment("2024-10-27 03:00:00", "2024-10-27T02:00:00"),
    moment("2024-02-29 12:00", "2024-02-29T11:00"),
    moment("1990-01-01 00:00Z", "1990-01-01T00:00"),
    moment("2100-01-01T00:00:00Z", "2100-01-01T00:00:00"),
    moment("1989-12-31 23:59:59.999999Z", None),
    moment("2100-01-01T00:00:00.000001Z", None),
    moment("0001-01-01T00:00:00Z", None),
    moment("1970-01-01T00:00:00Z", None),
    moment("9999-12-31T23:59:59Z", None),
    moment("", None),
    moment("2023-02-29 12:00", None),
    moment("2024-05-01", None),
    moment("2024-05-01 24:00", None),
    moment("2024-05-01 10:60", None),
    moment("2024-05-01 10:00:60", None),
    moment("2024-05-01 10:00 +05:30", None),
    moment("2024-05-01 10:00+5", None),
    moment("2024-05-01 10:00+24:00", None),
    moment("2024-05-01 10:00:00z", None),
    moment("2024-05-01  10:00", None),
    moment("2024-05-01 10:00 Europe/Berlin", None),
    moment("0000-01-01 00:00Z", None),
    moment("0001-01-01 00:00+01:00", None),
    moment("9999-12-31 23:59-01:00", None),
    moment("01/05/2024 10:00", None),
    moment("1714557600", None),
    moment("infinity", None),
    moment("now", None),
    moment("２０２４-05-01 10:00", None),
]

PHONES: Final = [
    phone('"917407656243"', "+917407656243", "+917407656243"),
    phone("917407656243", "+917407656243", "+917407656243"),
    phone('"+91 (740) 765-62.43"', "+917407656243", "+917407656243"),
    phone('"00917407656243"', "+917407656243", "+917407656243"),
    phone('"07407656243"', None, "07407656243"),
    phone('"1234567"', None, "1234567"),
    phone('"anonymous"', None, "anonymous"),
    phone('"٩١٧٤٠٧٦٥٦٢٤٣"', None, "٩١٧٤٠٧٦٥٦٢٤٣"),
    phone('" "', None, None),
    phone('"\u202a+91 74076 56243\u202c"', "+917407656243", "+917407656243"),
    phone('"+91\u00a074076\u201156243\\n"', "+917407656243", "+917407656243"),
    phone('"＋９１７４０７６５６２４３"', "+917407656243", "+917407656243"),
    phone('"tel:+91-74076-56243"', "+917407656243", "+917407656243"),
    phone('"+44 (0)20 7946 0958"', "+442079460958", "+442079460958"),
    phone('"917407656243.0"', "+917407656243", "+917407656243"),
    phone('"44 (0)20 7946 0958"', None, "44 (0)20 7946 0958"),
    phone('"+91 74076 56243 ext 5"', None, "+91 74076 56243 ext 5"),
    phone("null", None, None),
    phone("9.17407656243e11", None, "9.17407656243e11"),
]

BODIES: Final = [*NO_JSON, *NO_CALL, *CALLS, *SHAPES, *LEFTOVERS, *KEYS, *NUMBERS, *TIMES, *PHONES]
