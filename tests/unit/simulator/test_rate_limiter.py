import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.simulator.rate_limiter import RateLimiter


def test_no_limit_admits_everything() -> None:
    throttle = RateLimiter(0)
    assert [throttle.wait_seconds(0.0) for _ in range(1000)] == [0] * 1000


def test_a_burst_of_one_second_is_admitted_and_the_next_request_waits() -> None:
    throttle = RateLimiter(10)
    assert [throttle.wait_seconds(5.0) for _ in range(10)] == [0] * 10
    assert throttle.wait_seconds(5.0) == pytest.approx(0.1)


def test_a_smaller_burst_can_be_asked_for() -> None:
    throttle = RateLimiter(10, burst=1)
    assert throttle.wait_seconds(0.0) == 0
    assert throttle.wait_seconds(0.05) == pytest.approx(0.05)


def test_a_refused_request_does_not_count() -> None:
    throttle = RateLimiter(1)
    assert throttle.wait_seconds(0.0) == 0
    assert [throttle.wait_seconds(0.5) for _ in range(5)] == [0.5] * 5
    assert throttle.wait_seconds(1.0) == 0


@given(rate=st.floats(0.1, 1e4), gaps=st.lists(st.floats(0, 3), max_size=60))
def test_whoever_waits_as_told_is_admitted(rate: float, gaps: list[float]) -> None:
    throttle, now = RateLimiter(rate), 1000.0
    for gap in gaps:
        now += gap
        now += throttle.wait_seconds(now)
        throttle.wait_seconds(now)
        now += throttle.wait_seconds(now)
        assert throttle.wait_seconds(now) <= 1 / rate + 1e-6


@given(rate=st.floats(0.5, 100), gaps=st.lists(st.floats(0, 0.5), max_size=200))
def test_no_more_are_admitted_than_the_rate_and_its_burst_allow(rate: float, gaps: list[float]) -> None:
    throttle, now, admitted = RateLimiter(rate), 0.0, 0
    for gap in gaps:
        now += gap
        admitted += throttle.wait_seconds(now) == 0
    assert admitted <= now * rate + max(1, rate + 1) + 1e-3
