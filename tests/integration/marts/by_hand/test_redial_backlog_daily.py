"""`redial_backlog_daily`: each clause of its definition in one small campaign."""

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
MARTS = ("redial_backlog", "redial_backlog_daily")


def test_the_daily_backlog_fills_quiet_days_up_to_the_last_day_of_all(
    missed: MakeCall, build: Build, read: Read
) -> None:
    def on(offset: int, task_id: str, **values: Any) -> Row:
        change = timedelta(days=offset)
        return missed(task_id, call_date=DAY + change, occurred_at=NOON + change, **values)

    calls = [
        on(0, "quiet", contact_number=None, outcome="answered"),
        on(1, "a", contact_number="1"),
        on(1, "b", contact_number="2"),
        on(3, "c", contact_number="1", outcome="answered"),
        on(3, "d", contact_number="3"),
        on(5, "e", agent_name="Ravi", outcome="in_progress"),
    ]
    rows = read(build(calls), "FROM marts.redial_backlog_daily ORDER BY agent_name, call_date")
    found = [(row["agent_name"], (row["call_date"] - DAY).days, *list(row.values())[2:]) for row in rows]
    assert found == [
        ("Asha", 0, 0, 0, 0),
        ("Asha", 1, 2, 0, 2),
        ("Asha", 2, 0, 0, 2),
        ("Asha", 3, 1, 1, 2),
        ("Asha", 4, 0, 0, 2),
        ("Asha", 5, 0, 0, 2),
        ("Ravi", 5, 0, 0, 0),
    ]


def test_the_daily_backlog_goes_by_time_where_days_say_otherwise(missed: MakeCall, build: Build, read: Read) -> None:
    calls = [
        missed("a", call_date=DAY, occurred_at=NOON + timedelta(days=9)),
        missed("b", call_date=DAY + timedelta(days=1), occurred_at=NOON, outcome="answered"),
    ]
    rows = read(build(calls), "SELECT opened, cleared, backlog FROM marts.redial_backlog_daily ORDER BY call_date")
    assert [tuple(row.values()) for row in rows] == [(1, 0, 1), (0, 0, 1)]


def test_the_last_day_of_the_daily_backlog_agrees_with_the_backlog(missed: MakeCall, build: Build, read: Read) -> None:
    path = build(
        [missed(str(n), contact_number=str(n % 4), outcome=["busy", "answered"][n % 3 == 0]) for n in range(9)]
    )
    counted = read(path, "SELECT count(*) AS backlog FROM marts.redial_backlog")
    assert read(path, "SELECT backlog FROM marts.redial_backlog_daily") == counted
