"""A call that is not over yet is kept, asked for again, and final at its deadline."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.command import Command
from tests.support.scripted_api import NOT_FOUND_BODY, ApiResponse, serving
from tests.support.warehouse_rows import read_tables

SECONDS_TO_DEADLINE = 40


def _call(**fields: object) -> ApiResponse:
    return ApiResponse(json.dumps([{"agent_name": "ONEST", "to_number": "917407656243"} | fields]).encode())


RINGING = _call(call_status="RINGING")
WITHOUT_INSIGHTS = _call(call_status="ANSWERED", call_insights={})
DONE = _call(call_status="ANSWERED", call_insights={"next_action": "REDIAL"})
SCRIPT = {
    "rings-for-ever": [RINGING],
    "insights-come": [WITHOUT_INSIGHTS, DONE],
    "gone-later": [WITHOUT_INSIGHTS, ApiResponse(NOT_FOUND_BODY, 404)],
    "empty-for-ever": [ApiResponse(b"[]")],
    "not-known": [ApiResponse(NOT_FOUND_BODY, 404)],
    "known-late": [ApiResponse(NOT_FOUND_BODY, 404), DONE],
    "garbage-for-ever": [ApiResponse(b"<html>")],
    "troubled": [ApiResponse(b"", 503)],
    "done": [DONE],
}
AT_FIRST = {
    "rings-for-ever": "unsettled",
    "insights-come": "unsettled",
    "gone-later": "unsettled",
    "empty-for-ever": "unsettled",
    "not-known": "not_found",
    "known-late": "not_found",
    "garbage-for-ever": "pending",
    "troubled": "pending",
    "done": "settled",
}
AT_LAST = {
    "rings-for-ever": "settled",
    "insights-come": "settled",
    "gone-later": "settled",
    "empty-for-ever": "failed",
    "not-known": "not_found",
    "known-late": "settled",
    "garbage-for-ever": "failed",
    "troubled": "pending",
    "done": "settled",
}


def test_an_unsettled_call_is_kept_asked_again_and_final_at_its_deadline(
    tmp_path: Path, dialflo: Callable[..., Command]
) -> None:
    file = tmp_path / "ids.csv"
    completed_at = datetime.now(UTC)
    file.write_text("task_id,completed_at\n" + "".join(f"{name},{completed_at.isoformat()}\n" for name in SCRIPT))
    deadline = completed_at + timedelta(seconds=SECONDS_TO_DEADLINE)
    with serving(SCRIPT) as api:
        command = dialflo(api.base_url, settle_hours=str(SECONDS_TO_DEADLINE / 3600), tries="1")
        assert command("tasks", "add", "-", stdin=b"done\n").returncode == 0
        assert command("sync").returncode == 0  # a 404 before the first usable answer would count for nothing
        assert command("tasks", "add", file).returncode == 0
        assert command("sync").returncode == 1
        assert max(sent_at for asked in api.requests.values() for _, sent_at, _ in asked) < deadline, "too slow to tell"
        first = read_tables(command.published)
        assert {row["task_id"]: row["state"] for row in first["tasks"]} == AT_FIRST
        assert {row["task_id"] for row in first["calls"]} == {"rings-for-ever", "insights-come", "gone-later", "done"}
        assert all(row["next_try_at"] is None or row["next_try_at"] <= deadline for row in first["tasks"])

        time.sleep(max(0.0, (deadline - datetime.now(UTC)).total_seconds()))
        api.round = 2
        assert command("sync").returncode == 1
        assert api.asked_in(2) == SCRIPT.keys() - {"done"}
        second = read_tables(command.published)
        assert {row["task_id"]: row["state"] for row in second["tasks"]} == AT_LAST
        (kept,) = [row for row in second["calls"] if row["task_id"] == "gone-later"]
        assert kept in first["calls"]

        api.round = 3
        assert command("sync").returncode == 1
        assert api.asked_in(3) == {"troubled"}
        api.round = 4
        assert command("sync", "--retry-failed").returncode == 1
        assert api.asked_in(4) == {"troubled", "empty-for-ever", "garbage-for-ever", "not-known"}
