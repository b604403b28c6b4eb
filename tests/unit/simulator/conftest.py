"""A campaign of the demo's size, its documents and its calls, worked out once."""

from datetime import date
from typing import Any

import pytest

from dialflo_pipeline.simulator.campaign import campaign
from dialflo_pipeline.simulator.documents import document
from dialflo_pipeline.simulator.leads import Task
from dialflo_pipeline.simulator.options import SimulatorOptions


@pytest.fixture(scope="session")
def options() -> SimulatorOptions:
    return SimulatorOptions(seed=3, last_day=date(2025, 6, 15))


@pytest.fixture(scope="session")
def tasks(options: SimulatorOptions) -> list[Task]:
    return campaign(options)


@pytest.fixture(scope="session")
def documents(options: SimulatorOptions, tasks: list[Task]) -> dict[str, list[dict[str, Any]]]:
    return {task.task_id: document(task, options.seed) for task in tasks}


@pytest.fixture(scope="session")
def told_calls(documents: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [call for calls in documents.values() for call in calls]
