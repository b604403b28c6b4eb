"""Unseen campaigns through `tasks add`, `sync`, `sync` and `rebuild`: every row equals the judge's."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.conftest import Command
from tests.e2e.judge import Rules, judge
from tests.e2e.scripted_api import TOKEN, ScriptedApi, serving
from tests.e2e.varied_campaign import Campaign, campaign
from tests.e2e.warehouse_rows import differences, read_tables

ZONES = {1: "Asia/Kolkata", 2: "America/New_York"}


@pytest.mark.parametrize("seed", ZONES)
def test_every_row_of_a_campaign_is_as_the_judge_reckons_it(
    seed: int, tmp_path: Path, dialflo: Callable[..., Command]
) -> None:
    zone = ZONES[seed]
    made = campaign(seed, zone, tmp_path)
    with serving(made.script) as api:
        command = dialflo(api.base_url, timezone=zone)
        added = command("tasks", "add", *made.files)
        assert added.returncode == 1, added
        assert added.stdout.count("refused") and f"refused {made.bad_rows}" in added.stdout
        command("sync")
        first = agreed(command, api, made, zone)
        settled = {row["task_id"] for row in first["tasks"] if row["state"] == "settled"}
        final = settled | {row["task_id"] for row in first["tasks"] if row["state"] == "failed"}
        assert len(settled) > len(first["tasks"]) / 2

        api.round = 2
        command("sync")
        assert not api.asked_in(2) & final
        second = agreed(command, api, made, zone)
        assert [row for row in second["tasks"] if row["task_id"] in final] == [
            row for row in first["tasks"] if row["task_id"] in final
        ]
        assert not api.problems
        assert all(headers["auth_token"] == f"Bearer {TOKEN}" for headers in api.headers)

    assert command("rebuild").returncode == 0
    rebuilt = read_tables(command.published)
    assert {name: sorted_rows(rows) for name, rows in rebuilt.items()} == {
        name: sorted_rows(rows) for name, rows in second.items()
    }


def agreed(command: Command, api: ScriptedApi, made: Campaign, zone: str) -> dict[str, list[dict[str, object]]]:
    """The published tables, once the judge has found nothing wrong with them."""
    found = read_tables(command.published)
    registered_at = {row["task_id"]: row["registered_at"] for row in found["tasks"]}
    expected = judge(made.rows, api.askings(), registered_at, Rules(zone))
    assert differences(found, expected, datetime.now(UTC)) == []
    return found


def sorted_rows(rows: list[dict[str, object]]) -> list[str]:
    return sorted(map(repr, rows))
