"""`answer_rate`: dialled calls and answered ones, by day and agent."""

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, grouped, known, mean, median, rate

KEY = ("call_date", "agent_name")


def expected_rows(facts: Facts) -> list[Row]:
    rows = []
    for (day, agent), calls in grouped(facts.dialled, "call_date", "agent_name").items():
        answered = [call for call in calls if call["is_answered"]]
        seconds = known(answered, "call_duration_seconds")
        row = {"call_date": day, "agent_name": agent, "calls": len(calls), "answered_calls": len(answered)}
        row |= rate("answer_rate", len(answered), len(calls))
        rows.append(row | {"avg_answered_seconds": mean(seconds), "median_answered_seconds": median(seconds)})
    return rows
