"""`next_actions`: calls by next action as sent."""

from tests.support.oracle.call_facts import Facts, texts
from tests.support.oracle.figures import Row, count, grouped, rate

KEY = ("call_date", "agent_name", "next_action")


def expected_rows(facts: Facts) -> list[Row]:
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
