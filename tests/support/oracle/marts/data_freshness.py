"""`data_freshness`: tasks by state and the newest answer, by day."""

from tests.support.oracle.call_facts import Facts
from tests.support.oracle.figures import Row, count, grouped, known

STATES = ("settled", "unsettled", "pending", "not_found", "failed")
KEY = ("call_date",)


def expected_rows(facts: Facts) -> list[Row]:
    calls = grouped(facts.tables["calls"], "call_date")
    rows = []
    for (day,), tasks in grouped(facts.tables["tasks"], "call_date").items():
        row: Row = {"call_date": day, "registered_tasks": len(tasks)} | _states(tasks)
        answers, next_tries = known(calls.get((day,), []), "fetched_at"), known(tasks, "next_try_at")
        registered = [task["registered_at"] for task in tasks]
        row |= {"held_back_tasks": len(next_tries), "next_try_at": min(next_tries, default=None)}
        row |= {"calls": len(answers), "newest_answer_at": max(answers, default=None)}
        rows.append(row | {"first_registered_at": min(registered), "last_registered_at": max(registered)})
    return rows


def _states(tasks: list[Row]) -> Row:
    row = {f"{state}_tasks": count(tasks, lambda task, state=state: task["state"] == state) for state in STATES}  # type: ignore[misc]
    waiting = row["unsettled_tasks"] + row["pending_tasks"]
    return row | {"waiting_tasks": waiting, "is_complete": waiting + row["failed_tasks"] == 0}
