"""What may be tried again, and after how long: pure rules, handed to tenacity, which does the looping."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_base, wait_random_exponential

from dialflo_pipeline.api.attempt import Attempt
from dialflo_pipeline.core.classify import Classification
from dialflo_pipeline.core.schema import Result

RETRYABLE_RESULTS = frozenset({Result.RETRYABLE, Result.MALFORMED})


@dataclass(frozen=True)
class RetryPolicy:
    """Caps on one asking: `tries` requests within `budget_seconds`; waits grow to `longest_wait_seconds`."""

    tries: int
    budget_seconds: float
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0


def is_retryable(tried: Attempt) -> bool:
    """Trouble and garbage may pass; every other answer is the API's word."""
    return tried.result in RETRYABLE_RESULTS


def defer(verdict: Classification) -> Classification:
    """The verdict on an answer that asks to be left alone for longer than its asking may take.

    What could have been tried again is then trouble, garbage too: the API has not had its last word.
    """
    if verdict.result not in RETRYABLE_RESULTS:
        return verdict
    return Classification(
        Result.RETRYABLE, error=f"{verdict.error}; to be asked again only later than an asking may take"
    )


def retry_after_seconds(header: str | None, now: datetime) -> float:
    """How long a Retry-After header asks to wait, in either of its forms; 0 when it says nothing readable."""
    if header is None:
        return 0.0
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 300 else math.inf
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def retry_loop(policy: RetryPolicy, seconds: float) -> AsyncRetrying:
    """The loop of one asking: full jitter on top of Retry-After, until the tries or the `seconds` are spent.

    A wait that would pass them is not begun: the asking ends with the try it has.
    """
    jitter = wait_random_exponential(multiplier=policy.first_wait_seconds, max=policy.longest_wait_seconds)
    return AsyncRetrying(
        retry=retry_if_result(is_retryable),
        wait=jitter + _RetryAfterWait(),
        stop=stop_after_attempt(policy.tries) | stop_before_delay(seconds),
        retry_error_callback=_last_attempt,
    )


def _last_attempt(state: RetryCallState) -> Attempt:
    if state.outcome is None:
        raise RuntimeError("tenacity stopped an asking that had not been tried")
    tried: Attempt = state.outcome.result()
    return tried


class _RetryAfterWait(wait_base):
    """The wait that the last try's answer asked for."""

    def __call__(self, retry_state: RetryCallState) -> float:
        return _last_attempt(retry_state).retry_after_seconds
