import pytest

from dialflo_pipeline.simulator.dice import chance, dice, weighted


def test_the_same_parts_throw_the_same() -> None:
    assert dice(1, "a").random() == dice(1, "a").random()
    assert chance(1, "a") == chance(1, "a")


def test_parts_are_kept_apart() -> None:
    assert chance("ab", "c") != chance("a", "bc")
    assert dice("ab", "c").random() != dice("a", "bc").random()


def test_chances_spread_evenly() -> None:
    throws = [chance("spread", place) for place in range(2000)]
    assert min(throws) >= 0
    assert max(throws) < 1
    assert sum(throws) / len(throws) == pytest.approx(0.5, abs=0.03)


def test_weights_decide_how_often() -> None:
    rng = dice("weights")
    throws = [weighted(rng, (("often", 9), ("seldom", 1), ("never", 0))) for _ in range(2000)]
    assert throws.count("often") / len(throws) == pytest.approx(0.9, abs=0.03)
    assert "never" not in throws
