"""`answer_rate`, `interest_distribution`, `call_outcomes`, `next_actions`: what calls came to, by day and agent."""

from tests.e2e.judge_marts.facts import Facts, texts
from tests.e2e.judge_marts.figures import Row, count, grouped, known, mean, median, rate

REASONS = ("call_status", "outcome_reason", "hangup_cause", "hangup_source")


def answer_rate(facts: Facts) -> list[Row]:
    rows = []
    for (day, agent), calls in grouped(facts.dialled, "call_date", "agent_name").items():
        answered = [call for call in calls if call["is_answered"]]
        seconds = known(answered, "call_duration_seconds")
        row = {"call_date": day, "agent_name": agent, "calls": len(calls), "answered_calls": len(answered)}
        row |= rate("answer_rate", len(answered), len(calls))
        rows.append(row | {"avg_answered_seconds": mean(seconds), "median_answered_seconds": median(seconds)})
    return rows


def interest_distribution(facts: Facts) -> list[Row]:
    answered = [call | texts(call, "interest_status") for call in facts.calls if call["is_answered"]]
    totals = grouped(answered, "call_date", "agent_name")
    rows = []
    for key, calls in grouped(answered, "call_date", "agent_name", "interest_status").items():
        total = len(totals[key[:2]])
        row = dict(zip(("call_date", "agent_name", "interest_status"), key, strict=True))
        row |= {"calls": len(calls), "answered_calls": total} | rate("share", len(calls), total)
        rows.append(row | {"avg_confidence": mean(known(calls, "interest_confidence"))})
    return rows


def call_outcomes(facts: Facts) -> list[Row]:
    keys = ("call_date", "agent_name", "direction", "outcome", *REASONS)
    calls = [
        call | texts(call, *REASONS) | {"direction": "inbound" if call["is_inbound"] else "outbound"}
        for call in facts.calls
    ]
    totals = grouped(calls, "call_date", "agent_name")
    rows = []
    for key, group in grouped(calls, *keys).items():
        total = len(totals[key[:2]])
        row = dict(zip(keys, key, strict=True)) | {"calls": len(group), "agent_calls": total}
        rows.append(row | rate("share", len(group), total))
    return rows


def next_actions(facts: Facts) -> list[Row]:
    calls = [call | {"action": texts(call, "next_action")["next_action"]} for call in facts.calls]
    totals = grouped(calls, "call_date", "agent_name")
    rows = []
    for (day, agent, action), group in grouped(calls, "call_date", "agent_name", "action").items():
        total = len(totals[day, agent])
        row = {"call_date": day, "agent_name": agent, "next_action": action}
        meanings = {call["action_meaning"] or "none" for call in group}
        row["meaning"] = meanings.pop() if len(meanings) == 1 else "none"
        row |= {"calls": len(group), "answered_calls": count(group, lambda call: call["is_answered"])}
        rows.append(row | {"agent_calls": total} | rate("share", len(group), total))
    return rows
