"""Asking for one id: tries under the retry rules and the common pace, until one decides."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from pydantic import SecretStr

from dialflo_pipeline.api.attempt import Attempt
from dialflo_pipeline.api.client import ApiResponse, DialfloClient, open_client
from dialflo_pipeline.api.rate_limiter import RateLimiter
from dialflo_pipeline.api.retry import RetryPolicy, defer, is_retryable, retry_after_seconds, retry_loop
from dialflo_pipeline.core.classify import Classification, classify
from dialflo_pipeline.core.errors import TransportError
from dialflo_pipeline.core.schema import Result

TOO_MANY_REQUESTS = 429

MIN_ATTEMPT_SECONDS = 0.001
"""An id is asked once however late it got its turn: its time begins then."""


@dataclass
class TaskFetch:
    """One asking of one id; `tries` grows as they end, so a cancelled asking keeps what it has."""

    task_id: str
    asking_id: str = field(default_factory=lambda: f"{time.time_ns():020d}-{secrets.token_hex(4)}")
    tries: list[Attempt] = field(default_factory=list)
    sent_at: datetime | None = None

    @property
    def result(self) -> Result:
        """What the last try decided."""
        return self.tries[-1].result

    def record_interrupted(self) -> None:
        """Add the try that was under way when the run was stopped, if one was."""
        if self.sent_at is not None:
            self.add(self.sent_at, Classification(Result.RETRYABLE, error="the run was stopped"))

    def add(
        self,
        sent_at: datetime,
        verdict: Classification,
        reply: ApiResponse | None = None,
        retry_after_seconds: float = 0.0,
    ) -> Attempt:
        """Record the try that was sent then and has ended now."""
        tried = Attempt(
            task_id=self.task_id,
            asking_id=self.asking_id,
            attempt=len(self.tries) + 1,
            requested_at=sent_at,
            received_at=max(datetime.now(UTC), sent_at),
            verdict=verdict,
            status=reply.status if reply else None,
            body=reply.body if reply else None,
            body_bytes=reply.size if reply else None,
            body_sha256=reply.sha256 if reply else None,
            retry_after_seconds=retry_after_seconds,
        )
        self.tries.append(tried)
        self.sent_at = None
        return tried


@dataclass
class BodyCache:
    """The latest body of some size. An API in trouble says the same to everybody, and it is all kept for a while."""

    reply: ApiResponse | None = None

    def shared(self, reply: ApiResponse) -> ApiResponse:
        """The same reply, its body not in memory again if it is the latest one."""
        if reply.body is None or len(reply.body) < MIN_SHARED_BYTES:
            return reply
        if self.reply is None or self.reply.sha256 != reply.sha256:
            self.reply = reply
        return replace(reply, body=self.reply.body)


MIN_SHARED_BYTES = 64 * 1024
"""A body below this is not worth the look."""

BUDGET_IN_TIMEOUTS = 4
"""An asking, waits included, takes at most so many times the time of one try."""


@dataclass(frozen=True)
class Fetcher:
    """What all askings of a process share."""

    client: DialfloClient
    throttle: RateLimiter
    policy: RetryPolicy
    timeout_seconds: float
    clock: Callable[[], float] = time.monotonic
    body_cache: BodyCache = field(default_factory=BodyCache)
    status_words: Mapping[str, str] = field(default_factory=dict)
    """The customer's own call statuses, each with its outcome."""

    async def ask(self, asking: TaskFetch) -> None:
        """Try until one try decides, the tries are used up or the time is."""
        await self.throttle.turn()
        ends_at = self.clock() + self.policy.budget_seconds
        if is_retryable(await self._try(asking, ends_at)):
            await self._repeat(asking, ends_at)

    async def _repeat(self, asking: TaskFetch, ends_at: float) -> None:
        """The loop over what is left of an asking: it begins with the try that has been, as most need no loop."""
        had = asking.tries.copy()

        async def next_try() -> Attempt:
            if had:
                return had.pop()
            left = ends_at - self.clock()
            return await self._try(asking, ends_at) if await self._turn_comes(left) else asking.tries[-1]

        await retry_loop(self.policy, ends_at - self.clock())(next_try)

    async def _try(self, asking: TaskFetch, ends_at: float) -> Attempt:
        left = ends_at - self.clock()
        if left <= 0 and asking.tries:
            return asking.tries[-1]
        asking.sent_at = sent_at = datetime.now(UTC)
        try:
            reply = await self.client.call_details(
                asking.task_id, min(self.timeout_seconds, max(left, MIN_ATTEMPT_SECONDS))
            )
        except TransportError as trouble:
            return asking.add(sent_at, Classification(Result.RETRYABLE, error=str(trouble)))
        reply = self.body_cache.shared(reply)
        asked_wait = retry_after_seconds(reply.retry_after, datetime.now(UTC))
        if reply.status == TOO_MANY_REQUESTS:
            self.throttle.pause(asked_wait)
        has_retry_after = bool((reply.retry_after or "").strip())
        verdict = classify(reply.status, reply.body, has_retry_after=has_retry_after, status_words=self.status_words)
        is_put_off = asked_wait > ends_at - self.clock()
        return asking.add(sent_at, defer(verdict) if is_put_off else verdict, reply, asked_wait)

    async def _turn_comes(self, within_seconds: float) -> bool:
        try:
            async with asyncio.timeout(within_seconds):
                await self.throttle.turn()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def open_fetcher(
    base_url: str,
    token: SecretStr,
    *,
    rate_limit: float,
    max_concurrency: int,
    tries: int,
    timeout_seconds: float,
    status_words: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Fetcher]:
    """Everything an asking needs, for `max_concurrency` at once and `rate_limit` requests per second in all."""
    policy = RetryPolicy(tries=tries, budget_seconds=BUDGET_IN_TIMEOUTS * timeout_seconds)
    async with open_client(base_url, token, max_connections=max_concurrency) as client:
        yield Fetcher(client, RateLimiter(rate_limit), policy, timeout_seconds, status_words=status_words)
