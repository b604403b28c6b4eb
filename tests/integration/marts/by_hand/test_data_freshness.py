"""`data_freshness`: each clause of its definition in one small campaign."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]
MakeCall = Callable[..., Row]
Build = Callable[..., Path]
Read = Callable[..., list[Row]]

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MARTS = ("data_freshness",)


def test_a_day_with_tasks_and_no_call_is_fresh_or_not_too(build: Build, read: Read) -> None:
    task = {
        "task_id": "t",
        "call_date": DAY,
        "completed_at": None,
        "registered_at": NOON,
        "state": "failed",
        "attempts": 1,
        "last_status": 400,
        "last_error": None,
        "next_try_at": None,
        "attributes": None,
    }
    (row,) = read(build([], tasks=[task]), "FROM marts.data_freshness")
    assert (row["registered_tasks"], row["failed_tasks"], row["calls"], row["is_complete"]) == (1, 1, 0, False)
