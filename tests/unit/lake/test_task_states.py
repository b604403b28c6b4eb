from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS, TASKS, Result, State
from dialflo_pipeline.lake.task_states import ATTEMPT_COLUMNS, deciding_fetches, is_due, task_states

DAY = date(2024, 5, 1)
COMPLETED = datetime(2024, 5, 1, 12, tzinfo=UTC)
SETTLE_AFTER = timedelta(hours=24)
DEADLINE = COMPLETED + SETTLE_AFTER


@dataclass(frozen=True)
class Asked:
    """One asking: how long after the deadline its deciding request was sent, what it ended in, tries before that."""

    result: Result
    minutes_late: int = -60
    is_complete: bool = False
    stopped_run: bool = False
    earlier_tries: int = 0
    status: int | None = None
    error: str | None = None

    @property
    def is_late(self) -> bool:
        return self.minutes_late >= 0


def _tries(history: Mapping[str, Sequence[Asked]]) -> pl.DataFrame:
    rows = [
        {
            "task_id": task_id,
            "call_date": DAY,
            "asking_id": f"{place:020d}-{task_id}",
            "attempt": attempt,
            "is_last": is_last,
            # What came before the deciding try was sent before it, perhaps on the other side of the deadline.
            "requested_at": DEADLINE + timedelta(minutes=asked.minutes_late - (0 if is_last else 30)),
            "status": asked.status,
            "result": str(asked.result if is_last else Result.RETRYABLE),
            "is_complete": asked.is_complete if is_last and asked.result is Result.USABLE else None,
            "error": asked.error,
            "stopped_run": asked.stopped_run,
        }
        for task_id, askings in history.items()
        for place, asked in enumerate(askings)
        for attempt in range(1, asked.earlier_tries + 2)
        for is_last in [attempt == asked.earlier_tries + 1]
    ]
    return pl.DataFrame(rows, schema={name: RAW_ANSWERS.frame_schema[name] for name in ATTEMPT_COLUMNS}, orient="row")


def _registered(task_ids: Sequence[str], completed_at: datetime | None = COMPLETED) -> pl.DataFrame:
    rows = [(task_id, DAY, completed_at, COMPLETED + timedelta(days=3), '{"lead": 1}') for task_id in task_ids]
    return pl.DataFrame(rows, schema=TASK_IDS.frame_schema, orient="row")


def _task(*askings: Asked) -> dict[str, object]:
    return task_states(_registered(["a"]), _tries({"a": askings}), SETTLE_AFTER).row(0, named=True)


def _usable(minutes_late: int = -60, *, is_complete: bool = False) -> Asked:
    return Asked(Result.USABLE, minutes_late, is_complete)


USABLE, DONE = _usable(), _usable(is_complete=True)
EMPTY, MALFORMED, MISSING, REFUSED, RETRYABLE = (
    Asked(result) for result in (Result.EMPTY, Result.MALFORMED, Result.NOT_FOUND, Result.REFUSED, Result.RETRYABLE)
)
LATE_EMPTY, LATE_MALFORMED, LATE_MISSING, LATE_REFUSED, LATE_RETRYABLE = (
    Asked(asked.result, 0) for asked in (EMPTY, MALFORMED, MISSING, REFUSED, RETRYABLE)
)


@pytest.mark.parametrize(
    ("askings", "state", "is_waiting"),
    [
        ([], State.PENDING, True),
        ([RETRYABLE], State.PENDING, True),
        ([LATE_RETRYABLE], State.PENDING, True),
        ([MALFORMED], State.PENDING, True),
        ([LATE_MALFORMED], State.FAILED, False),
        ([EMPTY], State.UNSETTLED, True),
        ([LATE_EMPTY], State.FAILED, False),
        ([MISSING], State.NOT_FOUND, True),
        ([LATE_MISSING], State.NOT_FOUND, False),
        ([REFUSED], State.FAILED, False),
        ([LATE_REFUSED], State.FAILED, False),
        ([DONE], State.SETTLED, False),
        ([USABLE], State.UNSETTLED, True),
        ([_usable(0)], State.SETTLED, False),
        ([_usable(-1)], State.UNSETTLED, True),
        ([USABLE, DONE], State.SETTLED, False),
        ([DONE, USABLE], State.UNSETTLED, True),
        ([USABLE, LATE_RETRYABLE], State.UNSETTLED, True),
        ([USABLE, LATE_EMPTY], State.SETTLED, False),
        ([USABLE, LATE_MALFORMED], State.SETTLED, False),
        ([USABLE, LATE_MISSING], State.SETTLED, False),
        ([USABLE, LATE_REFUSED], State.SETTLED, False),
        ([USABLE, LATE_EMPTY, LATE_RETRYABLE], State.SETTLED, False),
        ([USABLE, MISSING], State.UNSETTLED, True),
        ([USABLE, REFUSED], State.UNSETTLED, True),
        ([DONE, EMPTY, RETRYABLE], State.SETTLED, False),
        ([EMPTY, RETRYABLE], State.PENDING, True),
        ([EMPTY, LATE_RETRYABLE], State.PENDING, True),
        ([MISSING, EMPTY], State.UNSETTLED, True),
        ([EMPTY, MISSING], State.NOT_FOUND, True),
        ([MISSING, LATE_RETRYABLE], State.PENDING, True),
        ([REFUSED, USABLE], State.UNSETTLED, True),
        ([LATE_REFUSED, LATE_RETRYABLE], State.PENDING, True),
        ([REFUSED, DONE], State.SETTLED, False),
    ],
)
def test_the_state_follows_from_the_askings(askings: list[Asked], state: State, is_waiting: bool) -> None:
    task = _task(*askings)
    assert (task["state"], task["is_waiting"]) == (state, is_waiting)


