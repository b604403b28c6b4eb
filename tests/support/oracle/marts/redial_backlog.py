"""`redial_backlog`: contacts that wait for a redial, with their states."""

from datetime import datetime, timedelta

from tests.support.oracle.call_facts import Facts, in_order
from tests.support.oracle.figures import Row, grouped

KEY = ("contact_number", "agent_name")
CHANGES_WITH_THE_CLOCK = ("age_days", "state")


def expected_rows(facts: Facts) -> list[Row]:
    stops = {
        number: in_order(calls)[-1]["stop_word"]
        for (number,), calls in grouped(
            (call for call in facts.calls if call["stop_word"] is not None), "contact_number"
        ).items()
    }
    return [
        _row(number, agent, run, facts) | _state(run, stops.get(number), facts)
        for (number, agent), calls in facts.of_contacts.items()
        if (run := _run(calls))
    ]


def _run(calls: list[Row]) -> list[Row]:
    run: list[Row] = []
    for call in reversed(calls):
        if not call["needs_redial"]:
            break
        run.insert(0, call)
    return run


def _row(number: str, agent: str | None, run: list[Row], facts: Facts) -> Row:
    last, since = run[-1], run[0]["time"]
    return {
        "contact_number": number,
        "agent_name": agent,
        "attempts": len(run),
        "unanswered_attempts": _unanswered(run),
        "since": since,
        "reason": "requested" if any(call["action_meaning"] == "redial" for call in run) else "unanswered",
        "last_task_id": last["task_id"],
        "last_call_date": last["call_date"],
        "last_outcome": last["outcome"],
        "next_action_reason": last["next_action_reason"],
        "due_at": _due_at(run, facts),
        "age_days": max(0, (facts.now - since) // timedelta(hours=24)),
        "last_called_at": last["time"],
        "last_from_number": next(
            (call["from_number_e164"] for call in reversed(run) if call["from_number_e164"] and not call["is_inbound"]),
            None,
        ),
    }


def _unanswered(run: list[Row]) -> int:
    """Calls after the last answered one."""
    return next((place for place, call in enumerate(reversed(run)) if call["is_answered"]), len(run))


def _state(run: list[Row], stop_word: str | None, facts: Facts) -> Row:
    rules, age = facts.rules, facts.now - run[0]["time"]
    if stop_word is not None:
        return {"state": "stopped", "stop_reason": stop_word}
    if _unanswered(run) >= rules.redial_max_attempts:
        state = "exhausted"
    elif rules.redial_max_age_days is not None and age > timedelta(days=rules.redial_max_age_days):
        state = "stale"
    else:
        state = "waiting" if facts.now < _due_at(run, facts) else "due"
    return {"state": state, "stop_reason": None}


def _due_at(run: list[Row], facts: Facts) -> datetime:
    last: datetime = run[-1]["time"]
    return last + timedelta(minutes=facts.rules.redial_min_gap_minutes)
