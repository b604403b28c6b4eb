"""`metadata_coverage`: each clause of its definition in one small campaign."""

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
MARTS = ("metadata_coverage",)


def test_a_key_that_is_filled_more_rarely_than_before_is_drifting(
    make_call: MakeCall, build: Build, read: Read
) -> None:
    calls, metadata = [], []
    for days, filled, count in ((0, 5, 40), (7, 35, 40)):
        for number in range(count):
            call = make_call(task_id=f"{days} {number}", call_date=DAY - timedelta(days=days))
            place = {name: call[name] for name in ("task_id", "call_index", "call_date", "agent_name")}
            values = {"city": "Pune" if number < filled else "", "name": f"n{number}"}
            calls.append(call)
            metadata += [
                {**place, "key": key, "value": value, "value_type": "string", "is_filled": bool(value)}
                for key, value in values.items()
            ]
    columns = "key, asked_calls, filled_calls, distinct_values, recent_filled_share, baseline_filled_share, drift"
    rows = read(build(calls, metadata=metadata), f"SELECT {columns} FROM marts.metadata_coverage ORDER BY key")
    assert [tuple(row.values()) for row in rows] == [
        ("city", 80, 40, 1, 0.125, 0.875, "fell"),
        ("name", 80, 80, 40, 1.0, 1.0, "steady"),
    ]
