"""What followed calls, metadata, callbacks and freshness of made-up campaigns, compared with plain Python."""

import csv
import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialflo_pipeline.core.values import outcome_of
from tests.integration.marts import plain_later_marts as plain
from tests.integration.marts.plain_later_marts import DAY, Said

Row = dict[str, Any]

SEEDS = Path(__file__).resolve().parents[3] / "sql" / "seeds"
KEYS = ("call_time", "callback_time")
TOLERANCE = timedelta(minutes=45)
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


def _at(hour: int, minute: int = 0) -> Callable[[datetime], datetime]:
    return lambda said: _midnight(said) + timedelta(hours=hour, minutes=minute)


def _midnight(said: datetime) -> datetime:
    return datetime.combine(said.date(), time())


def _next_weekday(weekday: int, hour: int) -> Callable[[datetime], datetime]:
    def moment(said: datetime) -> datetime:
        return next(
            day + timedelta(hours=hour) for n in range(1, 8) if (day := _midnight(said) + n * DAY).weekday() == weekday
        )

    return moment


def _next(month: int | None, day: int, hour: int | None) -> Callable[[datetime], datetime]:
    def moment(said: datetime) -> datetime:
        earliest = _midnight(said) if hour is None else said
        days = (_midnight(said) + n * DAY + timedelta(hours=hour or 0) for n in range(1500))
        return next(d for d in days if d.day == day and month in (None, d.month) and d >= earliest)

    return moment


def _first(hour: int) -> Callable[[datetime], datetime]:
    return lambda said: next(m for n in range(2) if (m := _at(hour)(said) + n * DAY) > said)


SAID = {
    "20th March 10 AM": Said(_next(3, 20, 10)),
    "tomorrow at 5pm": Said(lambda said: _at(17)(said) + DAY),
    "10 AM": Said(_first(10)),
    "after 6 pm": Said(_first(18)),
    "tomorrow": Said(lambda said: _midnight(said) + DAY, is_whole_day=True),
    "today": Said(_midnight, is_whole_day=True),
    "in 3 days": Said(lambda said: _midnight(said) + 3 * DAY, is_whole_day=True),
    "next week": Said(lambda said: _midnight(said) + 7 * DAY, is_whole_day=True),
    "Monday": Said(_next_weekday(0, 0), is_whole_day=True),
    "friday 4 pm": Said(_next_weekday(4, 16)),
    "15th": Said(_next(None, 15, None), is_whole_day=True),
    "15th at 4pm": Said(_next(None, 15, 16)),
    "29 Feb 5pm": Said(_next(2, 29, 17)),
    "05/03/2024 16:30": Said(lambda _: datetime(2024, 3, 5, 16, 30)),  # noqa: DTZ001 - local, as all of these
    "2024-03-05T16:30:00Z": Said(lambda _: datetime(2024, 3, 5, 16, 30, tzinfo=UTC)),
    "31st at 9 am": Said(_next(None, 31, 9)),
    "2024-03-05 16:30 +0530": Said(lambda _: datetime(2024, 3, 5, 11, 0, tzinfo=UTC)),
}
NOT_UNDERSTOOD = ["later", "yesterday", "No", "this week", "5", '["10 AM"]', "call me " * 20 + "10 AM", "कल सुबह"]


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
                values[key] = chance.choice((*SAID, *NOT_UNDERSTOOD, "", " "))
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
            "next_try_at": chance.choice((None, None, at + DAY)),
            "attributes": None,
        }


def shipped_words() -> dict[tuple[str, str], tuple[str, bool]]:
    words = {}
    for kind, name in (("status", "statuses.csv"), ("interest", "interests.csv"), ("action", "actions.csv")):
        with (SEEDS / name).open(encoding="utf-8", newline="") as file:
            for word, meaning, *stop in list(csv.reader(file))[1:]:
                words[kind, word.translate(plain.CAPITALS)] = (meaning, stop == ["yes"] or meaning == "stop")
    return words


