"""The server's own rate limit: how long a request over it has to wait. Pure but for what it remembers."""

from math import ceil


class RateLimiter:
    """Admits `rate` requests per second (0 = all), at most `burst` of them at once."""

    def __init__(self, rate: float, burst: int | None = None) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._tolerance = self._interval * ((burst or max(1, ceil(rate))) - 1)
        self._due = 0.0

    def wait_seconds(self, now: float) -> float:
        """0 when the request that comes at `now` (seconds on any steady clock) is admitted, else how long to wait."""
        early = self._due - now - self._tolerance
        # A clock's rounding must not refuse a client that waited exactly as long as it was told.
        if early > 1e-6:
            return early
        self._due = max(self._due, now) + self._interval
        return 0.0
