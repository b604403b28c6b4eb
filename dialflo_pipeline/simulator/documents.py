"""The JSON document of a task as the API sends it, settled or not. Pure; depends on (seed, task).

The shape varies like that of the real service: the documented one, and the observed one with more fields.
"""

from random import Random
from typing import Any

from dialflo_pipeline.simulator import phones
from dialflo_pipeline.simulator.extra_fields import recording_url, service_fields, undocumented_fields
from dialflo_pipeline.simulator.insights import insights
from dialflo_pipeline.simulator.leads import Call, Task
from dialflo_pipeline.simulator.options import SimulatorOptions
from dialflo_pipeline.simulator.seeded_random import random_share, seeded_random

_MAX_UNSETTLED_RESPONSES = 3


def document(task: Task, seed: int, *, settled: bool = True) -> list[dict[str, Any]]:
    """The array of call objects of `task`; if unsettled, the last call is incomplete."""
    rng = seeded_random(seed, task.task_id)
    calls = [_call_object(rng, task, call) for call in task.calls]
    return calls if settled else [*calls[:-1], _make_unsettled(rng, calls[-1])]


def unsettled_response_count(task: Task, options: SimulatorOptions) -> int:
    """How many responses for `task` are unsettled before the first settled one."""
    days_ago = (options.last_day - task.day).days
    if options.unsettled_days is not None and days_ago >= options.unsettled_days:
        return 0
    if random_share(options.seed, "unsettled", task.task_id) >= options.unsettled_share:
        return 0
    return 1 + int(random_share(options.seed, "until", task.task_id) * _MAX_UNSETTLED_RESPONSES)


def _call_object(rng: Random, task: Task, call: Call) -> dict[str, Any]:
    agent = task.lead.agent
    fields: dict[str, Any] = {
        "agent_name": agent.name,
        "call_context": task.lead.context,
        "call_insights": insights(rng, task.lead, call),
        "call_recording_url": recording_url(rng) if call.mood else rng.choice((None, "")),
        **_numbers(rng, task),
        "call_outcome" if rng.random() < agent.style.with_outcome_only else "call_status": call.status,
        "call_duration": _duration(rng, call),
    }
    if rng.random() < agent.style.with_service_fields:
        fields |= service_fields(rng, task, call)
    if call.mood and rng.random() < agent.style.extras:
        fields |= undocumented_fields(rng, task.lead, call)
    return fields


def _numbers(rng: Random, task: Task) -> dict[str, str | None]:
    agent = task.lead.agent
    contact = phones.format_number(rng, task.lead.number)
    line = phones.agent_line(agent.country, agent.agent_id % 100)
    caller, called = (contact, line) if task.inbound else (line, contact)
    return {"from_number": caller, "to_number": called}


def _duration(rng: Random, call: Call) -> float | str | None:
    if not call.mood:
        return rng.choice((0, 0.0, 0, None))
    return str(call.talk_seconds) if rng.random() < 0.04 else call.talk_seconds


def _make_unsettled(rng: Random, fields: dict[str, Any]) -> dict[str, Any]:
    status = "call_outcome" if "call_outcome" in fields else "call_status"
    if fields[status] == "ANSWERED" and rng.random() < 0.5:
        return {**fields, "call_insights": rng.choice((None, {}))}
    known = ("agent_name", "call_context", "from_number", "to_number", "call_id", "agent_id", "initiation_time")
    running = {key: fields[key] for key in (*known, "call_direction") if key in fields}
    return {**running, status: "IN_PROGRESS", "call_insights": None, "call_recording_url": None, "call_duration": None}
