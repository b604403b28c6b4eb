"""`interest_distribution`: answered calls by interest as sent."""

from tests.support.oracle.call_facts import Facts, texts
from tests.support.oracle.figures import Row, grouped, known, mean, rate

KEY = ("call_date", "agent_name", "interest_status")


def expected_rows(facts: Facts) -> list[Row]:
    answered = [call | texts(call, "interest_status") for call in facts.calls if call["is_answered"]]
    totals = grouped(answered, "call_date", "agent_name")
    rows = []
    for key, calls in grouped(answered, "call_date", "agent_name", "interest_status").items():
        total = len(totals[key[:2]])
        row = dict(zip(("call_date", "agent_name", "interest_status"), key, strict=True))
        row |= {"calls": len(calls), "answered_calls": total} | rate("share", len(calls), total)
        rows.append(row | {"avg_confidence": mean(known(calls, "interest_confidence"))})
    return rows
