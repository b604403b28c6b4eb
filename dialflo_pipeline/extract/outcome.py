"""When a fetch came to so little that its run has failed, and in which words. Pure."""

from collections import Counter
from typing import Final

from dialflo_pipeline.core.errors import ApiDown, DialfloError, TokenRefused
from dialflo_pipeline.core.schema import Result
from dialflo_pipeline.extract.fetch import FetchReport, StopReason

MIN_IDS_FOR_OUTAGE: Final = 5
"""So many ids that all end in trouble are not at fault themselves; fewer may be, if the API answers at all."""

_ERRORS: Final = {Result.RETRYABLE, Result.MALFORMED}
_HTTP_ERROR_PREFIXES: Final = ("HTTP ", "the body ")
"""How an error begins that an answer has caused."""


def fetch_error(report: FetchReport) -> DialfloError | None:
    """Why nobody may take this fetch for done; None where it is, though single ids may have been in trouble."""
    match report.stopped:
        case StopReason.TOKEN_REFUSED:
            return TokenRefused("The API refused the token in DIALFLO_API_TOKEN. Nothing was marked failed.")
        case StopReason.API_DOWN:
            return _down(str(report.stopped), report.stop_error)
    if not report.asked or report.results.keys() - _ERRORS:
        return None
    reasons = Counter(report.errors.values())
    if report.asked < MIN_IDS_FOR_OUTAGE and any(reason.startswith(_HTTP_ERROR_PREFIXES) for reason in reasons):
        return None
    return _down(f"None of the {report.asked} ids asked for got an answer to use", reasons.most_common(1)[0][0])


def _down(found: str, reason: str | None) -> ApiDown:
    return ApiDown(f"The API is down or out of reach: {reason}. {found}. What had been fetched is kept.")
