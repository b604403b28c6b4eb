"""What went wrong and right in one run, from the events in Dagster's history. Nothing is decided here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from dagster import AssetCheckSeverity, DagsterEvent, DagsterEventType, DagsterInstance, DagsterRun, EventLogEntry

from dialflo_pipeline.alerts.date_ranges import days_between
from dialflo_pipeline.alerts.failures import INTERRUPTED, WRAPPERS, FailedStep
from dialflo_pipeline.core.errors import RunKilled
from dialflo_pipeline.defs.internals.names import ASSET_PARTITION_RANGE_END_TAG as RANGE_END
from dialflo_pipeline.defs.internals.names import ASSET_PARTITION_RANGE_START_TAG as RANGE_START
from dialflo_pipeline.defs.internals.names import PARTITION_NAME_TAG as PARTITION
from dialflo_pipeline.defs.internals.names import RunFailureReason, SerializableErrorInfo

LOOKED_AT: Final = {
    DagsterEventType.RUN_START,
    DagsterEventType.STEP_SUCCESS,
    DagsterEventType.STEP_FAILURE,
    DagsterEventType.ASSET_CHECK_EVALUATION,
}
FAILED_CHECK: Final = "DagsterAssetCheckFailedError"
"""How Dagster ends a step of which a blocking check failed; the check itself says why."""

FROM_OUTSIDE: Final = "This run has been marked as failed from outside the execution context."
"""What Dagster says of a run whose process is gone, as after one that used up the memory."""
KILLED: Final = "The process of this run was killed, or the machine went down. The next run goes on from there."
NOT_STARTED: Final = (
    "This run was not started: the machine was too busy, or the services were ending. The next one does it."
)


def killed(said: str = KILLED) -> SerializableErrorInfo:
    """The error of a run whose process is gone, or never was."""
    return SerializableErrorInfo(f"{RunKilled.__module__}.{RunKilled.__name__}: {said}", [], RunKilled.__name__)


@dataclass(frozen=True)
class Succeeded:
    """A step, or where there is none a whole job, went right."""

    job: str
    step: str | None
    days: frozenset[date]


@dataclass(frozen=True)
class Checked:
    """What one evaluation of an asset check came to."""

    asset: str
    check: str
    passed: bool
    is_error: bool
    said: str | None
    day: date | None


@dataclass(frozen=True)
class EndedRun:
    """A finished run, with everything that may be worth a notification."""

    place: int
    """The position of its end in the history."""
    run_id: str
    at: datetime
    steps: tuple[FailedStep | Succeeded, ...] = ()
    checks: tuple[Checked, ...] = ()


def with_content(
    instance: DagsterInstance, run: DagsterRun, ended: EndedRun, end: EventLogEntry, day_steps: frozenset[str]
) -> EndedRun:
    """The same, with what its steps and checks came to. What happens in one of `day_steps` is about its days only."""
    records = instance.get_records_for_run(run.run_id, of_type=LOOKED_AT).records
    events = [event for record in records if (event := record.event_log_entry.dagster_event)]
    checks = [_checked(event) for event in events if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION]
    steps = [_step(run, ended, event, day_steps) for event in events if event.is_step_success or event.is_step_failure]
    is_started = any(event.event_type is DagsterEventType.RUN_START for event in events)
    has_failed_step = any(isinstance(step, FailedStep) for step in steps)
    whole = None if has_failed_step else _whole(run, ended, end.dagster_event, is_started=is_started)
    worth_reporting = [
        step for step in (*steps, whole) if step and not (isinstance(step, FailedStep) and step.kind == FAILED_CHECK)
    ]
    return replace(ended, steps=tuple(worth_reporting), checks=tuple(checks))


def was_cut_off(instance: DagsterInstance, run_id: str) -> bool:
    """Whether a failed run was killed or stopped, for example by a restart of the services."""
    wanted = {DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE}
    records = instance.get_records_for_run(run_id, of_type=wanted).records
    events = [event for record in records if (event := record.event_log_entry.dagster_event)]
    errors = [event.step_failure_data.error for event in events if event.is_step_failure]
    if errors:
        return all(error is not None and error.cls_name in INTERRUPTED for error in errors)
    return any(error.cls_name == RunKilled.__name__ for event in events if (error := _error_of_end(event)))


def _error_of_end(end: DagsterEvent, *, is_started: bool = True) -> SerializableErrorInfo | None:
    data = end.job_failure_data if end.event_specific_data else None
    if end.message == FROM_OUTSIDE or (data and data.failure_reason is RunFailureReason.START_TIMEOUT):
        return killed(KILLED if is_started else NOT_STARTED)
    return data.error if data else None


def _step(run: DagsterRun, ended: EndedRun, event: DagsterEvent, day_steps: frozenset[str]) -> FailedStep | Succeeded:
    step = event.step_key or ""
    days = days_of(run, step)
    if event.is_step_success:
        return Succeeded(run.job_name, step, days)
    return _failed(run, ended, step, event.step_failure_data.error, event.message or "", days, step in day_steps)


def _whole(
    run: DagsterRun, ended: EndedRun, end: DagsterEvent | None, *, is_started: bool
) -> FailedStep | Succeeded | None:
    """What a run without a failed step comes to; nothing if it was cancelled."""
    if end is None or end.event_type is DagsterEventType.RUN_CANCELED:
        return None
    if end.event_type is DagsterEventType.RUN_SUCCESS:
        return Succeeded(run.job_name, None, frozenset())
    return _failed(
        run, ended, None, _error_of_end(end, is_started=is_started), end.message or "", days_of(run), by_day=False
    )


def _failed(
    run: DagsterRun,
    ended: EndedRun,
    step: str | None,
    error: SerializableErrorInfo | None,
    otherwise: str,
    days: frozenset[date],
    by_day: bool,
) -> FailedStep:
    while error and error.cause and error.cls_name in WRAPPERS:
        error = error.cause
    return FailedStep(
        kind=(error.cls_name or "") if error else "",
        said=(error.message if error else otherwise).strip(),
        job=run.job_name,
        step=step,
        at=ended.at,
        run_id=run.run_id,
        days=days,
        by_day=by_day and bool(days),
    )


def _checked(event: DagsterEvent) -> Checked:
    found = event.asset_check_evaluation_data
    return Checked(
        asset=found.asset_key.to_user_string(),
        check=found.check_name,
        passed=found.passed,
        is_error=found.severity is AssetCheckSeverity.ERROR,
        said=found.description,
        day=_day(getattr(found, "partition", None)),
    )


def days_of(run: DagsterRun, step: str | None = None) -> frozenset[date]:
    """The days that a run worked on: those in the settings of its step, or of any, else those of its partitions."""
    config: Mapping[str, Any] = run.run_config
    ops: Mapping[str, Any] = config.get("ops", {})
    settings = [ops[step]] if step and step in ops else ops.values()
    spans = [(days.get("first_day"), days.get("last_day")) for each in settings if (days := each.get("config"))]
    alone = run.tags.get(PARTITION)
    spans += [(run.tags.get(RANGE_START, alone), run.tags.get(RANGE_END, alone))]
    known = ((_day(first), _day(last)) for first, last in spans)
    return next((days_between(first, last) for first, last in known if first and last), frozenset())


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None  # partitions of another kind than days
