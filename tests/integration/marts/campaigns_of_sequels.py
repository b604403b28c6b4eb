"""Made-up campaigns about what followed a call: later calls of a contact, metadata, requests to be called, tasks."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dialflo_pipeline.core.values import outcome_of
from tests.integration.marts.callback_texts import NOT_UNDERSTOOD, TEXTS

Row = dict[str, Any]

KEYS = ("call_time", "callback_time")
ZONES_AND_DAYS = [
    ("Asia/Kolkata", date(2024, 2, 10)),
    ("Europe/Berlin", date(2024, 10, 1)),
    ("UTC", date(2024, 2, 20)),
    ("America/New_York", date(2024, 2, 20)),
]
STATUSES = [*["ANSWERED"] * 6, *["NO_ANSWER"] * 4, "BUSY", "CANCELLED", "QUEUED", "?", None]
INTERESTS = ["Interested", "not interested", None, " unclear\v", "Do Not Call", "Nanu", "", "Confirmed"]
ACTIONS = ["REDIAL", "REDIAL ", "redial", None, "CONVERT", "close", "SEND_FORM", "do_not_call", ""]
CONFIDENCES = [None, 0.0, 0.05, 0.1, 0.29, 0.3, 0.6, 0.7, 0.9, 0.999, 1.0]


def campaign(chance: random.Random, name: str, first_day: date) -> Iterator[Row]:
    numbers = [f"+91{name}{n}" for n in range(chance.choice((1, 3, 8)))]
    for number in range(chance.choice((1, 3, 10, 40))):
        day = chance.randrange(45)
        call_date = first_day + timedelta(days=day)
        at = datetime.combine(call_date, time(), UTC) + timedelta(minutes=chance.randrange(-20, 400) * 15)
        status = chance.choice(STATUSES)
        yield {
            "task_id": f"{name}-{number}" if chance.random() < 0.6 else f"{name}-several-{day}",
            "call_index": number,
            "call_date": call_date,
            "agent_name": chance.choice((f"Asha {name}", f"Asha {name}", "Ravi", None, "")),
            "contact_number": chance.choice((*numbers, None)),
            "call_status": status,
            "outcome": str(outcome_of(status)),
            "call_direction": chance.choice((None, "outbound", "outbound", "InBound")),
            "occurred_at": chance.choice((None, at, at, datetime.combine(first_day, time(12), UTC))),
            "interest_status": chance.choice(INTERESTS),
            "interest_confidence": chance.choice(CONFIDENCES),
            "next_action": chance.choice(ACTIONS),
            "fetched_at": at + timedelta(hours=3),
        }


def metadata_of(chance: random.Random, calls: list[Row], last_day: date) -> Iterator[Row]:
    """Keys that fall, rise, vanish, appear and stay, and requests to call."""
    for call in calls:
        age = (last_day - call["call_date"]).days
        shares = {"city": 0.5, "falls": 0.2 if age < 9 else 0.9, "rises": 0.8 if age < 9 else 0.1}
        values = {key: f"v{chance.randrange(5)}" if chance.random() < share else "" for key, share in shares.items()}
        if age < 7:
            values["appears"] = "x"
        elif age < 50:
            values["vanishes"] = chance.choice(("x", ""))
        for key in KEYS:
            if chance.random() < 0.5:
                values[key] = chance.choice((*TEXTS, *NOT_UNDERSTOOD, "", " "))
        for key, value in values.items():
            place = {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")}
            kind = "array" if value.startswith("[") else "string"
            yield {**place, "key": key, "value": value, "value_type": kind, "is_filled": bool(value.strip())}


def tasks_of(chance: random.Random, days: list[date]) -> Iterator[Row]:
    for number in range(200):
        day = chance.choice(days)
        at = datetime.combine(day, time(6), UTC) + timedelta(minutes=chance.randrange(900))
        weights = (1, 0, 0, 0, 0) if day.day % 2 else (20, 1, 1, 1, 1)
        yield {
            "task_id": f"task{number}",
            "call_date": day,
            "completed_at": None,
            "registered_at": at,
            "state": chance.choices(("settled", "unsettled", "pending", "not_found", "failed"), weights)[0],
            "attempts": 1,
            "last_status": None,
            "last_error": None,
            "next_try_at": chance.choice((None, None, at + timedelta(days=1))),
            "attributes": None,
        }
