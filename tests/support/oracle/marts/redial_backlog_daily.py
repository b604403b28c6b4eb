"""`redial_backlog_daily`: the backlog at the end of each day."""

from datetime import date

from tests.support.oracle.call_facts import Facts, days
from tests.support.oracle.figures import Row, grouped

KEY = ("call_date", "agent_name")


def expected_rows(facts: Facts) -> list[Row]:
    rows = []
    for (agent,), calls in grouped(facts.calls, "agent_name").items():
        contacts = [group for (_, name), group in facts.of_contacts.items() if name == agent]
        before: set[str] = set()
        for day in days(min(call["call_date"] for call in calls), facts.last_day):
            now = {group[0]["contact_number"] for group in contacts if _waits(group, day)}
            row = {"call_date": day, "agent_name": agent, "backlog": len(now)}
            rows.append(row | {"opened": len(now - before), "cleared": len(before - now)})
            before = now
    return rows


def _waits(calls: list[Row], day: date) -> bool:
    latest = next((call for call in reversed(calls) if call["call_date"] <= day), None)
    return latest is not None and bool(latest["needs_redial"])