def _state_by_the_book(askings: Sequence[Asked]) -> State:
    counting = [asked for asked in askings if not asked.stopped_run]
    usable = [asked for asked in counting if asked.result is Result.USABLE]
    if usable:
        was_asked_late = any(asked.is_late and asked.result is not Result.RETRYABLE for asked in counting)
        return State.SETTLED if usable[-1].is_complete or was_asked_late else State.UNSETTLED
    if not counting:
        return State.PENDING
    match counting[-1].result, counting[-1].is_late:
        case Result.NOT_FOUND, _:
            return State.NOT_FOUND
        case (Result.REFUSED, _) | (Result.EMPTY | Result.MALFORMED, True):
            return State.FAILED
        case Result.EMPTY, False:
            return State.UNSETTLED
    return State.PENDING


def _waits_by_the_book(askings: Sequence[Asked]) -> bool:
    state = _state_by_the_book(askings)
    counting = [asked for asked in askings if not asked.stopped_run]
    return state in {State.PENDING, State.UNSETTLED} or (state is State.NOT_FOUND and not counting[-1].is_late)


_ASKED = st.builds(
    Asked,
    result=st.sampled_from([result for result in Result if result is not Result.UNAUTHORIZED]),
    minutes_late=st.integers(-40, 40),
    is_complete=st.booleans(),
    stopped_run=st.sampled_from([False, False, False, True]),
    earlier_tries=st.integers(0, 2),
    status=st.sampled_from([None, 200, 503]),
    error=st.sampled_from([None, "HTTP 503"]),
) | st.builds(Asked, result=st.just(Result.UNAUTHORIZED), minutes_late=st.integers(-9, 9), stopped_run=st.just(True))
_HISTORIES = st.lists(
    st.lists(_ASKED, max_size=5).map(lambda asked: sorted(asked, key=lambda one: one.minutes_late)),
    min_size=1,
    max_size=12,
)


@given(_HISTORIES)
def test_states_are_those_of_the_design_for_any_history(askings: list[list[Asked]]) -> None:
    history = {f"task-{place}": asked for place, asked in enumerate(askings)}
    # The order in which rows were stored says nothing.
    tries = _tries(history).sample(fraction=1, shuffle=True, seed=1)
    found = task_states(_registered(list(history)), tries, SETTLE_AFTER)
    assert found["task_id"].to_list() == sorted(history)
    for row in found.iter_rows(named=True):
        asked = history[row["task_id"]]
        last = next((one for one in reversed(asked) if not one.stopped_run), None)
        assert row["state"] == _state_by_the_book(asked)
        assert row["is_waiting"] == _waits_by_the_book(asked)
        assert row["attempts"] == sum(one.earlier_tries + 1 for one in asked)
        assert (row["last_status"], row["last_error"]) == ((last.status, last.error) if last else (None, None))


@given(_HISTORIES)
def test_the_latest_usable_answer_decides_else_the_latest_if_it_is_empty(askings: list[list[Asked]]) -> None:
    history = {f"task-{place}": asked for place, asked in enumerate(askings)}
    expected = {}
    for task_id, asked in history.items():
        counting = [(place, one.result) for place, one in enumerate(asked) if not one.stopped_run]
        usable = [place for place, result in counting if result is Result.USABLE]
        if usable:
            expected[task_id] = f"{usable[-1]:020d}-{task_id}"
        elif counting and counting[-1][1] is Result.EMPTY:
            expected[task_id] = f"{counting[-1][0]:020d}-{task_id}"
    found = deciding_fetches(_tries(history).sample(fraction=1, shuffle=True, seed=2))
    assert found["is_last"].all()
    assert dict(found.select("task_id", "asking_id").iter_rows()) == expected


