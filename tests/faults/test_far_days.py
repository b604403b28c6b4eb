"""Days far from today, as mistakes of whoever registers them bring, through the installed command."""

from collections.abc import Callable

import duckdb
import pytest

from tests.support.command import Command
from tests.support.scripted_api import ApiResponse, serving

BODY = b'[{"agent_name": "A", "call_status": "BUSY", "to_number": "919876543210"}]'


@pytest.mark.parametrize("timezone", ["Asia/Kolkata", "America/New_York"])
def test_a_task_of_any_day_there_can_be_costs_no_other(dialflo: Callable[..., Command], timezone: str) -> None:
    days = {
        "first": "1990-01-02",
        "usual": "2025-06-25",
        "last": "2099-12-31",
    }
    with serving({name: [ApiResponse(BODY)] for name in days}) as api:
        command = dialflo(api.base_url, timezone=timezone)
        file = command.folder / "ids.csv"
        refused = [f"{day},{day}" for day in ("0001-01-01", "1969-12-31", "2150-01-01", "9999-12-31")]
        file.write_text("\n".join(["task_id,call_date", *map(",".join, days.items()), *refused]))
        added = command("tasks", "add", file)
        assert added.returncode == 1
        assert "registered 3, already known 0, refused 4" in added.stdout
        assert command("sync").returncode == 0
        assert command("rebuild").returncode == 0
    with duckdb.connect(str(command.published), read_only=True) as connection:
        found = connection.execute("SELECT task_id, call_date::VARCHAR, state FROM tasks").fetchall()
        answer_rate = connection.execute("SELECT call_date::VARCHAR, calls FROM marts.answer_rate").fetchall()
    assert sorted(found) == sorted((name, day, "settled") for name, day in days.items())
    assert sorted(answer_rate) == sorted((day, 1) for day in days.values())
