"""The server's rate limit: how long a request over the limit has to wait."""

from math import ceil


class RateLimiter:
    """Admits `rate` requests per second (0: all), at most `burst` at a time."""

    def __init__(self, rate: float, burst: int | None = None) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._tolerance = self._interval * ((burst or max(1, ceil(rate))) - 1)
        self._due = 0.0

    def wait_seconds(self, now: float) -> float:
        """0 if a request at `now` (seconds of a monotonic clock) is admitted, else how long to wait."""
        early = self._due - now - self._tolerance
        # Clock rounding must not refuse a client that waited exactly as long as asked.
        if early > 1e-6:
            return early
        self._due = max(self._due, now) + self._interval
        return 0.0
