"""The checks that compare the newest days with the ones before, on warehouses made of hand-written calls."""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from dialflo_pipeline.checks.check import CheckResult
from dialflo_pipeline.checks.context import Clock
from dialflo_pipeline.checks.run import all_checks, run_checks
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.settings import LakeSettings

FIRST = date(2024, 5, 1)
TODAY = date(2024, 6, 5)
DAYS = [FIRST + timedelta(days=day) for day in range((TODAY - FIRST).days)]
LAST = DAYS[-1]
PATIENCE = timedelta(hours=24)

Row = dict[str, Any]
Find = Callable[[str], CheckResult]


@pytest.fixture
def path(build: Callable[..., Path], make_call: Callable[..., Row]) -> Path:
    """A warehouse with all tables and models, and nothing in those that the tests fill."""
    path = build([make_call()])
    with duckdb.connect(path) as connection:
        connection.execute("DELETE FROM main.calls; DELETE FROM marts.answer_rate; DELETE FROM main.tasks")
    return path


@pytest.fixture
def fill(path: Path) -> Callable[[str, Iterable[Row]], None]:
    """Puts rows in a table."""

    def insert(table: str, rows: Iterable[Row]) -> None:
        with duckdb.connect(path) as connection:
            for row in rows:
                names = ", ".join(row)
                marks = ", ".join(f"${name}" for name in row)
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)

    return insert


@pytest.fixture
def find(path: Path) -> Find:
    """What one check finds, at noon of the day after the last."""

    def run(name: str) -> CheckResult:
        checks = [check for check in all_checks() if check.name == name]
        now = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
        clock = Clock(now, ZoneInfo("UTC"), PATIENCE)
        (result,) = run_checks(DataDir(path.parents[1]), checks, LakeSettings("UTC", PATIENCE), clock)
        return result

    return run


Fill = Callable[[str, Iterable[Row]], None]


def rate(day: date, calls: int, answered: int, agent: str | None = "Asha") -> Row:
    return {
        "call_date": day,
        "agent_name": agent,
        "calls": calls,
        "answered_calls": answered,
        "answer_rate": answered / calls,
    }


def chance_rates(seed: int, share: float, calls: int, agent: str | None = "Asha") -> list[Row]:
    """Days on which nothing but chance is at work."""
    dice = random.Random(seed)  # noqa: S311 - chance, not a secret
    return [rate(day, calls, sum(dice.random() < share for _ in range(calls)), agent) for day in DAYS]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.4, 1.0])
@pytest.mark.parametrize("calls", [30, 300])
def test_chance_alone_is_usual(share: float, calls: int, find: Find, fill: Fill) -> None:
    fill("marts.answer_rate", chance_rates(7, share, calls))
    assert find("answer_rate_as_usual").passed


def test_a_rate_that_falls_by_half_is_told_with_its_figures(find: Find, fill: Fill) -> None:
    rows = [row for agent in ("Asha", None) for row in chance_rates(1, 0.5, 200, agent)]
    fill("marts.answer_rate", [row for row in rows if (row["call_date"], row["agent_name"]) != (LAST, None)])
    fill("marts.answer_rate", [rate(LAST, 200, 50, None)])
    result = find("answer_rate_as_usual")
    assert result.rows == 1
    assert f"{LAST}, (none): 25.0% of 200 calls answered, where" in result.sentence


def test_an_odd_day_long_ago_is_neither_told_nor_changes_what_is_usual(find: Find, fill: Fill) -> None:
    rows = chance_rates(2, 0.5, 200)
    rows[3] = rate(DAYS[3], 200, 0)
    rows[-12] = rate(DAYS[-12], 200, 200)
    fill("marts.answer_rate", rows)
    assert find("answer_rate_as_usual").passed


def test_a_day_that_is_not_over_and_days_with_few_calls_are_left_alone(find: Find, fill: Fill) -> None:
    fill("marts.answer_rate", [*chance_rates(3, 0.5, 100), rate(TODAY, 100, 0), rate(LAST, 29, 0, "Ravi")])
    assert find("answer_rate_as_usual").passed
    assert find("volume_as_usual").passed


def test_a_week_of_history_is_needed(find: Find, fill: Fill) -> None:
    fill("marts.answer_rate", [rate(day, 100, 50) for day in DAYS[-7:-1]] + [rate(LAST, 100, 0)])
    assert find("answer_rate_as_usual").passed


@pytest.mark.parametrize(("calls", "told"), [(100, False), (60, False), (150, False), (40, True), (400, True)])
def test_volume_is_unusual_below_half_and_above_twice(calls: int, told: bool, find: Find, fill: Fill) -> None:
    fill("marts.answer_rate", [rate(day, 95 + day.day % 7, 50) for day in DAYS[:-1]] + [rate(LAST, calls, 20)])
    assert find("volume_as_usual").passed is not told


