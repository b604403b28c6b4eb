"""`caller_id_health`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("caller_id_health",)


def days_on(number: int) -> date:
    return DAY + timedelta(days=number)


def number_calls(make_call: MakeCall, number: str | None, day: int, calls: int, answered: int) -> list[Row]:
    return [
        make_call(
            task_id=f"{number} {day} {n}",
            call_date=days_on(day),
            from_number_e164=number,
            outcome="answered" if n < answered else "no_answer",
        )
        for n in range(calls)
    ]


FLAGS = [
    # The number's calls in the week before, and in this one; its peers' in this one: calls, answered.
    ((100, 50), (100, 20), (100, 50), "below_both"),
    ((100, 50), (100, 20), (100, 20), "below_baseline"),
    ((100, 20), (100, 20), (100, 50), "below_peers"),
    ((100, 50), (100, 50), (100, 50), "ok"),
    ((29, 29), (100, 20), (100, 20), "ok"),
    ((29, 29), (100, 20), (29, 29), "too_few_calls"),
    ((100, 90), (29, 0), (100, 90), "too_few_calls"),
    # Far beyond chance, but not by a fifth; then by exactly a fifth.
    ((1500, 1000), (1500, 801), (0, 0), "ok"),
    ((1500, 1000), (1500, 800), (0, 0), "below_baseline"),
    # By exactly a fifth too, though not in floating point.
    ((1500, 870), (1500, 696), (0, 0), "below_baseline"),
    # By more than a fifth, but not beyond chance.
    ((30, 15), (30, 9), (0, 0), "ok"),
]


def test_a_number_is_flagged_when_it_falls_beyond_chance_and_by_a_fifth(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = []
    for place, (before, now, peers, _) in enumerate(FLAGS):
        number, start = f"+441111111{place:02}", place * 100
        calls += number_calls(make_call, number, start, *before)
        calls += number_calls(make_call, number, start + 7, *now)
        calls += number_calls(make_call, "+4422222222", start + 1, *peers)
        calls += number_calls(make_call, None, start + 2, 40, 40)
    rows = read(build(calls), "FROM marts.caller_id_health")
    found = {row["from_number_e164"]: row["flag"] for row in sorted(rows, key=lambda row: row["call_date"])}
    assert [found[f"+441111111{place:02}"] for place in range(len(FLAGS))] == [flag for *_, flag in FLAGS]


def test_calls_from_no_readable_number_are_counted_but_never_flagged(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls = [
        *number_calls(make_call, None, 0, 50, 50),
        *number_calls(make_call, None, 7, 50, 0),
        *number_calls(make_call, "+4422222222", 7, 50, 50),
    ]
    rows = read(build(calls), "FROM marts.caller_id_health WHERE from_number_e164 IS NULL ORDER BY call_date")
    assert [(row["calls"], row["flag"], row["peer_calls_7d"]) for row in rows] == [
        (50, "too_few_calls", 0),
        (50, "too_few_calls", 0),
    ]


def test_only_calls_that_rang_count(make_call: MakeCall, build: Build, read: Read) -> None:
    outcomes = ("answered", "no_answer", "busy", "machine", "failed", "unknown", "cancelled")
    calls = [make_call(task_id=name, from_number_e164="+4411", outcome=name) for name in outcomes]
    calls.append(make_call(task_id="next day", call_date=days_on(1), from_number_e164="+4411", outcome="failed"))
    (row,) = read(build(calls), "FROM marts.caller_id_health")
    assert (row["call_date"], row["calls"], row["answered_calls"]) == (DAY, 4, 1)
