"""Where each task stands, from its registration and the tries on record: pure, and never from the clock.

Whether a task is due at some moment is for `is_due` to say, and the moment is the caller's.
"""

from datetime import datetime, timedelta

import polars as pl

from dialflo_pipeline.core.classify import NO_CONTENT_STATUSES
from dialflo_pipeline.core.schema import TASKS, Result, State

KEY = ("task_id", "call_date")
"""A task and its day: days are independent, whatever their files hold."""

ATTEMPT_COLUMNS = (
    *KEY,
    "asking_id",
    "attempt",
    "is_last",
    "requested_at",
    "status",
    "result",
    "is_complete",
    "error",
    "stopped_run",
)
"""What of the raw answers decides a state; bodies are not needed."""

WAITING_STATES = (State.PENDING, State.UNSETTLED)

HOLDABLE_STATES = (State.UNSETTLED, State.NOT_FOUND)
"""States in which a waiting task may be held back; one that is pending never is."""

_IS_USABLE = pl.col("result") == Result.USABLE
_IS_LATE = pl.col("requested_at") >= pl.col("deadline")
_ANSWERED_LATE = _IS_LATE & (pl.col("result") != Result.RETRYABLE)

SHORTEST_GAP = timedelta(minutes=1)
"""Nothing is held back for less: runs by hand, one after the other, ask every time."""


def task_states(task_ids: pl.DataFrame, tries: pl.DataFrame, settle_after: timedelta) -> pl.DataFrame:
    """One row per registered task: the columns of `tasks`, `is_waiting` and `was_stopped`.

    A task that waits is fetched by the next sync; one whose latest fetch was in a stopped run comes last there.

    `task_ids` has the columns of that table, `tries` at least `ATTEMPT_COLUMNS`. A try counts once, however often it
    is stored.
    """
    deadline = pl.coalesce("completed_at", "registered_at") + settle_after
    attempts = _attempts(tries)
    if attempts.height != tries.height:  # of a task asked once nothing can be there twice
        tries = tries.unique([*KEY, "asking_id", "attempt"], keep="first", maintain_order=True)
        attempts = _attempts(tries)
    asked = _counting(tries.join(task_ids.select(*KEY, deadline=deadline), on=KEY))
    # Mostly each task was asked once, with one try.
    facts = _facts_of_one(asked) if attempts.height == tries.height else _facts(asked)
    return (
        task_ids.join(attempts, on=KEY, how="left")
        .join(facts, on=KEY, how="left")
        .join(_stopped(tries), on=KEY, how="left")
        .with_columns(pl.col("attempts").fill_null(0), _state().alias("state"))
        .with_columns(is_waiting=_is_waiting())
        .with_columns(next_try_at=pl.when("is_waiting").then(_next_try_at()))
        .with_columns(pl.col("was_stopped").fill_null(value=False))
        .select(*TASKS.frame_schema, "is_waiting", "was_stopped")
        .sort(KEY)
    )


def _stopped(tries: pl.DataFrame) -> pl.DataFrame:
    """The tasks whose latest fetch was in a run that was stopped."""
    if not tries["stopped_run"].any():
        return tries.clear().select(*KEY, was_stopped=pl.lit(value=True))
    latest = pl.col("stopped_run").sort_by("asking_id").last()
    return tries.group_by(KEY).agg(was_stopped=latest).filter("was_stopped")


def _attempts(tries: pl.DataFrame) -> pl.DataFrame:
    return tries.group_by(KEY).agg(attempts=pl.len().cast(pl.Int32))


def is_due(now: datetime) -> pl.Expr:
    """Whether a task of `task_states` is to be asked at this time."""
    return pl.col("is_waiting") & (pl.col("next_try_at") <= now).fill_null(value=True)


