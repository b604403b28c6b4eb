"""Items that are made while others are used."""

import threading
from collections.abc import Iterator

import pytest

from dialflo_pipeline.core.concurrency import prefetch, prefetch_one


def test_all_items_come_in_order() -> None:
    assert list(prefetch_one(iter(range(100)))) == list(range(100))
    assert list(prefetch_one(iter(()))) == []


def test_the_next_item_is_made_while_one_is_used() -> None:
    second_is_made = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        second_is_made.set()
        yield 2

    ahead = prefetch_one(items())
    assert next(ahead) == 1
    assert second_is_made.wait(timeout=30)
    assert list(ahead) == [2]


def test_no_more_than_one_item_waits() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    for used in prefetch_one(items()):
        assert len(made) <= used + 2


def test_what_making_an_item_raises_comes_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    ahead = prefetch_one(items())
    assert next(ahead) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(ahead)


def test_results_come_in_the_order_of_their_items() -> None:
    later_is_done = threading.Event()

    def slow_at_first(number: int) -> int:
        if number == 0:
            assert later_is_done.wait(timeout=30)
        later_is_done.set()
        return number

    assert list(prefetch(slow_at_first, iter(range(20)), threads=2)) == list(range(20))


def test_no_more_items_are_taken_than_are_worked_at() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    for used in prefetch(lambda number: number, items(), threads=3):
        assert len(taken) <= used + 4


def test_what_the_function_raises_comes_in_the_place_of_its_result() -> None:
    def fails_at_one(number: int) -> int:
        if number == 1:
            raise ValueError("no number")
        return number

    ahead = prefetch(fails_at_one, iter(range(3)), threads=2)
    assert next(ahead) == 0
    with pytest.raises(ValueError, match="no number"):
        next(ahead)
