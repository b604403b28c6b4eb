"""Seeded call objects and whole answers, in every shape that the oracle can read."""

import gzip
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.oracle.values import OUTCOME_OF
from tests.support.scripted_api import NOT_FOUND_BODY, ApiResponse

AGENTS = ["ONEST", "Asha", "ravi", "", "  ", None, 7]
CONTACTS = ["917407656243", "+91 74076-56243", "0091(740)765.6244", "12345678", "12", " ", "", "[91]8035736461", None]
OTHER_STATUSES = ["ANSWERED", "answered", " no answer ", "No-Answer", "line busy", "in-progress", "VOICEMAIL", "", None]
ACTIONS = ["REDIAL", " redial\n", "SEND_FORM", "", " ", None, "Redial later"]
INTERESTS = ["Interested", "Unclear", "", " \t", None, "Not Interested", "interested", 3]
NUMBERS = [0, 1, 23.0, "23.5", " 7 ", "", "1e1", "-3", -2, "1_000", "nan", True, [5], None, ".5", "5.", "+4", 1e-7]
CONFIDENCES = [0.0, 0, 1, 0.37, 1.01, 95, 100, "95", "0.5", 100.5, -0.1, "high", "", None, {"score": 1}, 77.7]
LOOSE = [
    "x",
    "",
    " ",
    1,
    1.5,
    True,
    False,
    None,
    {},
    [],
    {"a": None},
    [1, {"b": []}],
    "é\u0000\u2028",
    12345678901234567890,
]
EDGE_HOURS = {
    "America/New_York": ["2024-03-10 02:30", "2024-11-03T01:30:00", "2024-03-10T03:00", "2024-11-03 00:59:59.999999"],
    "Asia/Kolkata": ["2024-03-10 00:00", "2024-03-09T23:59:59.9999999"],
    "UTC": ["2024-02-29 23:59:59", "2024-03-01T00:00Z"],
}
UNFIT_TIMES = ["2024-03-10", "yesterday", "2024-02-30 10:00", "2024-03-10 24:00", "2024-03-10 10:00:60", 1710000000, []]


