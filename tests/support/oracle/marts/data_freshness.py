"""`data_freshness` and `unmapped_values`: what is there, and which words nobody has mapped."""

from tests.e2e.judge_marts.facts import Facts
from tests.e2e.judge_marts.figures import Row, count, grouped, known
from tests.e2e.judge_marts.words import plain
from tests.e2e.judge_values import is_blank

STATES = ("settled", "unsettled", "pending", "not_found", "failed")


def data_freshness(facts: Facts) -> list[Row]:
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


def unmapped_values(facts: Facts) -> list[Row]:
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
