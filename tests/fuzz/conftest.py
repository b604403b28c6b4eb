"""Drawing inputs for a time or for a number of rounds, each round from a seed that a failure names."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest

Check = Callable[[Random], int]
"""Draws some inputs and checks them; how many they were."""


@dataclass(frozen=True)
class Fuzz:
    """Rounds of a check, from `seed` on."""

    seed: int

    def for_seconds(self, seconds: float, check: Check) -> None:
        """As many rounds as begin within so many seconds, one at least."""
        until, number, inputs = time.monotonic() + seconds, 0, 0
        while not number or time.monotonic() < until:
            inputs += self._round(check, 0, number)
            number += 1
        assert inputs

    def so_often(self, rounds: int, check: Check, part: int) -> None:
        """So many rounds of one part, each part other ones."""
        for number in range(rounds):
            self._round(check, part, number)

    def _round(self, check: Check, part: int, number: int) -> int:
        try:
            return check(Random(f"{self.seed} {part} {number}"))
        except BaseException as failure:
            failure.add_note(
                f"round {number} of part {part}; again with: pytest -p randomly --randomly-seed={self.seed}"
            )
            raise


@pytest.fixture
def fuzz(seed_of_run: int) -> Fuzz:
    return Fuzz(seed_of_run)
