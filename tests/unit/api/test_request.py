import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialflo_pipeline.api.rate_limiter import MAX_PAUSE_SECONDS, RateLimiter
from dialflo_pipeline.api.request import Fetcher, TaskFetch
from dialflo_pipeline.api.retry import RETRYABLE_RESULTS, RetryPolicy
from dialflo_pipeline.core.schema import Result

USABLE = b'[{"call_status": "BUSY"}]'
Answer = Callable[[], Awaitable[httpx.Response]]


@dataclass
class Asked:
    """What one asking came to; times are the fake clock's."""

    asking: TaskFetch
    sent: list[float] = field(default_factory=list)
    ended: float = math.nan

    @property
    def results(self) -> list[Result]:
        return [tried.result for tried in self.asking.tries]

    @property
    def gaps(self) -> list[float]:
        return [later - earlier for earlier, later in zip(self.sent, self.sent[1:], strict=False)]


@pytest.fixture(scope="session")
def ask(in_fake_time: Callable[..., Any], open_faked: Callable[..., Any]) -> Callable[..., Asked]:
    """Ask one id; the last of the answers is given again and again."""

    def run(answers: Sequence[Answer], *, tries: int = 5, timeout: float = 30, rate: float = 0) -> Asked:
        async def main(loop: asyncio.AbstractEventLoop) -> Asked:
            asked = Asked(TaskFetch("task"))

            async def handle(_request: httpx.Request) -> httpx.Response:
                asked.sent.append(loop.time())
                return await answers[min(len(asked.sent), len(answers)) - 1]()

            policy = RetryPolicy(tries, 4 * timeout)
            async with open_faked(handle) as client:
                throttle = RateLimiter(rate, loop.time)
                await Fetcher(client, throttle, policy, timeout, loop.time).ask(asked.asking)
            asked.ended = loop.time()
            return asked

        found: Asked = in_fake_time(main)
        return found

    return run


@pytest.fixture(scope="session")
def after(answer: Callable[..., httpx.Response]) -> Callable[..., Answer]:
    """An answer that comes after so many seconds."""

    def make(seconds: float, status: int = 200, body: bytes = USABLE, **headers: str) -> Answer:
        async def give() -> httpx.Response:
            await asyncio.sleep(seconds)
            return answer(status, body, **headers)

        return give

    return make


async def _broken() -> httpx.Response:
    raise httpx.ReadError("boom")


def test_a_good_answer_ends_the_asking(ask: Callable[..., Asked], after: Callable[..., Answer]) -> None:
    asked = ask([after(0)])
    assert asked.results == [Result.USABLE]
    assert asked.asking.tries[0].body == USABLE


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410])
def test_what_the_api_means_is_not_asked_twice(
    ask: Callable[..., Asked], after: Callable[..., Answer], status: int
) -> None:
    assert len(ask([after(0, status)]).sent) == 1


@pytest.mark.parametrize("tries", [1, 2, 7])
def test_trouble_is_tried_as_often_as_allowed_and_the_last_try_decides(
    ask: Callable[..., Asked], after: Callable[..., Answer], tries: int
) -> None:
    asked = ask([after(0, 503)], tries=tries, timeout=3_600)
    assert asked.results == [Result.RETRYABLE] * tries
    assert [tried.attempt for tried in asked.asking.tries] == list(range(1, tries + 1))
    assert asked.asking.tries[-1].verdict.error == "HTTP 503"


def test_trouble_and_garbage_pass_when_a_later_try_is_good(
    ask: Callable[..., Asked], after: Callable[..., Answer]
) -> None:
    asked = ask([after(0, 429), _broken, after(0, 200, b"<html>"), after(0)])
    assert asked.results == [Result.RETRYABLE, Result.RETRYABLE, Result.MALFORMED, Result.USABLE]
    assert [tried.status for tried in asked.asking.tries] == [429, None, 200, 200]


def test_an_answer_slower_than_one_try_may_take_is_trouble(
    ask: Callable[..., Asked], after: Callable[..., Answer]
) -> None:
    asked = ask([after(31), after(29)])
    assert asked.results == [Result.RETRYABLE, Result.USABLE]
    assert asked.asking.tries[0].verdict.error == "no whole answer within 30 s"


def test_an_asking_takes_at_most_four_times_a_try_waits_included(
    ask: Callable[..., Asked], after: Callable[..., Answer]
) -> None:
    asked = ask([after(31)], tries=100)
    assert set(asked.results) == {Result.RETRYABLE}
    assert 3 <= len(asked.sent) <= 5
    assert asked.ended <= 120.01


def test_waiting_for_a_turn_to_try_again_is_within_the_time_of_the_asking(
    ask: Callable[..., Asked], after: Callable[..., Answer]
) -> None:
    asked = ask([after(0, 503)], rate=1 / 500)
    assert asked.results == [Result.RETRYABLE]
    assert asked.ended <= 121


@pytest.mark.parametrize("status", [429, 503, 200])
def test_a_retry_after_in_seconds_is_never_undercut(
    ask: Callable[..., Asked], after: Callable[..., Answer], status: int
) -> None:
    asked = ask([after(0, status, b"", retry_after="7"), after(0)])
    assert asked.results[-1] is Result.USABLE
    assert asked.gaps[0] >= 7


def test_a_retry_after_as_a_date_is_never_undercut(ask: Callable[..., Asked], after: Callable[..., Answer]) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    asked = ask([after(0, 503, retry_after=date), after(0)], timeout=3_600)
    assert asked.gaps[0] >= asked.asking.tries[0].retry_after_seconds > 0


