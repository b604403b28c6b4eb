"""A small campaign with all kinds of answers, in stages: what is in the inbox, what the API says, which command.

Each stage goes on from the data that the one before it left. What is true of it does not depend on how often an id was
asked for before, so a run that was killed and run again must come to the same.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from tests.chaos.api import Answer

SETTLE_HOURS = 48
OLD_DAYS = 7
TASKS_A_DAY = 6
NOT_FOUND = Answer(404, b'{"detail": "Task not found"}')


@dataclass(frozen=True)
class Stage:
    """One command on the data of the stage before."""

    name: str
    arguments: tuple[str, ...]
    inbox: dict[str, str] = field(default_factory=dict)
    """Files that are dropped before, by name."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """What the API says from now on, by task id."""
    settings: dict[str, str] = field(default_factory=dict)
    stdin: str | None = None

    @property
    def is_same_asking(self) -> bool:
        """Whether no request is sent."""
        return self.arguments[0] != "sync"


def stages(now: datetime | None = None) -> list[Stage]:
    """The same campaign each time, but for the moments, which are reckoned from now."""
    made = _Campaign(Random(20), (now or datetime.now(UTC)).replace(microsecond=0))  # noqa: S311 - always the same one
    return [
        Stage("first", ("sync",), made.first_files(), made.answers),
        Stage("more", ("sync",), made.more_files(), made.later_answers()),
        Stage("rebuilt", ("rebuild",)),
        Stage("added", ("tasks", "add", "-", "--format", "csv"), stdin=made.added()),
        Stage("some days", ("sync", "--from", made.day(1), "--to", made.day(2))),
        Stage("retried", ("sync", "--retry-failed"), {}, made.retried_answers()),
        Stage("other zone", ("sync",), settings={"DIALFLO_TIMEZONE": "Asia/Kolkata"}),
    ]


class _Campaign:
    def __init__(self, dice: Random, now: datetime) -> None:
        self._dice, self._now = dice, now
        self.answers: dict[str, Answer] = {}

    def day(self, number: int) -> str:
        return self._moment(number).date().isoformat()

    def first_files(self) -> dict[str, str]:
        rows = [(f"old-{day}-{place}", self._moment(day)) for day in range(OLD_DAYS) for place in range(TASKS_A_DAY)]
        for task_id, moment in rows:
            self.answers[task_id] = self._calls(moment)
        odd = {
            "odd-two-calls": self._calls(self._moment(1), 3),
            "odd-empty": Answer(200, b"[]"),
            "odd-lost": NOT_FOUND,
            "odd-refused": Answer(422, b'{"detail": "no"}'),
            "odd-down": Answer(503),
            "odd-garbage": Answer(200, b"<html>"),
            "odd-large": self._calls(self._moment(2), 40),
        }
        fresh = {
            "new-ringing": self._calls(self._now, status="RINGING"),
            "new-without-insights": self._calls(self._now, insights={}),
            "new-empty": Answer(200, b"[]"),
            "new-lost": NOT_FOUND,
            "new-garbage": Answer(200, b"{"),
            "new-down": Answer(500),
            "new-refused": Answer(400),
            "new-settled": self._calls(self._now),
        }
        self.answers |= odd | fresh
        older = [*rows, *((task_id, self._moment(place % 4)) for place, task_id in enumerate(odd))]
        return {
            "a.csv": _csv(older[: len(older) // 2]),
            "b.jsonl": _json_lines([*older[len(older) // 2 :], *((task_id, self._now) for task_id in fresh), older[0]]),
            "refused.csv": "name\nA\n",
            "some-refused.csv": _csv([("odd-settled", self._moment(3))]) + "not an id,,\n",
        }

    def later_answers(self) -> dict[str, Answer]:
        changed = {name: self._calls(self._now) for name in ("new-ringing", "new-lost", "new-down", "new-garbage")}
        more = {f"more-{place}": self._calls(self._moment(0)) for place in range(4)}
        return changed | more | {"new-empty": self._calls(self._now, status="QUEUED")}

    def more_files(self) -> dict[str, str]:
        """On days that are there already, and few of them: what is in the warehouse is added to, not made anew."""
        rows = [(f"more-{place}", self._moment(0)) for place in range(4)]
        return {"a.csv": _csv([*rows, ("old-3-0", self._now)])}

    def added(self) -> str:
        rows = [(f"added-{place}", self._moment(place)) for place in range(OLD_DAYS + 2)]
        return _csv([*rows, *rows[:2], ("more-0", self._now)])

    def retried_answers(self) -> dict[str, Answer]:
        return {"odd-refused": self._calls(self._moment(3)), "odd-empty": Answer(422), "odd-garbage": NOT_FOUND}

    def _moment(self, day: int) -> datetime:
        return self._now - timedelta(days=OLD_DAYS + 3 - day)

    def _calls(
        self, moment: datetime, count: int = 1, *, status: str | None = None, insights: object | None = None
    ) -> Answer:
        return Answer(200, json.dumps([self._call(moment, status, insights) for _ in range(count)]).encode())

    def _call(self, moment: datetime, status: str | None, insights: object | None) -> dict[str, object]:
        dice = self._dice
        interest = {
            "status": dice.choice(["Interested", "Unclear", ""]),
            "confidence_score": dice.choice([0.5, 80, 500]),
        }
        known = {
            "user_interest": interest,
            "next_action": dice.choice(["REDIAL", {"value": "DONE", "reason": "said so"}, None]),
            "metadata": {f"key-{dice.randrange(4)}": dice.choice(["", "text", None, 7, [1, {"a": []}]])},
        }
        return {
            "agent_name": dice.choice(["ONEST", "TWOST"]),
            "to_number": f"9174000000{dice.randrange(10, 22)}",
            "call_status": status or dice.choice(["ANSWERED", "NO_ANSWER", "BUSY", "FAILED"]),
            "call_duration": dice.choice([dice.randrange(100), "12.5", -1]),
            "initiation_time": (moment - timedelta(minutes=dice.randrange(600))).isoformat(),
            "call_context": {"name": "someone", "n": dice.randrange(5)},
            "call_insights": known if insights is None else insights,
            "unknown": {"deep": [dice.random()]},
        }


def _csv(rows: list[tuple[str, datetime]]) -> str:
    lines = [f"{task_id},{moment.isoformat()},spring" for task_id, moment in rows]
    return "\n".join(["task_id,completed_at,campaign", *lines, ""])


def _json_lines(rows: list[tuple[str, datetime]]) -> str:
    return "".join(
        json.dumps({"task_id": task_id, "completed_at": moment.isoformat()}) + "\n" for task_id, moment in rows
    )


def drop(stage: Stage, inbox: Path) -> None:
    """Put the stage's files in the inbox."""
    inbox.mkdir(parents=True, exist_ok=True)
    for name, text in stage.inbox.items():
        (inbox / name).write_text(text, encoding="utf-8")
