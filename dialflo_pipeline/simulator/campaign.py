"""The campaign: every task of the simulated days, and the rows a caller would keep of them. Pure.

How one lead's calls go is `leads`; here stands how many leads a day has and which of their tasks fall into the window.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dialflo_pipeline.simulator.dice import chance
from dialflo_pipeline.simulator.leads import LONGEST_STORY_DAYS, Task, story
from dialflo_pipeline.simulator.options import SimulatorOptions

# Monday to Sunday; the mean is 1.
_WEEKDAY_WEIGHTS = (1.25, 1.2, 1.2, 1.15, 1.1, 0.7, 0.4)
# Measured over long campaigns: how many tasks a lead's story has on average.
_TASKS_PER_LEAD = 1.73


@dataclass(frozen=True)
class TaskRow:
    """What a caller's own record of a task holds; `completed_at` in UTC."""

    task_id: str
    completed_at: datetime
    attributes: dict[str, str]


def campaign(options: SimulatorOptions) -> list[Task]:
    """Every task of the campaign's days, oldest first."""
    first = options.last_day - timedelta(days=options.days - 1)
    starts = (first + timedelta(days=offset) for offset in range(-LONGEST_STORY_DAYS, options.days))
    tasks = [
        task
        for start in starts
        for place in range(_new_leads(options, start))
        for task in story(options.seed, start, place)
        if first <= task.day <= options.last_day
    ]
    return sorted(tasks, key=lambda task: (task.completed_at, task.task_id))


def task_rows(options: SimulatorOptions) -> list[TaskRow]:
    """The rows of a task-id file for the campaign, oldest first."""
    return [TaskRow(task.task_id, task.completed_at, _attributes(task)) for task in campaign(options)]


def _new_leads(options: SimulatorOptions, day: date) -> int:
    spread = 0.85 + 0.3 * chance(options.seed, "leads", day)
    return max(1, round(options.tasks_per_day / _TASKS_PER_LEAD * _WEEKDAY_WEIGHTS[day.weekday()] * spread))


def _attributes(task: Task) -> dict[str, str]:
    return {"campaign": task.lead.agent.campaign, "lead": task.lead.reference, "attempt": str(task.attempt)}
