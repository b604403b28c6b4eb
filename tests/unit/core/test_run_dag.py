"""Jobs that need one another's results, done side by side."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.core.concurrency import run_dag

NAMES = "abcdefgh"


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, set[str]]:
    """Each name may need any that stand before it."""
    return {name: draw(st.sets(st.sampled_from(NAMES[:place]))) if place else set() for place, name in enumerate(NAMES)}


@given(graphs())
def test_each_is_done_once_after_all_that_it_needs(needs: dict[str, set[str]]) -> None:
    done: list[str] = []

    def do(name: str) -> None:
        assert needs[name] <= set(done)
        done.append(name)

    run_dag(needs, do)
    assert sorted(done) == sorted(needs)


def test_two_that_need_nothing_are_done_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    both = threading.Barrier(2, timeout=60)
    run_dag({"a": set(), "b": set()}, lambda _: both.wait())
    assert not both.broken


def test_what_one_raises_is_raised_and_nothing_that_needs_it_is_begun() -> None:
    begun: list[str] = []

    def do(name: str) -> None:
        begun.append(name)
        if name == "a":
            raise ValueError(name)

    with pytest.raises(ValueError, match="a"):
        run_dag({"a": set(), "b": {"a"}}, do)
    assert begun == ["a"]


def test_what_most_wait_for_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    done: list[str] = []
    run_dag({"a": set(), "b": set(), "c": {"b"}, "d": {"c"}}, done.append)
    assert done[0] == "b"
