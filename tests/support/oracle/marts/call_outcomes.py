"""`call_outcomes`: calls by outcome and reasons as sent."""

from tests.support.oracle.call_facts import Facts, texts
from tests.support.oracle.figures import Row, grouped, rate

REASONS = ("call_status", "outcome_reason", "hangup_cause", "hangup_source")
KEY = ("call_date", "agent_name", "direction", "outcome", *REASONS)


def expected_rows(facts: Facts) -> list[Row]:
    calls = [
        call | texts(call, *REASONS) | {"direction": "inbound" if call["is_inbound"] else "outbound"}
        for call in facts.calls
    ]
    totals = grouped(calls, "call_date", "agent_name")
    rows = []
    for key, group in grouped(calls, *KEY).items():
        total = len(totals[key[:2]])
        row = dict(zip(KEY, key, strict=True)) | {"calls": len(group), "agent_calls": total}
        rows.append(row | rate("share", len(group), total))
    return rows