def test_an_agent_who_falls_silent_is_told_where_others_still_call(find: Find, fill: Fill) -> None:
    fill("marts.answer_rate", [rate(day, 100, 50, agent) for day in DAYS[:-1] for agent in ("Asha", "Ravi")])
    assert find("volume_as_usual").passed
    fill("marts.answer_rate", [rate(LAST, 100, 50, "Asha")])
    assert f"{LAST}, Ravi: 0 calls, where 100 are usual" in find("volume_as_usual").sentence


def test_weekends_without_any_call_are_usual(find: Find, fill: Fill) -> None:
    fill("marts.answer_rate", [rate(day, 100, 50) for day in DAYS if day.weekday() < 5])
    assert find("volume_as_usual").passed


@pytest.fixture
def talked(fill: Fill, make_call: Callable[..., Row]) -> Callable[[dict[date, list[str]]], None]:
    """Puts 20 answered calls on each day, with these metadata keys."""

    def put(keys: dict[date, list[str]]) -> None:
        calls, points = [], []
        for day, names in keys.items():
            for place in range(20):
                task = {"task_id": f"{day}-{place}", "call_index": 0, "call_date": day, "agent_name": "Asha"}
                call = {name: value for name, value in make_call(**task).items() if value is not None}
                calls.append(call)
                said = {"value_type": "string", "is_filled": True, "value": "+919876543210"}
                points += [task | said | {"key": name} for name in names]
        fill("main.calls", calls)
        fill("main.call_metadata", points)

    return put


def test_new_and_vanished_metadata_keys_are_told_by_name(
    talked: Callable[[dict[date, list[str]]], None], find: Find
) -> None:
    talked({day: ["city", "degree"] for day in DAYS[-14:-7]} | {day: ["city", "pincode"] for day in DAYS[-7:]})
    result = find("metadata_keys_as_usual")
    assert result.rows == 2
    assert "Asha: degree has vanished, 0 of 140 calls lately and 140 of 140 before" in result.sentence
    assert "Asha: pincode is new, 140 of 140 calls lately and 0 of 140 before" in result.sentence
    assert "98765" not in result.sentence


def test_the_same_keys_are_usual_and_so_is_a_first_week(
    talked: Callable[[dict[date, list[str]]], None], find: Find
) -> None:
    talked({day: ["city"] for day in DAYS[-5:]})
    assert find("metadata_keys_as_usual").passed


def test_many_rejects_at_one_place_are_told_by_path(find: Find, fill: Fill) -> None:
    told = {"call_date": LAST, "path": "call_duration", "reason": "is no number", "call_index": 0}
    fill("main.tasks", [task(LAST, "settled")])
    fill("main.rejects", [told | {"task_id": f"t{place}", "value": '"secret"'} for place in range(5)])
    result = find("few_rejects")
    assert "call_duration: is no number, 5 times" in result.sentence
    assert "secret" not in result.sentence


def task(day: date, state: str, registered: date | None = None, task_id: str = "t") -> Row:
    moment = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    known = registered or day
    return {
        "task_id": f"{task_id}-{day}",
        "call_date": day,
        "completed_at": moment,
        "registered_at": datetime(known.year, known.month, known.day, 10, tzinfo=UTC),
        "state": state,
        "attempts": 1,
    }


def test_a_day_whose_tasks_still_wait_long_after_they_should_have_settled_is_told(find: Find, fill: Fill) -> None:
    fill("main.tasks", [task(DAYS[-10], "pending"), task(DAYS[-10], "settled", task_id="u"), task(LAST, "pending")])
    result = find("days_are_complete")
    assert result.sentence == f"1 days are not complete. {DAYS[-10]}: 1 of 2 tasks still wait for their answer."


def test_ids_of_old_days_that_came_only_now_are_given_time(find: Find, fill: Fill) -> None:
    fill("main.tasks", [task(FIRST, "pending", registered=LAST)])
    assert find("days_are_complete").passed


def test_no_news_for_long_is_told_and_an_old_backfill_is_no_news(find: Find, fill: Fill) -> None:
    fill("main.tasks", [task(day, "settled") for day in DAYS[:-10]])
    fill("main.tasks", [task(FIRST - timedelta(days=30), "settled", registered=LAST)])
    assert f"the newest day with an answer is {DAYS[-11]}, 11 days ago" in find("new_days_arrive").sentence


def test_news_of_yesterday_and_usual_gaps_are_in_order(find: Find, fill: Fill) -> None:
    fill("main.tasks", [task(day, "settled") for day in (FIRST, FIRST + timedelta(days=14), LAST - timedelta(days=20))])
    assert find("new_days_arrive").passed


def test_shares_that_do_not_add_up_are_told(path: Path, find: Find) -> None:
    assert find("shares_add_up").passed
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE marts.interest_distribution SET share = 0.75")
    assert find("shares_add_up").sentence.endswith("2024-05-01, Asha: 0.750000.")
