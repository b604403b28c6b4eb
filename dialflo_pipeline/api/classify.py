"""What an answer means: pure judgement of one try by its status and body."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from dialflo_pipeline.core import strict_json
from dialflo_pipeline.core.schema import Outcome, Result
from dialflo_pipeline.core.values import call_objects, has_insights, outcome_of

RETRYABLE_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that say: not now, perhaps later."""


@dataclass(frozen=True)
class Classification:
    """A try's result; `is_complete` only for a usable answer; `error` in words without payload."""

    result: Result
    is_complete: bool | None = None
    error: str | None = None


@dataclass(frozen=True)
class Attempt:
    """One request of an asking and what came of it; times in UTC, sizes in bytes."""

    task_id: str
    asking_id: str
    attempt: int
    requested_at: datetime
    received_at: datetime
    verdict: Classification
    status: int | None = None
    body: bytes | None = None
    body_bytes: int | None = None
    body_sha256: str | None = None
    retry_after_seconds: float = 0.0

    @property
    def result(self) -> Result:
        """What this try ended in."""
        return self.verdict.result


def classify(status: int, body: bytes | None) -> Classification:
    """What an answer with this status and decoded body means; a `body` of None passed the size limit."""
    if status in RETRYABLE_STATUSES:
        return Classification(Result.RETRYABLE, error=f"HTTP {status}")
    if status == 401:
        return Classification(Result.UNAUTHORIZED, error="HTTP 401: the API refused the token")
    if status == 404:
        return Classification(Result.NOT_FOUND, error="HTTP 404: the API does not know this id")
    if status != 200:
        return Classification(Result.REFUSED, error=f"HTTP {status}")
    if body is None:
        return Classification(Result.REFUSED, error="the body is larger than the size limit")
    return _classify_body(body)


def _classify_body(body: bytes) -> Classification:
    try:
        answer = _parse(body)
    except strict_json.NotJson as error:
        return Classification(Result.MALFORMED, error=f"the body is not JSON: {error}")
    calls = call_objects(answer)
    if not calls:
        return Classification(Result.EMPTY, error="the answer holds no call")
    return Classification(Result.USABLE, is_complete=all(map(_is_complete, calls)))


def _parse(body: bytes) -> Any:
    """Parse for judging only: orjson, where the strict reader would take the same; it may round large numbers."""
    if body.count(b"[") + body.count(b"{") <= strict_json.MAX_LEVELS:
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass  # it refuses some JSON that the strict reader takes, such as 1e999 or a byte order mark
    return strict_json.loads(body)


def _is_complete(call: dict[str, Any]) -> bool:
    """Whether nothing more is expected of the call: it is over and, if it was answered, has its insights."""
    status = call.get("call_status")
    status = call.get("call_outcome") if status is None else status
    outcome = outcome_of(status if isinstance(status, str) else None)
    lacks_insights = outcome is Outcome.ANSWERED and not has_insights(call)
    return outcome is not Outcome.IN_PROGRESS and not lacks_insights