def deciding_fetches(tries: pl.DataFrame) -> pl.DataFrame:
    """The asking whose answer each task's rows come from: its latest usable one, else its latest if that is empty.

    Of each its last try, with the columns of `tries`; tasks without such an answer are not there.
    """
    answered = pl.col("result").is_in([str(Result.USABLE), str(Result.EMPTY)])
    askings = _counting(tries)
    if askings.select(pl.struct(KEY).is_duplicated().any()).item():
        best = askings.sort(pl.col("result") == Result.USABLE, "asking_id")
        askings = best.group_by(KEY, maintain_order=True).last()
    return askings.filter(answered & ~pl.col("status").is_in(list(NO_CONTENT_STATUSES)).fill_null(value=False))


def _counting(tries: pl.DataFrame) -> pl.DataFrame:
    """The deciding tries of the askings that count for states."""
    return tries.filter(pl.col("is_last"), ~pl.col("stopped_run"))


def _facts(askings: pl.DataFrame) -> pl.DataFrame:
    """Per asked task, what its askings say: the latest one, the latest usable one, any past the deadline."""
    return (
        askings.sort("asking_id")
        .group_by(KEY, maintain_order=True)
        .agg(
            last_result=pl.col("result").last(),
            last_status=pl.col("status").last(),
            last_error=pl.col("error").last(),
            last_is_late=_IS_LATE.last(),
            first_asked_at=pl.col("requested_at").first(),
            last_asked_at=pl.col("requested_at").last(),
            deadline=pl.col("deadline").first(),
            has_usable=_IS_USABLE.any(),
            is_complete=pl.col("is_complete").filter(_IS_USABLE).last(),
            answered_late=_ANSWERED_LATE.any(),
        )
    )


def _facts_of_one(askings: pl.DataFrame) -> pl.DataFrame:
    """The same where each task has one."""
    return askings.select(
        *KEY,
        last_result="result",
        last_status="status",
        last_error="error",
        last_is_late=_IS_LATE,
        first_asked_at="requested_at",
        last_asked_at="requested_at",
        deadline="deadline",
        has_usable=_IS_USABLE,
        is_complete=pl.when(_IS_USABLE).then("is_complete"),
        answered_late=_ANSWERED_LATE,
    )


def _state() -> pl.Expr:
    last, is_late = pl.col("last_result"), pl.col("last_is_late")
    return (
        pl.when(pl.col("has_usable"))
        .then(_word(pl.col("is_complete") | pl.col("answered_late"), State.SETTLED, State.UNSETTLED))
        .when(last == Result.REFUSED)
        .then(pl.lit(str(State.FAILED)))
        .when(last == Result.NOT_FOUND)
        .then(pl.lit(str(State.NOT_FOUND)))
        .when(last == Result.EMPTY)
        .then(_word(is_late, State.FAILED, State.UNSETTLED))
        .when(last == Result.MALFORMED)
        .then(_word(is_late, State.FAILED, State.PENDING))
        .otherwise(pl.lit(str(State.PENDING)))
    )


def _word(condition: pl.Expr, yes: State, no: State) -> pl.Expr:
    return pl.when(condition).then(pl.lit(str(yes))).otherwise(pl.lit(str(no)))


def _is_waiting() -> pl.Expr:
    not_found_early = (pl.col("state") == State.NOT_FOUND) & ~pl.col("last_is_late")
    return pl.col("state").is_in([str(state) for state in WAITING_STATES]) | not_found_early


def _next_try_at() -> pl.Expr:
    """Gaps grow by half of the time asked so far, so that a day of waiting costs few requests however often one syncs.

    Never past the deadline: an asking at or after it is the one that decides.
    """
    last = pl.col("last_asked_at")
    gap = (last - pl.col("first_asked_at")) / 2
    may_be_held = pl.col("state").is_in([str(state) for state in HOLDABLE_STATES]) & ~pl.col("last_is_late")
    return pl.when(may_be_held & (gap >= SHORTEST_GAP)).then(pl.min_horizontal(last + gap, "deadline"))
