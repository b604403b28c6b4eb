import pytest

from dialflo_pipeline.simulator.seeded_random import random_share, seeded_random, weighted_choice


def test_the_same_parts_throw_the_same() -> None:
    assert seeded_random(1, "a").random() == seeded_random(1, "a").random()
    assert random_share(1, "a") == random_share(1, "a")


def test_parts_are_kept_apart() -> None:
    assert random_share("ab", "c") != random_share("a", "bc")
    assert seeded_random("ab", "c").random() != seeded_random("a", "bc").random()


def test_chances_spread_evenly() -> None:
    throws = [random_share("spread", place) for place in range(2000)]
    assert min(throws) >= 0
    assert max(throws) < 1
    assert sum(throws) / len(throws) == pytest.approx(0.5, abs=0.03)


def test_weights_decide_how_often() -> None:
    rng = seeded_random("weights")
    throws = [weighted_choice(rng, (("often", 9), ("seldom", 1), ("never", 0))) for _ in range(2000)]
    assert throws.count("often") / len(throws) == pytest.approx(0.9, abs=0.03)
    assert "never" not in throws
