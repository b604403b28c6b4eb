"""The circuit breaker: which fetches count, and when repeated errors stop a run. Pure."""

from enum import StrEnum
from typing import Final

from dialflo_pipeline.api.request import TaskFetch
from dialflo_pipeline.core.schema import Result

MAX_FIRST_FORBIDDEN: Final = 5
"""This many first answers that are all 403 mean the token, not the ids."""

MAX_ERRORS_IN_A_ROW: Final = 20
"""This many ids in a row that end retryable, malformed or refused mean the API, not the ids."""

MAX_FIRST_NOT_FOUND: Final = 200
"""This many ids in a row that are not found, with no usable answer yet, mean the address or the token."""

FORBIDDEN: Final = 403

_ERRORS: Final = (Result.RETRYABLE, Result.MALFORMED, Result.REFUSED)


class StopReason(StrEnum):
    """Why a run stopped before its last id."""

    TOKEN_REFUSED = "the API refused the token"  # noqa: S105 - a sentence, no secret
    API_DOWN = f"{MAX_ERRORS_IN_A_ROW} ids in a row ended in errors"
    REFUSED = "the API refused one id after the other, and no settled id got a usable answer"
    NOT_FOUND = f"{MAX_FIRST_NOT_FOUND} ids in a row were not found, and no id has had a usable answer yet"


class CircuitBreaker:
    """Watches fetches as they end; holds back those that may turn out to be why the run stops."""

    def __init__(self, *, has_usable_answer: bool = True) -> None:
        self.has_usable_answer = has_usable_answer
        """Whether the lake has any usable answer, those of this run included."""
        self._forbidden: list[TaskFetch] = []
        self._is_only_forbidden = True
        self._errors: list[TaskFetch] = []
        self._not_found_in_a_row = 0

    def take(self, fetch: TaskFetch) -> tuple[list[TaskFetch], StopReason | None]:
        """The fetches that count for certain now, and the reason to stop, if those still held are one."""
        self.has_usable_answer = self.has_usable_answer or fetch.result is Result.USABLE
        if fetch.result is Result.UNAUTHORIZED or (self._is_only_forbidden and _is_forbidden(fetch)):
            return _take_all(self._errors), self._doubt_token(fetch)
        if fetch.tries[-1].status is not None:
            self._is_only_forbidden = False
            self._errors[:0] = _take_all(self._forbidden)
        if fetch.result in _ERRORS:
            self._not_found_in_a_row = 0
            self._errors.append(fetch)
            return [], StopReason.API_DOWN if self._is_down() else None
        return [*self.release(), fetch], self._doubt_address(fetch)

    def release(self) -> list[TaskFetch]:
        """Take out what is still held: after a stop its cause, else fetches that count like any other."""
        return [*_take_all(self._forbidden), *_take_all(self._errors)]

    @property
    def needs_probe(self) -> bool:
        """Whether a row of errors with refusals in it is long enough to stop the run, unless they are the ids' own."""
        return len(self._errors) >= MAX_ERRORS_IN_A_ROW and any(_is_refused(fetch) for fetch in self._errors)

    @property
    def holds_only_refusals(self) -> bool:
        """Whether fetches are held, and every one was refused."""
        held = [*self._forbidden, *self._errors]
        return bool(held) and all(map(_is_refused, held))

    @property
    def last_held(self) -> TaskFetch:
        """The latest of the fetches that are held."""
        return [*self._forbidden, *self._errors][-1]

    def _is_down(self) -> bool:
        return len(self._errors) >= MAX_ERRORS_IN_A_ROW and not self.needs_probe

    def _doubt_token(self, fetch: TaskFetch) -> StopReason | None:
        self._forbidden.append(fetch)
        is_certain = fetch.result is Result.UNAUTHORIZED or len(self._forbidden) == MAX_FIRST_FORBIDDEN
        return StopReason.TOKEN_REFUSED if is_certain else None

    def _doubt_address(self, fetch: TaskFetch) -> StopReason | None:
        if self.has_usable_answer or fetch.result is not Result.NOT_FOUND:
            self._not_found_in_a_row = 0
            return None
        self._not_found_in_a_row += 1
        return StopReason.NOT_FOUND if self._not_found_in_a_row == MAX_FIRST_NOT_FOUND else None


def _is_refused(fetch: TaskFetch) -> bool:
    return fetch.result is Result.REFUSED


def _is_forbidden(fetch: TaskFetch) -> bool:
    """A 403 without Retry-After: with it, the id is only to wait."""
    return _is_refused(fetch) and fetch.tries[-1].status == FORBIDDEN


def _take_all(fetches: list[TaskFetch]) -> list[TaskFetch]:
    taken = fetches.copy()
    fetches.clear()
    return taken
