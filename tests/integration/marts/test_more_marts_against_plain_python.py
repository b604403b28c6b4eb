"""Every mart of very many made-up campaigns, compared with what its header says in plain Python.

Many campaigns share one warehouse: each has agents and numbers of its own, beside calls without any.
"""

import csv
import math
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialflo_pipeline.core.values import outcome_of
from dialflo_pipeline.marts.seeds import Word
from tests.integration.marts.plain_marts import CAPITALS, Campaign, marts

Row = dict[str, Any]

SEEDS = Path(__file__).resolve().parents[3] / "sql" / "seeds"
OWN = (
    Word("status", "VOICEMAIL", "answered", False),
    Word("status", "BUSY", "no_answer", False),
    Word("status", "BARRED", "failed", True),
    Word("interest", "UNCLEAR", "no", False),
    Word("interest", "हाँ", "yes", False),
    Word("action", "RING ME", "redial", False),
    Word("action", "REDIAL", "other", False),
)
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
    """Calls of a few agents and contacts; some campaigns are busy enough for rates to tell something."""
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


def shipped_and_own_words() -> dict[tuple[str, str], tuple[str, bool]]:
    words = {}
    for kind, name in (("status", "statuses.csv"), ("interest", "interests.csv"), ("action", "actions.csv")):
        with (SEEDS / name).open(encoding="utf-8", newline="") as file:
            for word, meaning, *stop in list(csv.reader(file))[1:]:
                words[kind, word.translate(CAPITALS)] = (meaning, stop == ["yes"] or meaning == "stop")
    return words | {(word.kind, word.word): (word.meaning, word.is_stop) for word in OWN}


def check_marts(seed: int, campaigns: int, make_call: Any, build: Any, read: Any) -> None:
    chance = random.Random(seed)  # noqa: S311 - made-up calls, no secret
    zone, first_day = ZONES_AND_DAYS[seed % len(ZONES_AND_DAYS)]
    calls = [make_call(**call) for n in range(campaigns) for call in campaign(chance, f"{n:07}", first_day)]
    context = list(contexts(chance, calls))
    key, engaged = chance.choice((None, "campaign", "campaign", "nothing")), chance.choice((30, 61.5, 0))
    chance.shuffle(calls)
    path = build(calls, zone, context=context, engaged_seconds=engaged, campaign_key=key, words=OWN)
    expected = marts(Campaign(calls, context, zone, shipped_and_own_words(), engaged, key))
    for mart, (grain, rows) in expected.items():
        found = read(path, f"FROM marts.{mart}")
        differing = list(differences(found, rows, grain))
        assert differing == [], f"{mart}, seed {seed}"
        assert len(found) == len(rows)
        bounds_contain_rates(found)
    sums_agree(lambda query: next(iter(read(path, query)[0].values())))


def differences(found: list[Row], expected: list[Row], grain: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    by_key = {tuple(row[name] for name in grain): row for row in found}
    for row in expected:
        key = tuple(row[name] for name in grain)
        if key not in by_key:
            yield key, "is missing"
        elif row.keys() != by_key[key].keys():
            yield key, row.keys() ^ by_key[key].keys()
        else:
            yield from ((key, n, by_key[key][n], row[n]) for n in row if not same(by_key[key][n], row[n]))


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


def bounds_contain_rates(rows: list[Row]) -> None:
    for row in rows:
        for name in (name.removesuffix("_low") for name in row if name.endswith("_low")):
            low, rate, high = row[f"{name}_low"], row[name], row[f"{name}_high"]
            assert (low is None) == (rate is None) == (high is None)
            assert rate is None or 0 <= low <= rate <= high <= 1


def sums_agree(value: Callable[[str], Any]) -> None:
    """The same calls, counted along different lines."""
    calls, dialled = value("SELECT count(*) FROM main.calls"), value("SELECT sum(calls) FROM marts.answer_rate")
    assert value("SELECT sum(calls) FROM marts.call_outcomes") == calls
    assert value("SELECT sum(calls) FROM marts.next_actions") == calls
    outbound = "direction = 'outbound' AND outcome NOT IN ('cancelled', 'in_progress')"
    assert value(f"SELECT sum(calls) FROM marts.call_outcomes WHERE {outbound}") == dialled
    assert value("SELECT sum(calls) FROM marts.agent_daily") == dialled
    assert value("SELECT sum(calls) FROM marts.caller_id_health") == dialled
    assert value("SELECT sum(dialled_calls) FROM marts.conversion_funnel") == dialled
    timed = "is_dialled AND occurred_at IS NOT NULL"
    cells = value("SELECT coalesce(sum(calls), 0) FROM marts.best_time_to_call")
    assert cells == value(f"SELECT count(*) FROM staging.call_facts WHERE {timed}")
    assert value("SELECT coalesce(sum(attempts), 0) FROM marts.contacts") == value(
        "SELECT count(*) FROM staging.call_facts WHERE is_dialled AND contact_number IS NOT NULL"
    )
    for mart in ("call_outcomes", "next_actions"):
        total = f"SELECT sum(share) AS total FROM marts.{mart} GROUP BY call_date, agent_name"
        assert value(f"SELECT coalesce(max(abs(total - 1)), 0) < 1e-9 FROM ({total})")


@pytest.mark.parametrize("seed", range(2))
def test_every_mart_is_what_its_header_says(
    seed: int, make_call: Callable[..., Row], build: Callable[..., Path], read: Callable[..., list[Row]]
) -> None:
    check_marts(seed + 2, 60, make_call, build, read)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(24))
def test_every_mart_of_thousands_of_campaigns_is_what_its_header_says(
    seed: int, make_call: Callable[..., Row], build: Callable[..., Path], read: Callable[..., list[Row]]
) -> None:
    check_marts(seed + 100, 200, make_call, build, read)
