"""Whether a run of fetches as a whole failed, and the message that says so. Pure."""

from collections import Counter
from typing import Final

from dialflo_pipeline.core.errors import ApiDown, DialfloError, TokenRefused
from dialflo_pipeline.core.schema import Result
from dialflo_pipeline.extract.circuit_breaker import StopReason
from dialflo_pipeline.extract.fetch import FetchReport

MIN_IDS_FOR_OUTAGE: Final = 5
"""Fewer ids that all end in errors may be at fault themselves, if the API answers at all."""

_ERRORS: Final = {Result.RETRYABLE, Result.MALFORMED}
_HTTP_ERROR_PREFIXES: Final = ("HTTP ", "the body ")
"""How an error begins that a response has caused."""

_WRONG_ADDRESS: Final = (
    "The API knows none of these ids, and no id has had a usable answer yet: {reason}."
    " Check DIALFLO_BASE_URL, and that DIALFLO_API_TOKEN belongs to the organisation that made the calls."
    " None of these ids counts as not found."
)
_REFUSED: Final = (
    "The API refused the ids ({error}): {reason}. Likely a proxy, a firewall or an outage. None of these ids counts as"
    " failed; what was fetched before is kept."
)


def fetch_error(report: FetchReport) -> DialfloError | None:
    """The error of a run of fetches that failed as a whole; None otherwise, even if single ids had errors."""
    match report.stopped:
        case StopReason.TOKEN_REFUSED:
            return TokenRefused("The API refused the token in DIALFLO_API_TOKEN. Nothing was marked failed.")
        case StopReason.API_DOWN:
            return _down(str(report.stopped), report.stop_error)
        case StopReason.REFUSED:
            return ApiDown(_REFUSED.format(error=report.stop_error, reason=report.stopped))
        case StopReason.NOT_FOUND:
            return ApiDown(_WRONG_ADDRESS.format(reason=report.stopped))
    if not report.has_usable_answer and report.results[Result.NOT_FOUND]:
        return ApiDown(_WRONG_ADDRESS.format(reason=f"{report.results[Result.NOT_FOUND]} not found"))
    if not report.asked or report.results.keys() - _ERRORS:
        return None
    reasons = Counter(report.errors.values())
    if report.asked < MIN_IDS_FOR_OUTAGE and any(reason.startswith(_HTTP_ERROR_PREFIXES) for reason in reasons):
        return None
    return _down(f"None of the {report.asked} ids got a usable answer", reasons.most_common(1)[0][0])


def _down(found: str, error: str | None) -> ApiDown:
    return ApiDown(f"The API is down or out of reach: {error}. {found}. What had been fetched is kept.")
