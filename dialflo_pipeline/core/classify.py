"""Classify a response: what its status, headers and body mean for the id."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson

from dialflo_pipeline.core import strict_json
from dialflo_pipeline.core.completeness import is_open
from dialflo_pipeline.core.schema import Result
from dialflo_pipeline.core.values import call_objects

RETRYABLE_STATUSES = frozenset({407, 408, 425, 429})
"""Client errors that a later attempt may not meet; so are all of 5xx, and of 2xx those with no answer yet."""

ANSWERED_STATUSES = frozenset({200, 203})
"""Statuses whose body decides."""

NO_CONTENT_STATUSES = frozenset({204, 205})
FORBIDDEN = 403


@dataclass(frozen=True)
class Classification:
    """The result of an attempt; `is_complete` only for a usable answer; `error` never contains a payload."""

    result: Result
    is_complete: bool | None = None
    error: str | None = None


def is_retryable_status(status: int) -> bool:
    """Whether a later attempt may get another status; a 403 with `Retry-After` is retryable too."""
    is_unfinished = 200 <= status < 300 and status not in ANSWERED_STATUSES | NO_CONTENT_STATUSES
    return status in RETRYABLE_STATUSES or 500 <= status < 600 or is_unfinished


def classify(
    status: int,
    body: bytes | None,
    *,
    has_retry_after: bool = False,
    status_words: Mapping[str, str] = MappingProxyType({}),
) -> Classification:
    """Classify a response by its status and decoded body; a `body` of None was above the size limit.

    `status_words` are the customer's own call statuses, each with its outcome (see `is_open`).
    """
    if is_retryable_status(status) or (status == FORBIDDEN and has_retry_after):
        return Classification(Result.RETRYABLE, error=f"HTTP {status}")
    if status == 401:
        return Classification(Result.UNAUTHORIZED, error="HTTP 401: the API refused the token")
    if status == 404:
        return Classification(Result.NOT_FOUND, error="HTTP 404: the API does not know this id")
    if status in NO_CONTENT_STATUSES:
        return Classification(Result.EMPTY, error=f"HTTP {status}: the answer holds no call")
    if status not in ANSWERED_STATUSES:
        return Classification(Result.REFUSED, error=f"HTTP {status}")
    if body is None:
        return Classification(Result.REFUSED, error="the body is larger than the size limit")
    return _classify_body(body, status_words)


def _classify_body(body: bytes, status_words: Mapping[str, str]) -> Classification:
    try:
        answer = _parse(body)
    except strict_json.NotJson as error:
        return Classification(Result.MALFORMED, error=f"the body is not JSON: {error}")
    calls = call_objects(answer)
    if not calls:
        return Classification(Result.EMPTY, error="the answer holds no call")
    return Classification(Result.USABLE, is_complete=not any(is_open(call, status_words) for call in calls))


def _parse(body: bytes) -> Any:
    """Parse for classification only: orjson, where the strict reader agrees; it may round large numbers."""
    if body.count(b"[") + body.count(b"{") <= strict_json.MAX_LEVELS:
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass  # it refuses some JSON that the strict reader takes, such as 1e999 or a byte order mark
    return strict_json.loads(body)