def test_the_deadline_is_reckoned_from_the_registration_where_no_completion_is_known() -> None:
    tries = _tries({"a": [EMPTY]})
    states = [
        task_states(_registered(["a"], completed), tries, settle_after)["state"].item()
        for completed, settle_after in [(COMPLETED, timedelta(0)), (None, timedelta(0)), (None, timedelta(days=-3))]
    ]
    assert states == [State.FAILED, State.UNSETTLED, State.FAILED]


def test_the_deciding_try_says_whether_the_asking_was_late() -> None:
    assert _task(Asked(Result.EMPTY, 10, earlier_tries=1))["state"] == State.FAILED


def test_a_stopped_run_counts_for_no_state_but_its_requests_are_counted() -> None:
    stopped = Asked(Result.UNAUTHORIZED, 5, stopped_run=True, status=401, error="HTTP 401", earlier_tries=2)
    task = _task(MISSING, stopped)
    assert (task["state"], task["attempts"], task["last_status"]) == (State.NOT_FOUND, 4, None)


def test_a_try_that_is_there_twice_counts_once() -> None:
    tries = _tries({"a": [Asked(Result.RETRYABLE, earlier_tries=2), DONE], "b": [DONE], "c": []})
    once, twice = (task_states(_registered("abc"), some, SETTLE_AFTER) for some in (tries, pl.concat([tries, tries])))
    assert twice.equals(once)
    assert once["attempts"].to_list() == [4, 1, 0]


def test_tries_of_ids_that_are_not_registered_make_no_task() -> None:
    found = task_states(_registered(["a"]), _tries({"a": [], "b": [DONE]}), SETTLE_AFTER)
    assert found["task_id"].to_list() == ["a"]


def test_every_column_of_the_table_is_there_with_its_type() -> None:
    for history in ({}, {"a": [DONE]}):
        found = task_states(_registered(list(history)), _tries(history), SETTLE_AFTER)
        assert found.drop("is_waiting", "was_stopped").schema == TASKS.frame_schema
        assert found["attributes"].to_list() == ['{"lead": 1}'] * len(history)
        TASKS.schema.validate(found.drop("is_waiting", "was_stopped"))


def _asked(*minutes_late: int, result: Result = Result.EMPTY) -> list[Asked]:
    return [Asked(result, minutes) for minutes in minutes_late]


@pytest.mark.parametrize(
    ("askings", "minutes_late"),
    [
        (_asked(), None),
        (_asked(-600), None),
        (_asked(-600, -599), None),
        (_asked(-600, -598), -597),
        (_asked(-600, -598, -597), -595.5),
        (_asked(-600, -580, result=Result.NOT_FOUND), -570),
        ([_usable(-600), _usable(-500)], -450),
        (_asked(-600, -100), 0),
        (_asked(-600, -100, 1), None),
        ([_usable(-600), _usable(-500, is_complete=True)], None),
        ([*_asked(-600), Asked(Result.RETRYABLE, -500)], None),
        ([_usable(-600), Asked(Result.RETRYABLE, -500)], -450),
        ([_usable(-600), Asked(Result.RETRYABLE, 500)], None),
        (_asked(-600, -500, result=Result.MALFORMED), None),
    ],
    ids=lambda value: None if isinstance(value, list) else f"held until {value}",
)
def test_gaps_grow_by_half_of_the_time_asked_and_end_at_the_deadline(
    askings: list[Asked], minutes_late: float | None
) -> None:
    due = None if minutes_late is None else DEADLINE + timedelta(minutes=minutes_late)
    assert _task(*askings)["next_try_at"] == due


def test_a_task_is_due_unless_it_is_held_back() -> None:
    history = {"new": [], "held": _asked(-600, -400), "failed": _asked(-600, 0), "done": [DONE]}
    states = task_states(_registered(list(history)), _tries(history), SETTLE_AFTER)

    def due(minutes_late: int) -> list[str]:
        return states.filter(is_due(DEADLINE + timedelta(minutes=minutes_late)))["task_id"].to_list()

    assert due(-301) == ["new"]
    assert due(-300) == ["held", "new"]
