"""Every named step of every stage, and hundreds of random kills: `make exhaustive`.

Each test is a share of them, so that workers have something to divide. A case has several kills, the later ones in the
runs that are to mend what the earlier ones left.
"""

import os
import signal
from random import Random

import pytest

from tests.chaos.campaign import stages
from tests.chaos.harness import Harness, Timed, Undisturbed, named_kills, random_kill

pytestmark = pytest.mark.exhaustive

KILLS = int(os.environ.get("CHAOS_KILLS", "600"))
SHARES = 20
AT_ONCE = 4
"""Kills of a case, at most: each more is a harder one, and cheaper than a case of its own."""

STAGES = [stage.name for stage in stages()]


@pytest.mark.parametrize("share", range(SHARES))
def test_runs_killed_at_random_come_to_what_undisturbed_ones_give(
    share: int, harness: Harness, prepared: list[Undisturbed], dice: Random
) -> None:
    kills = len(range(share, KILLS, SHARES))
    while kills > 0:
        of = dice.choice(prepared)
        some = [random_kill(dice, of) for _ in range(min(kills, dice.randint(1, AT_ONCE)))]
        assert harness.disturbed(of, some) == []
        kills -= len(some)


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("place", range(len(STAGES)), ids=STAGES)
def test_runs_killed_at_each_named_step_come_to_what_undisturbed_ones_give(
    place: int, share: int, harness: Harness, prepared: list[Undisturbed], seed: int
) -> None:
    """The first of each name, before, in and after it; and after another one, where there are more."""
    known = {name for earlier in prepared[:place] for name in earlier.names}
    kills = named_kills(Random(seed), prepared[place], known)  # noqa: S311 - the same ones for each share
    assert harness.killed_in_turn(prepared[place], kills[share::SHARES], AT_ONCE) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("place", range(len(STAGES)), ids=STAGES)
def test_runs_that_are_asked_to_end_do_so_and_go_on_from_there(
    place: int, number: signal.Signals, harness: Harness, prepared: list[Undisturbed], dice: Random
) -> None:
    of = prepared[place]
    for _ in range(5):
        assert harness.disturbed(of, [Timed(dice.uniform(0, of.seconds), number)]) == []
