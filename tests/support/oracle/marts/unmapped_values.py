"""`unmapped_values`: words as sent that no mapping knows."""

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, grouped
from tests.support.oracle.values import is_blank
from tests.support.oracle.words import plain

KEY = ("kind", "value")


def expected_rows(facts: Facts) -> list[Row]:
    words = facts.words
    kinds = (
        ("status", "call_status", words.statuses),
        ("interest", "interest_status", words.interests),
        ("action", "next_action", words.actions),
    )
    rows = []
    for kind, column, mapped in kinds:
        unknown = [call for call in facts.calls if not is_blank(call[column]) and plain(call[column]) not in mapped]
        if kind == "status":
            unknown = [call for call in unknown if call["sent_outcome"] == "unknown"]
        for (value,), calls in grouped(unknown, column).items():
            seen = [call["call_date"] for call in calls]
            row = {"kind": kind, "value": value, "calls": len(calls)}
            rows.append(row | {"first_seen": min(seen), "last_seen": max(seen)})
    return rows
