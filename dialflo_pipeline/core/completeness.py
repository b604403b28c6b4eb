"""Whether a call is open: something about it may still change, so its id is fetched again."""

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from dialflo_pipeline.core.schema import Outcome
from dialflo_pipeline.core.values import ASCII_BLANKS, capitals, has_insights, outcome_of

COMPLETENESS_RULES: Final = "2"
"""Raise it when the same call would be judged another way."""

COMPLETENESS_KEY: Final = "dialflo.completeness"
"""Key of `completeness_key` in the footer of a file of raw answers."""

_NEEDS_INSIGHTS: Final = (Outcome.ANSWERED, Outcome.UNKNOWN)
_NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})


def completeness_key(status_words: Mapping[str, str] = _NO_WORDS) -> str:
    """Names the rules and words by which completeness was judged."""
    words = json.dumps(sorted(status_words.items()))
    return f"{COMPLETENESS_RULES}-{hashlib.sha256(words.encode()).hexdigest()[:16]}"


def is_open(call: dict[str, Any], status_words: Mapping[str, str] = _NO_WORDS) -> bool:
    """Whether a call is in progress, or lacks insights that its outcome (answered or unknown) should have.

    `status_words` are the customer's own statuses, in capitals and without outer blanks, each with its outcome.
    """
    status = call.get("call_status")
    status = call.get("call_outcome") if status is None else status
    outcome = _outcome(status if isinstance(status, str) else None, status_words)
    return outcome == Outcome.IN_PROGRESS or (outcome in _NEEDS_INSIGHTS and not has_insights(call))


def _outcome(status: str | None, status_words: Mapping[str, str]) -> str:
    own = status_words.get(capitals((status or "").strip(ASCII_BLANKS)))
    return own or outcome_of(status)
