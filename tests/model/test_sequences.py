"""Sequences of steps that nobody thought of, each step held against the model."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.commands import Commands
from tests.model.machine import Machine
from tests.support.canaries import TOKEN
from tests.support.forked import ForkServer

SECONDS: Final = 12
"""How long sequences are tried in the usual suite."""

STEPS_OF_A_SAMPLE, STEPS = 8, 30
SEQUENCES_OF_A_TEST, TESTS = 10, 20

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="commands are forked")


@pytest.fixture(autouse=True)
def _deep_stack() -> Iterator[None]:
    """The oracle walks documents of many levels by recursion."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


@pytest.fixture
def command(tmp_path: Path, forking: ForkServer) -> Commands:
    return Commands(tmp_path, forking)


def run(command: Commands, chosen: int, sequences: int, steps: int) -> None:
    """Run that many sequences of that many steps; the same for the same seed, as far as kills allow."""

    def machine() -> Machine:
        return Machine(command.folder, command, TOKEN)

    seed(chosen)(machine)
    thorough = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        # To find a shorter sequence would take minutes, and a kill is not at the same instant twice.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=thorough)  # type: ignore[arg-type]  # what makes one is enough


def test_a_sample_of_sequences_agrees_with_the_model(command: Commands, seed_of_run: int) -> None:
    until, chosen = time.monotonic() + SECONDS, seed_of_run
    while time.monotonic() < until:
        run(command, chosen, 2, STEPS_OF_A_SAMPLE)
        chosen += 1


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", range(TESTS))
def test_sequences_agree_with_the_model(command: Commands, seed_of_run: int, number: int) -> None:
    run(command, seed_of_run + number, SEQUENCES_OF_A_TEST, STEPS)
