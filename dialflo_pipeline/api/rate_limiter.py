"""One pace for all requests of a process: the rate limit, and the pauses that the API asks for."""

import asyncio
import time
from collections.abc import Callable

from aiolimiter import AsyncLimiter

BURST_SECONDS = 0.1
"""A silence may be made up for by at most this much of the rate at once (and one request always may go)."""

MAX_PAUSE_SECONDS = 5.0
"""One id that is told to wait for long must not hold up all others for as long."""


class RateLimiter:
    """Gives each request its turn; `rate_limit` is requests per second, 0 for no limit."""

    def __init__(self, rate_limit: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limiter = _limiter(rate_limit) if rate_limit else None
        self._clock = clock
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long: the API said when it wants to be asked again."""
        self._paused_until = max(self._paused_until, self._clock() + min(seconds, MAX_PAUSE_SECONDS))

    async def turn(self) -> None:
        """Wait until a request may be sent."""
        while (left := self._paused_until - self._clock()) > 0:
            await asyncio.sleep(left)
        if self._limiter is not None:
            await self._limiter.acquire()


def _limiter(rate_limit: float) -> AsyncLimiter:
    burst = max(1.0, rate_limit * BURST_SECONDS)
    return AsyncLimiter(burst, burst / rate_limit)
