"""Unseen campaigns through `tasks add`, `sync`, `sync` and `rebuild`: every row equals the oracle's."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.oracle.warehouse import Rules, TaskRow, expected_warehouse
from tests.support.scripted_api import TOKEN, ApiResponse, ScriptedApi, serving
from tests.support.varied_campaign import Campaign, campaign
from tests.support.warehouse_rows import FLAT, differences, lasting, read_tables

SPRING_FORWARD = datetime(2024, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seed", "zone", "around"),
    [(1, "Asia/Kolkata", None), (2, "America/New_York", SPRING_FORWARD)],
    ids=["of-last-week", "on-the-days-when-clocks-jump"],
)
def test_every_row_of_a_campaign_equals_that_of_the_oracle(
    seed: int, zone: str, around: datetime | None, tmp_path: Path, dialflo: Callable[..., Command]
) -> None:
    made = campaign(seed, zone, tmp_path, around=around)
    with serving(made.script) as api:
        command = dialflo(api.base_url, timezone=zone)
        command.is_installed = True
        fetch_a_first_answer(command, api, made)
        added = command("tasks", "add", *made.files)
        assert added.returncode == 1
        assert f"refused {made.bad_rows}" in added.stdout
        assert command("sync", PYTHONHASHSEED="1").returncode == 1
        first = agreed(command, api, made, zone)
        final = {row["task_id"] for row in first["tasks"] if row["state"] in ("settled", "failed")}
        assert len(final) > len(first["tasks"]) / 2

        api.round = 2
        command("sync", PYTHONHASHSEED="4")
        assert not api.asked_in(2) & final
        second = agreed(command, api, made, zone)
        assert rows_of(final, second) == rows_of(final, first)
        assert not api.problems
        assert all(headers["auth_token"] == f"Bearer {TOKEN}" for headers in api.headers)
        assert not any("authorization" in headers for headers in api.headers)

    # Another order of hashes, as every process has its own.
    assert command("rebuild", PYTHONHASHSEED="4").returncode == 0
    rebuilt = read_tables(command.published)
    assert lasting(rebuilt) == lasting(second)
    assert not any(TOKEN.encode() in file.read_bytes() for file in command.data.rglob("*") if file.is_file())
    assert TOKEN not in "".join(command.said)


def fetch_a_first_answer(command: Command, api: ScriptedApi, made: Campaign) -> None:
    """A settled id before all others: a 404 sent before the lake's first usable answer would count for nothing."""
    api.script["first"] = [ApiResponse(b'[{"agent_name": "A", "call_status": "BUSY"}]')]
    made.rows.insert(0, TaskRow("first"))
    assert command("tasks", "add", "-", stdin=b"first\n").returncode == 0
    assert command("sync").returncode == 0


def agreed(command: Command, api: ScriptedApi, made: Campaign, zone: str) -> dict[str, list[dict[str, object]]]:
    """The published tables, once they equal the oracle's."""
    found = read_tables(command.published)
    registered_at = {row["task_id"]: row["registered_at"] for row in found["tasks"]}
    expected = expected_warehouse(made.rows, api.askings(), registered_at, Rules(zone))
    assert differences(found, expected, datetime.now(UTC)) == []
    return found


def rows_of(tasks: set[object], tables: dict[str, list[dict[str, object]]]) -> dict[str, list[str]]:
    """The rows of these tasks in each table that names its task."""
    return lasting({name: [row for row in tables[name] if row["task_id"] in tasks] for name in FLAT})
