"""The two sensors that tell people: of failed runs, and of failed checks. What is told when is decided in `notify/`."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from dagster import (
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)
from pydantic import ValidationError

from dialflo_pipeline.alerts.channels import Delivery, channels_of, deliver, place_of, secrets_of
from dialflo_pipeline.alerts.failures import Failed, check_subject, check_trouble, step_subject, trouble_of
from dialflo_pipeline.alerts.incidents import Ledger
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.history.ended_runs import ended_runs, newest_end
from dialflo_pipeline.defs.history.run_content import EndedRun
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.runs.ownership import is_ours

EVERY_SECONDS = 30
NOBODY = "Nobody is told: neither DIALFLO_NOTIFY_WEBHOOK nor DIALFLO_NOTIFY_SMTP is set."

Note = Callable[[Ledger, EndedRun, Collection[str], Settings], None]
"""Notes in the ledger what one ended run came to."""


def failure_sensors(pipeline: Pipeline, day_steps: frozenset[str]) -> list[SensorDefinition]:
    """Both sensors. A cause in one of `day_steps` is over when the step went right for the same days."""
    failed_runs = _sensor(
        pipeline, "tell_of_failed_runs", _note_steps, day_steps, "Tells of each cause that makes runs fail, once."
    )
    failed_checks = _sensor(
        pipeline, "tell_of_failed_checks", _note_checks, day_steps, "Tells of each asset check that fails, once."
    )
    return [failed_runs, failed_checks]


def _sensor(pipeline: Pipeline, name: str, note: Note, day_steps: frozenset[str], description: str) -> SensorDefinition:
    @sensor(
        name=name,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description=f"{description} Off until DIALFLO_NOTIFY_WEBHOOK or DIALFLO_NOTIFY_SMTP is set.",
    )
    def evaluate(context: SensorEvaluationContext) -> SkipReason:
        return _tick(context, pipeline.load(), note, day_steps)

    return evaluate


def _tick(context: SensorEvaluationContext, settings: Settings, note: Note, day_steps: frozenset[str]) -> SkipReason:
    channels = channels_of(settings)
    if not channels:
        context.update_cursor("")  # whoever sets it up later is not told of what was before
        return SkipReason(NOBODY)
    ledger = _kept(context.cursor)
    if ledger is None:
        context.update_cursor(Ledger(read_up_to=newest_end(context.instance)).model_dump_json())
        return SkipReason("From now on, what fails is told.")
    for run in ended_runs(context.instance, ledger.read_up_to, is_ours(context, settings), day_steps):
        note(ledger, run, channels, settings)
        ledger.read_up_to = run.place
    now = datetime.now(UTC)
    ledger.clean_up(channels, now)
    delivery = deliver(ledger, channels, place_of(settings), now)
    context.update_cursor(ledger.model_dump_json())
    return SkipReason(_said(delivery, ledger))


def _kept(cursor: str | None) -> Ledger | None:
    try:
        return Ledger.model_validate_json(cursor) if cursor else None
    except ValidationError:
        return None


def _said(delivery: Delivery, ledger: Ledger) -> str:
    told = f"{delivery.told} messages sent; {len(ledger.wrong)} causes are open."
    late = " Out of time; the rest follows at the next tick." if delivery.out_of_time else ""
    return " ".join([told + late, *(f"{problem} It is tried again." for problem in delivery.problems.values())])


def _note_steps(ledger: Ledger, run: EndedRun, channels: Collection[str], settings: Settings) -> None:
    for step in run.steps:
        if isinstance(step, Failed):
            ledger.failed(trouble_of(step, secrets_of(settings)), channels)
        else:
            ledger.succeeded(step_subject(step.job, step.step), step.days, run.at, run.run_id)


def _note_checks(ledger: Ledger, run: EndedRun, channels: Collection[str], settings: Settings) -> None:
    for found in run.checks:
        if found.passed:
            days = frozenset([found.day] if found.day else [])
            ledger.succeeded(check_subject(found.asset, found.check), days, run.at, run.run_id)
        elif found.is_error or settings.notify_warnings:
            found_by = (found.asset, found.check, found.said, found.is_error, found.day)
            ledger.failed(check_trouble(*found_by, run.at, run.run_id, secrets_of(settings)), channels)
