"""Simulators in their own process, and clients that speak to them over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from dialflo_pipeline.simulator import RunningSimulator, SimulatorOptions, running_simulator

Ask = Callable[[str], httpx.Response]


@pytest.fixture
def start() -> Iterator[Callable[..., Ask]]:
    """Start a simulator of a small campaign with these options; gives what asks it for one id."""
    with ExitStack() as stack:

        def started(**options: Any) -> Ask:
            chosen = SimulatorOptions.model_validate({"days": 2, "tasks_per_day": 20} | options)
            running = stack.enter_context(running_simulator(chosen))
            client = stack.enter_context(open_client(running))
            return lambda task_id: client.get(f"/call_details/{task_id}")

        yield started


def open_client(running: RunningSimulator) -> httpx.Client:
    headers = {"auth_token": f"Bearer {running.token}"}
    return httpx.Client(base_url=running.base_url, headers=headers, trust_env=False, timeout=30)
