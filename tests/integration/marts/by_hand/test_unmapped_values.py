"""`unmapped_values`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dialflo_pipeline.core.seeds import Word

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("unmapped_values", "call_outcomes", "redial_backlog", "contacts")


def test_own_words_change_what_marts_count(make_call: MakeCall, build: Build, read: Read) -> None:
    words = (
        Word("status", "VOICEMAIL", "no_answer", False),
        Word("interest", "NAH", "no", True),
        Word("action", "RING ME", "redial", False),
    )
    calls = [
        make_call(task_id="1", call_status="Voicemail", outcome="unknown", interest_status="nah "),
        make_call(task_id="2", call_status="ANSWERED", next_action="ring me", contact_number="+912"),
        make_call(task_id="3", call_status="robot", outcome="unknown", interest_status="?", next_action="?"),
    ]
    path = build(calls, words=words)
    assert read(path, "SELECT kind, value, calls FROM marts.unmapped_values") == [
        {"kind": "action", "value": "?", "calls": 1},
        {"kind": "interest", "value": "?", "calls": 1},
        {"kind": "status", "value": "robot", "calls": 1},
    ]
    outcomes = read(path, "SELECT call_status, outcome FROM marts.call_outcomes")
    assert {row["call_status"]: row["outcome"] for row in outcomes} == {
        "Voicemail": "no_answer",
        "ANSWERED": "answered",
        "robot": "unknown",
    }
    assert read(path, "SELECT contact_number FROM marts.redial_backlog WHERE reason = 'requested'") == [
        {"contact_number": "+912"}
    ]
    assert read(path, "SELECT stop_word FROM marts.contacts ORDER BY contact_number DESC") == [
        {"stop_word": "nah "},
        {"stop_word": None},
    ]
