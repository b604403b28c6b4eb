"""Made-up campaigns of few agents and contacts: outcomes, words of the user's own, several calling numbers."""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dialflo_pipeline.core.values import outcome_of

Row = dict[str, Any]

OWN_WORDS = {
    "statuses": "status,outcome,stop\nVOICEMAIL,answered,\nBUSY,no_answer,\nBARRED,failed,yes\n",
    "interests": "interest,interested\nUNCLEAR,no\nहाँ,yes\n",
    "actions": "action,meaning\nRING ME,redial\nREDIAL,other\n",
}
"""The user's own mappings, by name of the file without its ending."""

# With a change of offset in the days after; Lord Howe's is half an hour, within an hour of UTC.
ZONES_AND_DAYS = [
    ("UTC", date(2024, 2, 20)),
    ("Asia/Kolkata", date(2024, 2, 20)),
    ("Europe/Berlin", date(2024, 10, 1)),
    ("America/New_York", date(2024, 2, 20)),
    ("Australia/Lord_Howe", date(2024, 3, 1)),
    ("Pacific/Apia", date(2011, 12, 1)),
]
STATUSES: list[str | None] = [
    *["ANSWERED"] * 6,
    *["NO_ANSWER"] * 4,
    "BUSY",
    "line busy",
    "FAILED",
    "CANCELLED",
    "QUEUED",
]
STATUSES += [" voicemail\n", "Barred", "?", "", None, "\u0131n_progress", "Weird "]
INTERESTS = [*["Interested", "not interested", None] * 3, " unclear\v", "Do Not Call", "हाँ", "Nanu", "", "(none)"]
ACTIONS = [
    *["REDIAL", None, "CONVERT"] * 2,
    " ring me ",
    "close",
    "SEND_FORM",
    "do_not_call",
    "red\u0131al",
    "",
    "(none)",
]
SECONDS = [None, 0.0, 29.999, 30.0, 30.001, 61.5, 333.3]


def campaign(chance: random.Random, name: str, first_day: date) -> Iterator[Row]:
    """Calls of a few agents and contacts; some are busy enough for rates that differ beyond chance."""
    busy = chance.random() < 0.15
    days, count = (36, 260) if busy else (chance.choice((1, 9, 40)), chance.choice((1, 2, 5, 12, 30)))
    numbers = [f"+91{name}{n}" for n in range(chance.choice((1, 3, 20)))]
    falls_on = chance.randrange(60)
    calls_of_task = 0
    for number in range(count):
        day = chance.randrange(days)
        calls_of_task = 0 if chance.random() < 0.6 else calls_of_task + 1
        call_date = first_day + timedelta(days=day)
        caller = chance.choice((f"+1{name}1", f"+1{name}1", f"+1{name}2", None))
        status = chance.choice(STATUSES)
        if busy and caller == f"+1{name}1" and day > falls_on and chance.random() < 0.7:
            status = "NO_ANSWER"
        at = datetime.combine(call_date, time(), UTC) + timedelta(seconds=chance.randrange(-20, 400) * 900)
        yield {
            "task_id": f"{name}-{number}" if calls_of_task == 0 else f"{name}-several-{day}",
            "call_index": 0 if calls_of_task == 0 else number,
            "call_date": call_date,
            "agent_name": chance.choice((f"Asha {name}", f"Asha {name}", f"ravi {name}", None, "")),
            "contact_number": chance.choice((*numbers, None)),
            "from_number_e164": caller,
            "call_status": status,
            "outcome": str(outcome_of(status)),
            "call_direction": chance.choice((None, "outbound", "outbound", "InBound", "inbound ")),
            "occurred_at": chance.choice((None, at, at, first_day_noon(first_day))),
            "call_duration_seconds": chance.choice(SECONDS),
            "interest_status": chance.choice(INTERESTS),
            "next_action": chance.choice(ACTIONS),
            "outcome_reason": chance.choice((None, "USER_BUSY", " \t", "user_busy")),
            "hangup_cause": chance.choice((None, "NORMAL", "(none)")),
            "hangup_source": chance.choice((None, "callee")),
        }


def first_day_noon(day: date) -> datetime:
    """A time that many calls share."""
    return datetime.combine(day, time(12), UTC)


def contexts(chance: random.Random, calls: Iterable[Row]) -> Iterator[Row]:
    for call in calls:
        value = chance.choice(("spring", "Spring", " ", "{}", None, "12"))
        for key in ("campaign", "lead"):
            if chance.random() < 0.8:
                place = {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")}
                kind = {
                    "value_type": "null" if value is None else "string",
                    "is_filled": value not in (None, " ", "{}"),
                }
                yield {**place, "key": key, "value": value, **kind}