class Calls:
    """Draws calls around `day` in `zone`."""

    def __init__(self, dice: Random, zone: str, day: datetime) -> None:
        self.dice, self.zone, self.day = dice, zone, day

    def call(self) -> dict[str, Any]:
        """One call object, most keys there, some not as they should be."""
        draw = self.dice.choice
        call: dict[str, Any] = {
            "agent_name": draw(AGENTS[:3]) if self._mostly() else draw(AGENTS),
            "call_status": self._status(),
            "call_duration": self._number(),
            "from_number": draw(CONTACTS),
            "to_number": draw(CONTACTS[:4]) if self._mostly() else draw([*CONTACTS, 917407656245, {"n": 1}, True]),
            "call_insights": self._insights(),
            "call_context": draw([{}, None, self._pairs(), self._pairs(), "text", [1]]),
            "call_recording_url": draw(["https://media.example/1.mp3", "", None, ["u"]]),
        }
        call |= self._some(
            {
                "call_outcome": lambda: draw(["ANSWERED", "FAILED", "BUSY"]),
                "call_id": lambda: draw(["c-1", 42, None, {"id": 1}]),
                "agent_id": lambda: draw([17, "17", 123456789012345678901234567890, None]),
                "call_direction": lambda: draw(["outbound", "inbound", "INBOUND", "Inbound", None, ""]),
                "initiation_time": self.time,
                "answer_time": self.time,
                "end_time": self.time,
                "billed_duration": self._number,
                "outcome_reason": lambda: draw(["USER_BUSY", "TIMEOUT", 5, None]),
                "hangup_cause_name": lambda: draw(["NORMAL_CLEARING", None, {}]),
                "hangup_source": lambda: draw(["callee", "", None]),
                "call_quality": self._quality,
                "call_triggered": lambda: True,
                "transcript": lambda: [{"who": "agent", "said": None}, draw(LOOSE)],
                "Call_Status": lambda: "FAILED",
                "nothing": lambda: None,
                "": lambda: draw(LOOSE),
                "a.b": lambda: {"c d": draw(LOOSE)},
            }
        )
        for key in [key for key in call if self.dice.random() < 0.06]:
            del call[key]
        return call

    def tidy_call(self) -> dict[str, Any]:
        """One call object as it should be, with something unknown at every level: what most real ones are like."""
        draw = self.dice.choice
        score = {"value": self.dice.randint(0, 10), "reason": "fine"}
        interest = {"status": draw(INTERESTS[:2]), "confidence_score": self.dice.random(), "model": "m1"}
        return {
            "agent_name": draw(AGENTS[:3]),
            "call_status": draw(list(OUTCOME_OF)),
            "call_duration": self.dice.randint(0, 400),
            "to_number": draw(CONTACTS[:4]),
            "end_time": self.form(self.day),
            "call_insights": {
                "summary": draw(LOOSE),
                "metadata": self._pairs(),
                "user_interest": interest,
                "next_action": {"value": draw(ACTIONS), "by": "bot"},
            },
            "call_quality": {"user_engagement": score, "user_satisfaction": score, "overall": 1},
            "call_context": self._pairs(),
            "transcript": [{"who": "agent", "said": None}],
        }

    def time(self) -> Any:
        """A time in one of the allowed forms, now and then in one that is not."""
        if self.dice.random() < 0.12:
            return self.dice.choice([*UNFIT_TIMES, None, "", "  "])
        if self.dice.random() < 0.2:
            return self.dice.choice(EDGE_HOURS[self.zone])
        return self.form(self.day + timedelta(seconds=self.dice.uniform(-40, 80) * 3600))

    def form(self, moment: datetime) -> str:
        """This moment as text; one without an offset is the zone's own clock."""
        ending = self.dice.choice(["", "Z", "+05:30", "-0700", "+05"])
        offsets = {"+05:30": timedelta(hours=5.5), "-0700": -timedelta(hours=7), "+05": timedelta(hours=5)}
        zone = ZoneInfo(self.zone) if ending == "" else timezone(offsets.get(ending, timedelta()))
        precision = self.dice.choice(["minutes", "seconds", "milliseconds", "microseconds"])
        text = moment.astimezone(zone).replace(tzinfo=None).isoformat(self.dice.choice("T "), precision)
        if precision == "microseconds" and self.dice.random() < 0.3:
            text += "987"
        return self.dice.choice(["", "", " ", "\t"]) + text + ending + self.dice.choice(["", "", "\n"])

    def _insights(self) -> Any:
        draw: Callable[[Sequence[Any]], Any] = self.dice.choice
        if not self._mostly():
            return draw([None, {}, "none", [], {"later": None}, {"user_interest": None, "metadata": None}])
        action = draw(ACTIONS)
        next_action = draw([action, {"value": action, "reason": draw(["asked", None, 3, ["r"]]), "by": "bot"}])
        interest = {"status": draw(INTERESTS), "confidence_score": draw(CONFIDENCES), "reasoning": draw(["so", None])}
        if self.dice.random() < 0.1:
            interest |= {"model": {"v": 2}}
        return {
            "metadata": self._pairs() if self._mostly() else draw([None, {}, [], "m"]),
            "user_interest": interest if self._mostly() else draw([None, {}, "Interested", {"status": {"a": 1}}]),
            "next_action": next_action if self._mostly() else draw([None, {}, ["REDIAL"], {"value": {}}]),
        } | self._some({"summary": lambda: draw(LOOSE)})

    def _quality(self) -> Any:
        score: Any = {"value": self._number(), "reason": self.dice.choice(["fine", None]), "confidence_score": 80}
        shapes: list[Any] = [None, {}, {"user_engagement": score}, {"user_satisfaction": score, "other": 1}, "good"]
        return self.dice.choice(shapes)

    def _pairs(self) -> dict[str, Any]:
        keys = self.dice.sample(["degree", "call_time", "current_job", "city", "", "a b", "ключ", "x.y"], k=3)
        return {key: self.dice.choice(LOOSE) for key in keys}

    def _status(self) -> Any:
        spelled = self.dice.choice(list(OUTCOME_OF))
        return spelled if self._mostly() else self.dice.choice([*OTHER_STATUSES, spelled.lower(), ["ANSWERED"], 4])

    def _number(self) -> Any:
        return self.dice.randint(0, 400) if self._mostly() else self.dice.choice(NUMBERS)

    def _some(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {key: value() for key, value in fields.items() if self.dice.random() < 0.25}

    def _mostly(self) -> bool:
        return self.dice.random() < 0.8


def answer(calls: Calls) -> ApiResponse:
    """A usable answer: mostly an array of one, at times more, odd elements, a single object, other encodings."""
    dice = calls.dice
    draw = calls.tidy_call if dice.random() < 0.3 else calls.call
    elements: list[Any] = [draw() for _ in range(dice.choice([1, 1, 1, 2, 3]))]
    if dice.random() < 0.12:
        elements.insert(dice.randrange(len(elements) + 1), dice.choice([None, "x", 3, [], [{}], {"detail": "no call"}]))
    value = elements[0] if len(elements) == 1 and dice.random() < 0.25 else elements
    text = _doubled(dice, json.dumps(value, ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, 1])))
    return _encoded(dice, text.encode())


