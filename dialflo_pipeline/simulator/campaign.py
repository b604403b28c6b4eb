"""The campaign: all tasks of the simulated days, and the rows a caller would record. Pure.

`leads` decides how the calls of one lead go; this module decides how many leads a day has and which tasks are in range.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dialflo_pipeline.simulator.leads import MAX_LEAD_DAYS, Task, tasks_of_lead
from dialflo_pipeline.simulator.options import SimulatorOptions
from dialflo_pipeline.simulator.seeded_random import random_share

# Monday to Sunday; the mean is 1.
_WEEKDAY_WEIGHTS = (1.25, 1.2, 1.2, 1.15, 1.1, 0.7, 0.4)
# Mean number of tasks of a lead, measured over long campaigns.
_TASKS_PER_LEAD = 1.73


@dataclass(frozen=True)
class TaskRow:
    """A caller's own record of a task; `completed_at` in UTC."""

    task_id: str
    completed_at: datetime
    attributes: dict[str, str]


def campaign(options: SimulatorOptions) -> list[Task]:
    """Every task of the campaign's days, oldest first."""
    first = options.last_day - timedelta(days=options.days - 1)
    starts = (first + timedelta(days=offset) for offset in range(-MAX_LEAD_DAYS, options.days))
    tasks = [
        task
        for start in starts
        for place in range(_new_leads(options, start))
        for task in tasks_of_lead(options.seed, start, place)
        if first <= task.day <= options.last_day
    ]
    return sorted(tasks, key=lambda task: (task.completed_at, task.task_id))


def task_rows(options: SimulatorOptions) -> list[TaskRow]:
    """The rows of a task-id file for the campaign, oldest first."""
    return [TaskRow(task.task_id, task.completed_at, _attributes(task)) for task in campaign(options)]


def _new_leads(options: SimulatorOptions, day: date) -> int:
    spread = 0.85 + 0.3 * random_share(options.seed, "leads", day)
    return max(1, round(options.tasks_per_day / _TASKS_PER_LEAD * _WEEKDAY_WEIGHTS[day.weekday()] * spread))


def _attributes(task: Task) -> dict[str, str]:
    return {"campaign": task.lead.agent.campaign, "lead": task.lead.reference, "attempt": str(task.attempt)}
