import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.api.attempt import Attempt
from dialflo_pipeline.api.retry import defer, is_retryable, retry_after_seconds
from dialflo_pipeline.core.classify import Classification
from dialflo_pipeline.core.schema import Result

NOW = datetime(2025, 6, 25, 10, 57, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("007", 7),
        ("9" * 200, pytest.approx(1e200)),
        ("9" * 5_000, math.inf),
        ("Wed, 25 Jun 2025 10:58:05 GMT", 60),
        ("Wed, 25 Jun 2025 16:28:05 +0530", 60),
        ("Wed, 25 Jun 2025 10:58:05 -0000", 60),  # naive to Python: UTC, as HTTP has it
        ("Wednesday, 25-Jun-25 10:58:05 GMT", 60),
        ("Wed Jun 25 10:58:05 2025", 60),
        ("Wed, 25 Jun 2025 10:57:05 GMT", 0),
        ("Wed, 25 Jun 2025 10:56:05 GMT", 0),
        ("Mon, 01 Jan 0001 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - NOW).total_seconds()),
        ("-5", 0),
        ("+5", 0),
        ("1.5", 0),
        ("1e3", 0),
        ("٣", 0),
        ("soon", 0),
        ("inf", 0),
        ("nan", 0),
        ("Wed, 35 Jun 2025 10:58:05 GMT", 0),
        ("Wed, 25 Jun 99999 10:58:05 GMT", 0),
        ("Wed, 25 Jun 2025 10:58:05 +9999", 0),
    ],
)
def test_retry_after_is_read_in_both_forms_and_says_nothing_otherwise(header: str | None, seconds: float) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@given(st.integers(0, 10**9))
def test_retry_after_in_seconds_and_as_a_date_mean_the_same(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after_seconds(date, NOW) == retry_after_seconds(str(seconds), NOW) == seconds


@given(
    st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{1,9}( .{0,6})?")
)
def test_no_retry_after_header_does_harm(header: str) -> None:
    assert retry_after_seconds(header, NOW) >= 0


@pytest.mark.parametrize("result", Result)
def test_only_trouble_and_garbage_may_be_tried_again(tried: Callable[..., Attempt], result: Result) -> None:
    assert is_retryable(tried(result)) is (result in {Result.RETRYABLE, Result.MALFORMED})


@pytest.mark.parametrize("result", Result)
def test_what_could_be_tried_again_is_trouble_when_the_api_puts_it_off(result: Result) -> None:
    verdict = Classification(result, error="why")
    if result in {Result.RETRYABLE, Result.MALFORMED}:
        assert defer(verdict).result is Result.RETRYABLE
        assert (defer(verdict).error or "").startswith("why; ")
    else:
        assert defer(verdict) is verdict