@pytest.mark.parametrize(("status", "body"), [(429, b""), (503, b""), (200, b"<html>")])
@pytest.mark.parametrize("retry_after", ["121", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_longer_than_the_asking_may_take_ends_it_in_trouble_at_once(
    ask: Callable[..., Asked], after: Callable[..., Answer], status: int, body: bytes, retry_after: str
) -> None:
    asked = ask([after(0, status, body, retry_after=retry_after)])
    assert asked.results == [Result.RETRYABLE]
    assert asked.ended < 1
    assert asked.asking.tries[0].status == status
    assert asked.asking.tries[0].body == body


@pytest.mark.parametrize(("status", "result"), [(200, Result.USABLE), (404, Result.NOT_FOUND), (410, Result.REFUSED)])
def test_a_retry_after_beside_an_answer_that_decides_means_nothing(
    ask: Callable[..., Asked], after: Callable[..., Answer], status: int, result: Result
) -> None:
    assert ask([after(0, status, retry_after="3600")]).results == [result]


_ANSWERS = st.lists(
    st.tuples(
        st.sampled_from([200, 200, 429, 500, 503, 404]),
        st.sampled_from([USABLE, b"<html>", b"[]"]),
        st.sampled_from([0.0, 1.0, 29.0, 31.0]),
        st.sampled_from(["", "0", "3", "50", "200", "nonsense"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60)
@given(script=_ANSWERS, tries=st.integers(1, 6))
def test_no_asking_breaks_the_rules_of_retrying(
    ask: Callable[..., Asked], after: Callable[..., Answer], script: list[tuple[int, bytes, float, str]], tries: int
) -> None:
    answers = [after(seconds, status, body, retry_after=wait) for status, body, seconds, wait in script]
    asked = ask(answers, tries=tries)
    assert 1 <= len(asked.results) == len(asked.sent) <= tries
    assert asked.ended <= 120.01
    assert set(asked.results[:-1]) <= RETRYABLE_RESULTS
    for tried, gap in zip(asked.asking.tries, asked.gaps, strict=False):
        assert gap >= tried.retry_after_seconds


def test_a_wait_asked_for_by_429_holds_back_the_other_askings(
    in_fake_time: Callable[..., Any], open_faked: Callable[..., Any], answer: Callable[..., httpx.Response]
) -> None:
    async def main(loop: asyncio.AbstractEventLoop) -> dict[str, float]:
        sent: dict[str, float] = {}

        async def handle(request: httpx.Request) -> httpx.Response:
            task_id = request.extensions["target"].decode().rpartition("/")[2]
            is_first = not sent
            sent.setdefault(task_id, loop.time())
            return answer(429, retry_after="60") if is_first else answer(200, USABLE)

        async with open_faked(handle) as client:
            asker = Fetcher(client, RateLimiter(0, loop.time), RetryPolicy(5, 120), 30, loop.time)
            first = asyncio.create_task(asker.ask(TaskFetch("limited")))
            await asyncio.sleep(1)
            await asker.ask(TaskFetch("other"))
            await first
        return sent

    assert in_fake_time(main) == pytest.approx({"limited": 0, "other": MAX_PAUSE_SECONDS}, abs=0.01)


def test_an_asking_cut_short_keeps_the_tries_it_has_and_the_one_under_way(
    in_fake_time: Callable[..., Any], open_faked: Callable[..., Any], after: Callable[..., Answer]
) -> None:
    async def main(loop: asyncio.AbstractEventLoop) -> TaskFetch:
        answers = iter([after(0, 503), after(1_000)])
        asking = TaskFetch("task")
        async with open_faked(lambda _request: next(answers)()) as client:
            asker = Fetcher(client, RateLimiter(0, loop.time), RetryPolicy(5, 120), 30, loop.time)
            task = asyncio.create_task(asker.ask(asking))
            await asyncio.sleep(10)
            task.cancel()
            await asyncio.wait([task])
        asking.record_interrupted()
        asking.record_interrupted()
        return asking

    tries = in_fake_time(main).tries
    assert [(tried.attempt, tried.status, tried.verdict.error) for tried in tries] == [
        (1, 503, "HTTP 503"),
        (2, None, "the run was stopped"),
    ]


def test_later_askings_sort_after_earlier_ones() -> None:
    ids = [TaskFetch("task").asking_id for _ in range(50)]
    assert [name.split("-")[0] for name in ids] == sorted(name.split("-")[0] for name in ids)
    assert len(set(ids)) == len(ids)


def test_a_try_ends_no_earlier_than_it_began(ask: Callable[..., Asked], after: Callable[..., Answer]) -> None:
    for tried in ask([after(0, 503), after(0)]).asking.tries:
        assert tried.requested_at <= tried.received_at
        assert tried.requested_at.tzinfo is UTC


def test_a_large_page_that_comes_again_and_again_is_in_memory_once(
    ask: Callable[..., Asked], after: Callable[..., Answer]
) -> None:
    page, other = (b"<html>" + letter * 100_000 for letter in (b"a", b"b"))
    tries = ask(
        [after(0, 200, page), after(0, 503, bytes(bytearray(page))), after(0, 200, other)], tries=4
    ).asking.tries
    assert [tried.body for tried in tries] == [page, page, other, other]
    assert tries[0].body is tries[1].body
    assert tries[2].body is tries[3].body
