import json
import re
from collections import defaultdict
from typing import Any

import pytest

from dialflo_pipeline.simulator.agents import AGENTS
from dialflo_pipeline.simulator.documents import document, unsettled_response_count
from dialflo_pipeline.simulator.leads import Task
from dialflo_pipeline.simulator.options import SimulatorOptions

Calls = list[dict[str, Any]]

DOCUMENTED_STATUSES = ("ANSWERED", "NO_ANSWER", "BUSY")
OBSERVED_STATUSES = ("FAILED", "QUEUED", "NOT_ANSWERED", "LINE_BUSY", "IN_PROGRESS", "PAUSED", "CANCELLED")


def _status(call: dict[str, Any]) -> str:
    return str(call.get("call_status") or call.get("call_outcome"))


def _insights(calls: Calls, part: str) -> list[Any]:
    return [(call["call_insights"] or {}).get(part) for call in calls]


def test_a_task_is_told_the_same_way_every_time(
    options: SimulatorOptions, tasks: list[Task], documents: dict[str, Calls]
) -> None:
    assert {task.task_id: document(task, options.seed) for task in tasks} == documents


def test_another_seed_tells_a_task_differently(tasks: list[Task], documents: dict[str, Calls]) -> None:
    assert [document(task, 99) for task in tasks[:20]] != [documents[task.task_id] for task in tasks[:20]]


@pytest.mark.parametrize("field", ["call_status", "call_outcome"])
@pytest.mark.parametrize("status", DOCUMENTED_STATUSES + OBSERVED_STATUSES)
def test_every_known_status_occurs_in_either_field(told_calls: Calls, field: str, status: str) -> None:
    assert any(call.get(field) == status for call in told_calls)


def test_a_call_carries_its_status_in_one_field_only(told_calls: Calls) -> None:
    assert all(("call_status" in call) != ("call_outcome" in call) for call in told_calls)


def test_agents_have_metadata_and_context_of_their_own(told_calls: Calls) -> None:
    for part in ("metadata", "call_context"):
        keys: dict[str, set[str]] = defaultdict(set)
        for call in told_calls:
            found = call["call_context"] if part == "call_context" else (call["call_insights"] or {}).get("metadata")
            keys[call["agent_name"]] |= set(found or {})
        assert len({frozenset(found) for found in keys.values()}) == len(AGENTS)


def test_a_call_that_nobody_answered_has_no_data_points(told_calls: Calls) -> None:
    unanswered = [call for call in told_calls if _status(call) != "ANSWERED"]
    assert not any(_insights(unanswered, "metadata"))
    assert not any(_insights(unanswered, "user_interest"))
    assert any(call["call_insights"] is None for call in unanswered)


def test_every_answered_call_has_insights(told_calls: Calls) -> None:
    assert all(call["call_insights"] for call in told_calls if _status(call) == "ANSWERED")


def test_next_action_comes_as_an_object_and_as_a_string(told_calls: Calls) -> None:
    assert {type(action) for action in _insights(told_calls, "next_action")} == {dict, str, type(None)}


def test_redial_is_asked_for_in_both_forms(told_calls: Calls) -> None:
    actions = _insights(told_calls, "next_action")
    assert "REDIAL" in actions
    assert any(isinstance(action, dict) and action["value"] == "REDIAL" for action in actions)


def test_confidence_comes_in_both_scales_and_now_and_then_as_a_string(told_calls: Calls) -> None:
    found = [interest["confidence_score"] for interest in _insights(told_calls, "user_interest") if interest]
    assert {type(value) for value in found} == {int, float, str, type(None)}
    numbers = [float(value) for value in found if value is not None]
    assert all(0 <= number <= 100 for number in numbers)
    assert sum(number <= 1 for number in numbers) > 100
    assert sum(number > 1 for number in numbers) > 100


def test_durations_are_numbers_strings_and_nulls(told_calls: Calls) -> None:
    assert {type(call["call_duration"]) for call in told_calls} == {int, float, str, type(None)}


def test_a_few_answered_calls_last_much_longer_than_most(told_calls: Calls) -> None:
    seconds = sorted(float(call["call_duration"]) for call in told_calls if _status(call) == "ANSWERED")
    assert seconds[-1] > 4 * seconds[len(seconds) // 2] > 0


def test_times_come_with_an_offset_in_utc_bare_and_not_at_all(told_calls: Calls) -> None:
    times = [call.get("initiation_time") for call in told_calls]
    forms = {time and re.sub(r"\d", "0", time) for time in times}
    assert forms == {None, "0000-00-00 00:00:00+00:00", "0000-00-00T00:00:00.000000Z", "0000-00-00 00:00:00"}


def test_text_is_english_and_hindi(told_calls: Calls) -> None:
    text = json.dumps(told_calls, ensure_ascii=False)
    assert re.search(r"[\u0900-\u097f]{3}", text)
    assert "agreed" in text


@pytest.mark.parametrize("field", ["transcript", "timeline", "cost", "call_quality", "hangup_cause_name"])
def test_some_calls_have_more_fields_than_documented(told_calls: Calls, field: str) -> None:
    assert 0 < sum(field in call for call in told_calls) < len(told_calls)


def test_some_calls_have_the_documented_fields_only(told_calls: Calls) -> None:
    documented = {
        "agent_name",
        "call_context",
        "call_insights",
        "call_recording_url",
        "from_number",
        "to_number",
        "call_status",
        "call_duration",
    }
    assert any(set(call) == documented for call in told_calls)


def test_inbound_calls_come_from_the_contact(tasks: list[Task], documents: dict[str, Calls]) -> None:
    inbound = [task for task in tasks if task.inbound and (task.lead.number or "").isdigit()]
    assert inbound
    for task in inbound:
        for call in documents[task.task_id]:
            assert re.sub(r"\D", "", call["from_number"]).endswith(str(task.lead.number))
            assert call.get("call_direction", "inbound") == "inbound"


def test_an_unsettled_answer_is_in_progress_or_answered_without_insights(
    options: SimulatorOptions, tasks: list[Task]
) -> None:
    seen = set()
    for task in tasks:
        last = document(task, options.seed, settled=False)[-1]
        assert not last["call_insights"]
        seen.add(_status(last))
    assert seen == {"IN_PROGRESS", "ANSWERED"}


def test_only_the_share_asked_for_is_unsettled(options: SimulatorOptions, tasks: list[Task]) -> None:
    half = options.model_copy(update={"unsettled_share": 0.5})
    waits = [unsettled_response_count(task, half) for task in tasks]
    assert set(waits) == {0, 1, 2, 3}
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(0.5, abs=0.06)
    assert not any(unsettled_response_count(task, options) for task in tasks)


def test_only_the_last_days_are_unsettled_when_so_asked(options: SimulatorOptions, tasks: list[Task]) -> None:
    recent = options.model_copy(update={"unsettled_share": 1, "unsettled_days": 2})
    days = {task.day for task in tasks if unsettled_response_count(task, recent)}
    assert sorted((options.last_day - day).days for day in days) == [0, 1]