def troubled(dice: Random, good: ApiResponse) -> list[ApiResponse]:
    """Answers that are no plain 200: each kind that an asking can meet; the last stays for ever."""
    kinds: list[list[ApiResponse]] = [
        [ApiResponse(b"oops", 500), good],
        [ApiResponse(b"{}", 429, {"Retry-After": "0"}), good],
        [ApiResponse(b"<html>", 200), good],
        [ApiResponse(drops=True), good],
        [ApiResponse(b"[]", headers={"Content-Length": "9999"}, is_whole=False), good],
        [ApiResponse(b"busy", 503)],
        [ApiResponse(b"[{", 200)],
        [ApiResponse(NOT_FOUND_BODY, 404)],
        [ApiResponse(b'{"detail": {"message": "not yours"}}', 403)],
        [ApiResponse(b"", 204)],
        [ApiResponse(b"", 302, {"Location": "/call_details/elsewhere"})],
        [ApiResponse(b'{"detail": "bad"}', 400)],
        [
            ApiResponse(
                dice.choice([b"[]", b"{}", b"null", b'"x"', b"[1, {}]", b'{"detail": 1}', b'{"call_status": null}'])
            )
        ],
    ]
    return dice.choice(kinds)


def _doubled(dice: Random, text: str) -> str:
    """At times a key twice in one object: the last counts."""
    if dice.random() < 0.1 and '"call_duration"' in text:
        text = text.replace('"call_duration"', '"call_duration": 1, "unlisted": 1, "unlisted": 2, "call_duration"', 1)
    if dice.random() < 0.1 and '"metadata": {' in text:
        text = text.replace('"metadata": {', '"metadata": {"degree": "first", "degree": "second", "zz": {"k": 1}, ', 1)
        text = text.replace('"zz": {"k": 1}, }', '"zz": {"k": 1}}')
    return text


def _encoded(dice: Random, body: bytes) -> ApiResponse:
    match dice.randrange(8):
        case 0:
            return ApiResponse(gzip.compress(body), headers={"Content-Encoding": "gzip"}, seen=body)
        case 1:
            half = len(body) // 2
            members = gzip.compress(body[:half]) + gzip.compress(body[half:])
            return ApiResponse(members, headers={"Content-Encoding": "gzip"}, seen=body)
        case 2:
            return ApiResponse(b"\xef\xbb\xbf" + body, headers={"Content-Type": "text/html; charset=latin-1"})
    return ApiResponse(body)


__all__ = ["EDGE_HOURS", "Calls", "answer", "troubled"]
