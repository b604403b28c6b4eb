"""The documented example, served over HTTP, gives exactly the rows that its reader expects."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.support.command import Command
from tests.support.scripted_api import ApiResponse, serving
from tests.support.warehouse_rows import read_tables, read_types

EXAMPLE = Path(__file__).resolve().parents[1] / "cases" / "documented_response.json"
TASK = "0b8a7c1e-6f0d-4c5e-9f57-1c2d3e4f5a6b"
EXPECTED_CALL = {
    "task_id": TASK,
    "call_index": 0,
    "agent_name": "ONEST",
    "call_status": "ANSWERED",
    "outcome": "answered",
    "is_answered": True,
    "from_number": "918035736461",
    "to_number": "917407656243",
    "from_number_e164": "+918035736461",
    "to_number_e164": "+917407656243",
    "contact_number": "+917407656243",
    "call_duration_seconds": 23.0,
    "interest_status": "Unclear",
    "interest_confidence": 0.0,
    "interest_reasoning": "The user did not provide a clear response to any of the questions.",
    "next_action": "REDIAL",
    "next_action_reason": "Candidate did not engage in the discussion.",
    "source": "api",
}
CALL_TYPES = {
    "task_id": "VARCHAR",
    "call_index": "INTEGER",
    "call_date": "DATE",
    "is_answered": "BOOLEAN",
    "occurred_at": "TIMESTAMP WITH TIME ZONE",
    "call_duration_seconds": "DOUBLE",
    "interest_confidence": "DOUBLE",
    "extra": "JSON",
    "fetched_at": "TIMESTAMP WITH TIME ZONE",
}


def test_the_documented_example_gives_exactly_its_rows(tmp_path: Path, dialflo: Callable[..., Command]) -> None:
    with serving({TASK: [ApiResponse(EXAMPLE.read_bytes())]}) as api:
        command = dialflo(api.base_url)
        assert command("tasks", "add", "-", stdin=TASK.encode()).returncode == 0
        assert command("sync").returncode == 0
        assert len(api.headers) == 1
    tables = read_tables(command.published)
    (task,) = tables["tasks"]
    assert (task["state"], task["attempts"], task["last_status"], task["attributes"]) == ("settled", 1, 200, None)

    (call,) = tables["calls"]
    url = json.loads(EXAMPLE.read_bytes())[0]["call_recording_url"]
    known = EXPECTED_CALL | {"call_recording_url": url, "call_date": task["call_date"]}
    known |= {"fetched_at": call["fetched_at"]}
    assert call == dict.fromkeys(call) | known
    types = read_types(command.published)["calls"]
    assert {name: types[name] for name in CALL_TYPES} == CALL_TYPES

    keys = {row["key"]: (row["value"], row["value_type"], row["is_filled"]) for row in tables["call_metadata"]}
    assert keys == {
        "degree": ("No", "string", True),
        "call_time": ("20th March 10 AM", "string", True),
        "current_job": ("", "string", False),
        "current_city": ("", "string", False),
    }
    assert not tables["call_context"]
    assert not tables["rejects"]

    (contact,) = tables["redial_backlog"]
    assert contact["contact_number"] == "+917407656243"
    assert (contact["attempts"], contact["reason"], contact["last_outcome"]) == (1, "requested", "answered")
    assert contact["since"] == datetime.combine(task["call_date"], datetime.min.time(), UTC)
    (rate,) = tables["answer_rate"]
    assert (rate["calls"], rate["answered_calls"], rate["answer_rate"]) == (1, 1, 1.0)
