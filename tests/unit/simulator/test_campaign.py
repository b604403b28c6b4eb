from collections import Counter, defaultdict
from datetime import timedelta
from uuid import UUID

import pytest

from dialflo_pipeline.simulator.agents import AGENTS, Agent
from dialflo_pipeline.simulator.campaign import campaign, task_rows
from dialflo_pipeline.simulator.leads import MAX_ATTEMPTS, REDIAL, Task
from dialflo_pipeline.simulator.options import SimulatorOptions


def _stories(tasks: list[Task]) -> list[list[Task]]:
    by_lead = defaultdict(list)
    for task in tasks:
        by_lead[task.lead.reference].append(task)
    return list(by_lead.values())


def test_the_same_options_give_the_same_tasks(options: SimulatorOptions, tasks: list[Task]) -> None:
    assert campaign(options) == tasks


def test_another_seed_gives_other_tasks(options: SimulatorOptions, tasks: list[Task]) -> None:
    others = campaign(options.model_copy(update={"seed": 4}))
    assert not {task.task_id for task in others} & {task.task_id for task in tasks}


def test_a_task_stays_the_same_when_the_window_moves_on(options: SimulatorOptions, tasks: list[Task]) -> None:
    later = campaign(options.model_copy(update={"last_day": options.last_day + timedelta(days=5)}))
    shared_from = options.last_day - timedelta(days=options.days - 1 - 5)
    assert [task for task in tasks if task.day >= shared_from] == [t for t in later if t.day <= options.last_day]


def test_every_id_is_a_uuid_of_its_own(tasks: list[Task]) -> None:
    assert all(str(UUID(task.task_id)) == task.task_id for task in tasks)
    assert len({task.task_id for task in tasks}) == len(tasks)


def test_every_day_of_the_window_has_tasks_and_they_end_on_that_utc_day(
    options: SimulatorOptions, tasks: list[Task]
) -> None:
    days = {options.last_day - timedelta(days=back) for back in range(options.days)}
    assert {task.day for task in tasks} == days
    assert all(task.completed_at.date() == task.day for task in tasks)


def test_a_day_has_about_as_many_tasks_as_asked_for(options: SimulatorOptions, tasks: list[Task]) -> None:
    assert len(tasks) / options.days == pytest.approx(options.tasks_per_day, rel=0.15)


def test_even_the_smallest_campaign_has_a_task(options: SimulatorOptions) -> None:
    assert campaign(options.model_copy(update={"days": 1, "tasks_per_day": 1}))


def test_weekends_are_quieter(tasks: list[Task]) -> None:
    by_weekday = Counter(task.day.weekday() for task in tasks)
    assert by_weekday[6] < by_weekday[5] < min(by_weekday[day] for day in range(5))


def test_leads_are_called_again_on_later_days_at_the_same_number(tasks: list[Task]) -> None:
    chains = [tasks_of_lead for tasks_of_lead in _stories(tasks) if len(tasks_of_lead) >= 3]
    assert len(chains) > 50
    for chain in chains:
        assert len({task.lead.number for task in chain}) == 1
        assert [task.day for task in chain] == sorted({task.day for task in chain})
        assert [task.attempt for task in chain] == list(range(chain[0].attempt, chain[0].attempt + len(chain)))
    assert max(task.attempt for task in tasks) == MAX_ATTEMPTS


def test_a_lead_is_called_again_only_when_its_last_call_asks_for_it(tasks: list[Task]) -> None:
    for tasks_of_lead in _stories(tasks):
        for task in tasks_of_lead[:-1]:
            last = task.calls[-1]
            assert last.action == REDIAL or last.status in {"NO_ANSWER", "NOT_ANSWERED", "BUSY", "LINE_BUSY", "FAILED"}


def test_every_agent_works_every_working_day(tasks: list[Task]) -> None:
    names = {agent.name for agent in AGENTS}
    for day in {task.day for task in tasks if task.day.weekday() < 5}:
        assert {task.lead.agent.name for task in tasks if task.day == day} == names


def test_answer_rates_differ_between_agents(tasks: list[Task]) -> None:
    answered = defaultdict(list)
    for task in tasks:
        answered[task.lead.agent.name].append(task.calls[-1].mood is not None)
    rates = {name: sum(seen) / len(seen) for name, seen in answered.items()}
    assert max(rates.values()) - min(rates.values()) > 0.2


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_an_agent_reaches_most_people_at_its_best_hour(agent: Agent) -> None:
    chances = {hour: agent.answer_chance(hour) for hour in range(9, 18)}
    assert max(chances, key=lambda hour: chances[hour]) == agent.best_hour
    assert all(0 < random_share < 1 for random_share in chances.values())


def test_the_shares_of_the_agents_sum_to_one() -> None:
    assert sum(agent.share for agent in AGENTS) == pytest.approx(1)


def test_some_calls_are_inbound_and_some_tasks_hold_several_calls(tasks: list[Task]) -> None:
    assert 0.02 < sum(task.inbound for task in tasks) / len(tasks) < 0.2
    assert {len(task.calls) for task in tasks} >= {1, 2}


def test_calls_of_a_task_follow_one_another(tasks: list[Task]) -> None:
    for task in tasks:
        for before, after in zip(task.calls, task.calls[1:], strict=False):
            assert before.ended_at < after.started_at


def test_task_rows_name_every_task_with_its_time_and_attributes(options: SimulatorOptions, tasks: list[Task]) -> None:
    rows = task_rows(options)
    assert [row.task_id for row in rows] == [task.task_id for task in tasks]
    assert [row.completed_at for row in rows] == sorted(task.completed_at for task in tasks)
    assert set(rows[0].attributes) == {"campaign", "lead", "attempt"}
