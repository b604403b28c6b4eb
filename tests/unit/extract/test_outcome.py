"""When a fetch came to so little that its run has failed."""

from collections import Counter

import pytest

from dialflo_pipeline.core.errors import ApiDown, TokenRefused
from dialflo_pipeline.core.schema import Result
from dialflo_pipeline.extract.circuit_breaker import StopReason
from dialflo_pipeline.extract.fetch import FetchReport
from dialflo_pipeline.extract.outcome import fetch_error


def report(error: str = "", **results: int) -> FetchReport:
    counted = Counter({Result(name): count for name, count in results.items()})
    troubled = sum(count for result, count in counted.items() if result is not Result.USABLE)
    return FetchReport(counted.total(), counted, {f"id-{number}": error for number in range(troubled)})


def test_nothing_asked_is_nothing_failed() -> None:
    assert fetch_error(report()) is None


@pytest.mark.parametrize("result", ["usable", "empty", "not_found", "refused"])
def test_one_answer_of_any_kind_shows_that_the_api_is_there(result: str) -> None:
    assert fetch_error(report("HTTP 503", trouble=9, **{result: 1})) is None


@pytest.mark.parametrize("error", ["connection refused", "no whole answer within 30 s"])
def test_an_api_out_of_reach_is_told_from_a_single_id(error: str) -> None:
    why = fetch_error(report(error, trouble=1))
    assert isinstance(why, ApiDown)
    assert error in str(why)


@pytest.mark.parametrize(("ids", "is_down"), [(4, False), (5, True)])
@pytest.mark.parametrize(("error", "result"), [("HTTP 500", "trouble"), ("the body is not JSON: x", "garbage")])
def test_few_ids_that_are_answered_with_errors_cost_only_themselves(
    error: str, result: str, ids: int, is_down: bool
) -> None:
    assert isinstance(fetch_error(report(error, **{result: ids})), ApiDown) == is_down


def test_a_run_that_was_stopped_says_over_what() -> None:
    stopped = FetchReport(100, Counter({Result.USABLE: 50}), {}, StopReason.API_DOWN, "HTTP 502")
    assert "reach: HTTP 502. 20 ids in a row ended in errors." in str(fetch_error(stopped))
    refused = FetchReport(100, stopped=StopReason.TOKEN_REFUSED)
    assert isinstance(fetch_error(refused), TokenRefused)