def check(seed: int, campaigns: int, make_call: Any, build: Any, read: Any) -> None:
    chance = random.Random(seed)  # noqa: S311 - made-up calls, no secret
    zone, first_day = ZONES_AND_DAYS[seed % len(ZONES_AND_DAYS)]
    calls = [make_call(**call) for n in range(campaigns) for call in campaign(chance, f"{n:07}", first_day)]
    calls = list({(call["task_id"], call["call_index"]): call for call in calls}.values())
    metadata = list(metadata_of(chance, calls, max(call["call_date"] for call in calls)))
    tasks = list(tasks_of(chance, sorted({call["call_date"] for call in calls})))
    chance.shuffle(calls)
    path = build(calls, zone, metadata=metadata, tasks=tasks, callback_tolerance_minutes=45)
    facts = plain.facts(calls, zone, shipped_words())
    now = read(path, "SELECT now() AS now")[0]["now"]
    requests = plain.callbacks(facts, metadata, ZoneInfo(zone), KEYS, TOLERANCE, SAID, now)
    expected = {
        "redial_outcomes": (("call_date", "agent_name"), plain.redial_outcomes(facts)),
        "interest_calibration": (("agent_name", "confidence_decile"), plain.interest_calibration(facts)),
        "metadata_coverage": (("agent_name", "key"), plain.metadata_coverage(metadata)),
        "data_freshness": (("call_date",), plain.data_freshness(tasks, calls)),
        "callbacks": (("task_id", "call_index"), requests),
    }
    for mart, (grain, rows) in expected.items():
        found = {tuple(row[name] for name in grain): row for row in read(path, f"FROM marts.{mart}")}
        wanted = {tuple(row[name] for name in grain): row for row in rows}
        assert found.keys() == wanted.keys(), f"{mart}, seed {seed}"
        differing = [(key, dict(differences(found[key], row))) for key, row in wanted.items()]
        assert [each for each in differing if each[1]] == [], f"{mart}, seed {seed}"
    sums_agree(lambda query: next(iter(read(path, query)[0].values())))
    if campaigns >= 100:
        assert {row["drift"] for row in expected["metadata_coverage"][1]} >= {"fell", "rose", "vanished", "appeared"}


def differences(found: Row, expected: Row) -> Iterator[tuple[str, Any]]:
    for name in found.keys() | expected.keys():
        one, other = found.get(name, "missing"), expected.get(name, "missing")
        close = isinstance(one, float) and isinstance(other, float) and math.isclose(one, other, rel_tol=1e-9)
        if not close and one != other:
            yield name, (one, other)


def sums_agree(value: Callable[[str], Any]) -> None:
    """The same rows, counted along different lines."""
    requests = "staging.call_facts WHERE is_contact_call AND contact_number IS NOT NULL AND says_redial"
    assert value("SELECT sum(redial_calls) FROM marts.redial_outcomes") == value(f"SELECT count(*) FROM {requests}")
    assert value("SELECT sum(asked_calls) FROM marts.metadata_coverage") == value(
        "SELECT count(*) FROM main.call_metadata"
    )
    assert value("SELECT sum(calls) FROM marts.data_freshness") <= value("SELECT count(*) FROM main.calls")
    assert value("SELECT sum(registered_tasks) FROM marts.data_freshness") == value("SELECT count(*) FROM main.tasks")


@pytest.mark.parametrize("seed", range(2))
def test_what_followed_and_what_was_said_is_as_the_headers_say(
    seed: int, make_call: Callable[..., Row], build: Callable[..., Path], read: Callable[..., list[Row]]
) -> None:
    check(seed, 100, make_call, build, read)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(16))
def test_what_followed_in_thousands_of_campaigns_is_as_the_headers_say(
    seed: int, make_call: Callable[..., Row], build: Callable[..., Path], read: Callable[..., list[Row]]
) -> None:
    check(seed + 100, 250, make_call, build, read)
