"""`caller_id_health`: each calling number against its own past and its peers."""

import math
from datetime import date, timedelta
from typing import Any

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, count, grouped, rate

Pair = tuple[int, int]
Days = dict[tuple[Any, ...], Pair]
ENOUGH = 30
KEY = ("from_number_e164", "call_date")


def expected_rows(facts: Facts) -> list[Row]:
    rang = [call for call in facts.dialled if call["outcome"] in ("answered", "no_answer", "busy", "machine")]
    days = {
        key: (len(calls), count(calls, lambda call: call["is_answered"]))
        for key, calls in grouped(rang, "from_number_e164", "call_date").items()
    }
    everybody: Days = {}
    for (number, day), pair in days.items():
        if number is not None:
            everybody[None, day] = _plus(everybody.get((None, day), (0, 0)), pair)
    return [_row(days, everybody, number, day) for number, day in days]


def _row(days: Days, everybody: Days, number: str | None, day: date) -> Row:
    week, month = _sum(days, number, day, 0, 6), _sum(days, number, day, 0, 27)
    baseline, peers = _sum(days, number, day, 7, 34), (0, 0)
    if number is not None:
        peers = _plus(_sum(everybody, None, day, 0, 6), (-week[0], -week[1]))
    row: Row = {"from_number_e164": number, "call_date": day}
    row |= _counts("calls", "answered_calls", "answer_rate", days[number, day])
    row |= _counts("calls_7d", "answered_calls_7d", "answer_rate_7d", week)
    row |= _counts("calls_28d", "answered_calls_28d", "answer_rate_28d", month)
    row |= _counts("baseline_calls", "baseline_answered_calls", "baseline_answer_rate", baseline)
    row |= _counts("peer_calls_7d", "peer_answered_calls_7d", "peer_answer_rate_7d", peers)
    row |= {"z_baseline": _z(week, baseline), "z_peers": _z(week, peers)}
    below = [None if number is None else _is_below(week, group) for group in (baseline, peers)]
    return row | {"is_below_baseline": below[0], "is_below_peers": below[1], "flag": _flag(below)}


def _flag(below: list[bool | None]) -> str:
    match below:
        case [None, None]:
            return "too_few_calls"
        case [True, True]:
            return "below_both"
        case [True, _]:
            return "below_baseline"
        case [_, True]:
            return "below_peers"
    return "ok"


def _is_below(week: Pair, group: Pair) -> bool | None:
    if min(week[0], group[0]) < ENOUGH:
        return None
    own, other = (rate("rate", answered, calls) for calls, answered in (week, group))
    (n1, x1), (n2, x2) = week, group
    return bool(own["rate_high"] < other["rate_low"]) and 10 * x1 * n2 <= 8 * x2 * n1


def _z(one: Pair, two: Pair) -> float | None:
    (n1, x1), (n2, x2) = one, two
    if 0 in (n1, n2) or x1 + x2 in (0, n1 + n2):
        return None
    p = (x1 + x2) / (n1 + n2)
    return (x1 / n1 - x2 / n2) / math.sqrt(p * (1 - p) * (1 / n1 + 1 / n2))


def _counts(calls: str, answered: str, share: str, pair: Pair) -> Row:
    return {calls: pair[0], answered: pair[1]} | rate(share, pair[1], pair[0])


def _sum(days: Days, number: str | None, day: date, first: int, last: int) -> Pair:
    total = (0, 0)
    for back in range(first, last + 1):
        total = _plus(total, days.get((number, day - timedelta(days=back)), (0, 0)))
    return total


def _plus(one: Pair, other: Pair) -> Pair:
    return one[0] + other[0], one[1] + other[1]
