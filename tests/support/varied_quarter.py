"""A seeded quarter of calls between a few agents and many people: tasks, answers, later corrections, settings.

Where `varied_calls` is about shapes of answers, this is about what happens to the same people over weeks.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.support.oracle.settings import Rules
from tests.support.oracle.warehouse import TaskRow
from tests.support.quarter_calls import People, call
from tests.support.scripted_api import ApiResponse

DAYS = 95
ZONES = ("America/New_York", "Asia/Kolkata", "UTC", "Australia/Lord_Howe", "America/Santiago")
STATUSES = (
    'status,outcome,stop\nVOICEMAIL,no_answer,\n hung up ,answered,\nBUSY,failed,no\nBARRED,failed,yes\n"é, x",busy,\n'
)
INTERESTS = "interested,interest\nyes,Keen\nno,Neutral\nunknown, VERY interested \nyes,(none)\n"
ACTIONS = "action,meaning\nSEND_FORM,convert\nvisit,redial\nREDIAL,other\nEnough,stop\n"
FOLLOW_UPS = "action,meaning\nSEND_FORM,convert\nvisit,redial\n"


@dataclass
class Quarter:
    """Tasks that are known at once, those that come late, and what the server answers to each, first and later."""

    timely: list[TaskRow]
    late: list[TaskRow]
    script: dict[str, list[ApiResponse]]
    rules: Rules


def quarter(seed: int, zone: str, tasks: int, first_day: date) -> Quarter:
    dice = Random(seed)  # noqa: S311 - the same quarter again for the same seed
    people = People(dice, max(8, tasks // 7))
    start = datetime(first_day.year, first_day.month, first_day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    made = Quarter([], [], {}, _rules(dice, zone))
    for _ in range(tasks):
        task_id = str(UUID(int=dice.getrandbits(128), version=4))
        moment = start + timedelta(days=DAYS * dice.random())
        (made.late if dice.random() < 0.3 else made.timely).append(_row(dice, task_id, moment, ZoneInfo(zone)))
        made.script[task_id] = [_answer(dice, people, moment, start)]
        if dice.random() < 0.15:
            made.script[task_id].append(_answer(dice, people, moment, start))
    return made


def other_rules(dice: Random, rules: Rules) -> Rules:
    """Settings and mappings for the same zone."""
    return _rules(dice, rules.timezone)


def _rules(dice: Random, zone: str) -> Rules:
    seeds = {
        "statuses": dice.choice(["", STATUSES]),
        "interests": dice.choice(["", INTERESTS]),
        "actions": dice.choice(["", ACTIONS, FOLLOW_UPS]),
    }
    return Rules(
        zone,
        redial_max_attempts=dice.choice([1, 2, 3, 5]),
        redial_min_gap_minutes=dice.choice([30, 0, 90.5]),
        redial_max_age_days=dice.choice([None, 30, 3600]),
        engaged_seconds=dice.choice([30, 0, 12.5, 120]),
        campaign_key=dice.choice([None, "campaign", "list no.", "ключ"]),
        callback_keys=dice.choice([("call_time", "callback_time"), ("callback_time", "call_time"), ("when",)]),
        callback_tolerance_minutes=dice.choice([30, 0, 240]),
        seeds={name: text for name, text in seeds.items() if text},
    )


def _row(dice: Random, task_id: str, moment: datetime, zone: ZoneInfo) -> TaskRow:
    """Mostly with its moment, else only its day: such a call may have no time at all."""
    if dice.random() < 0.85:
        return TaskRow(task_id, completed_at=(moment + timedelta(minutes=dice.randrange(90))).isoformat())
    return TaskRow(task_id, call_date=moment.astimezone(zone).date().isoformat())


def _answer(dice: Random, people: People, moment: datetime, start: datetime) -> ApiResponse:
    progress = (moment - start) / timedelta(days=DAYS)
    count = dice.choice([1, 1, 1, 1, 1, 1, 2, 2, 3])
    person = dice.choice(people.numbers)
    calls: list[Any] = []
    for place in range(count):
        person = person if dice.random() < 0.7 else dice.choice(people.numbers)
        calls.append(call(dice, people, person, moment + timedelta(minutes=place * dice.choice([0, 0, 35])), progress))
    if dice.random() < 0.02:
        calls.insert(0, dice.choice(["x", None, {}, []]))
    if dice.random() < 0.01:
        return dice.choice(
            [ApiResponse(b"[]"), ApiResponse(b"oops"), ApiResponse(b'{"detail": "no"}', 404), ApiResponse(b"", 403)]
        )
    return ApiResponse(json.dumps(calls, ensure_ascii=dice.random() < 0.5).encode())
