import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialflo_pipeline.api.rate_limiter import BURST_SECONDS, MAX_PAUSE_SECONDS, RateLimiter


def _turns(in_fake_time: Callable[..., Any], rate: float, count: int, workers: int) -> list[float]:
    """When each of `count` requests got its turn, asked for by so many workers at once."""

    async def main(loop: asyncio.AbstractEventLoop) -> list[float]:
        throttle = RateLimiter(rate, loop.time)
        moments: list[float] = []
        left = iter(range(count))

        async def work() -> None:
            for _ in left:
                await throttle.turn()
                moments.append(loop.time())

        await asyncio.gather(*(work() for _ in range(workers)))
        return moments

    moments: list[float] = in_fake_time(main)
    return moments


@settings(max_examples=30)
@given(rate=st.floats(0.05, 500), count=st.integers(2, 60), workers=st.integers(1, 20))
def test_in_no_span_of_time_more_go_than_the_rate_and_one_small_burst(
    in_fake_time: Callable[..., Any], rate: float, count: int, workers: int
) -> None:
    moments = _turns(in_fake_time, rate, count, workers)
    burst = max(1.0, rate * BURST_SECONDS)
    for first in range(count):
        for last in range(first, count):
            span = moments[last] - moments[first]
            assert last - first + 1 <= span * rate + burst + 1e-3


@pytest.mark.parametrize("rate", [0.5, 10, 300])
def test_the_rate_is_used_to_the_full(in_fake_time: Callable[..., Any], rate: float) -> None:
    assert _turns(in_fake_time, rate, 200, 8)[-1] == pytest.approx(200 / rate, rel=0.2)


@pytest.mark.parametrize("workers", [1, 16, 64])
def test_over_a_minute_the_rate_is_kept_within_two_hundredths(in_fake_time: Callable[..., Any], workers: int) -> None:
    moments = _turns(in_fake_time, 50, 4_000, workers)
    in_the_minute = sum(moment < 60 for moment in moments)
    assert in_the_minute == pytest.approx(60 * 50, rel=0.02)
    fullest = max(sum(start <= moment < start + 1 for moment in moments) for start in moments[:3_000:10])
    assert fullest <= 50 + 50 * BURST_SECONDS


def test_a_rate_is_caught_up_with_after_a_silence_by_one_burst_only(in_fake_time: Callable[..., Any]) -> None:
    async def main(loop: asyncio.AbstractEventLoop) -> int:
        throttle = RateLimiter(50, loop.time)
        await throttle.turn()
        await asyncio.sleep(10)
        start, turns = loop.time(), 0
        while loop.time() < start + 1:
            await throttle.turn()
            turns += 1
        return turns

    assert in_fake_time(main) == pytest.approx(50 + 50 * BURST_SECONDS, abs=1)


def test_no_limit_means_no_waiting(in_fake_time: Callable[..., Any]) -> None:
    assert max(_turns(in_fake_time, 0, 1_000, 4)) < 0.01


@pytest.mark.parametrize(
    ("pauses", "waited"),
    [
        ([2.0], 2.0),
        ([2.0, 1.0], 2.0),
        ([1.0, 2.0], 2.0),
        ([0.0], 0.0),
        ([3_600.0], MAX_PAUSE_SECONDS),
        ([float("inf")], MAX_PAUSE_SECONDS),
    ],
)
def test_a_pause_holds_everybody_back_but_not_for_long(
    in_fake_time: Callable[..., Any], pauses: list[float], waited: float
) -> None:
    async def main(loop: asyncio.AbstractEventLoop) -> float:
        throttle = RateLimiter(0, loop.time)
        for seconds in pauses:
            throttle.pause(seconds)
        await asyncio.gather(*(throttle.turn() for _ in range(3)))
        return loop.time()

    assert in_fake_time(main) == pytest.approx(waited, abs=0.01)


def test_a_turn_given_up_is_not_lost_to_the_others(in_fake_time: Callable[..., Any]) -> None:
    async def main(loop: asyncio.AbstractEventLoop) -> float:
        throttle = RateLimiter(1, loop.time)
        await throttle.turn()
        waiting = [asyncio.create_task(throttle.turn()) for _ in range(10)]
        await asyncio.sleep(0)
        for task in waiting[:9]:
            task.cancel()
        await waiting[9]
        return loop.time()

    assert in_fake_time(main) == pytest.approx(1, abs=0.01)
