"""The two sensors that send notifications, of failed runs and of failed checks; `alerts/` decides what is sent when."""

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

from dialflo_pipeline.alerts.channels import SendReport, channels_of, message_writer_of, secrets_of, send_pending
from dialflo_pipeline.alerts.failures import FailedStep, check_failure, check_subject, failure_of, step_subject
from dialflo_pipeline.alerts.incidents import IncidentLog
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.defs.history.command_line_runs import command_line_runs, newest_event
from dialflo_pipeline.defs.history.ended_runs import ended_runs, newest_end
from dialflo_pipeline.defs.history.run_content import EndedRun
from dialflo_pipeline.defs.resources import Pipeline
from dialflo_pipeline.defs.runs.ownership import is_ours
from dialflo_pipeline.lake.data_dir import DataDir

EVERY_SECONDS = 30
NOTIFICATIONS_OFF = "Notifications are off: set DIALFLO_NOTIFY_WEBHOOK or DIALFLO_NOTIFY_SMTP."

Note = Callable[[IncidentLog, EndedRun, Collection[str], Settings], None]
"""Records the failures and successes of one ended run."""


def failure_sensors(pipeline: Pipeline, day_steps: frozenset[str]) -> list[SensorDefinition]:
    """Both sensors. An incident in one of `day_steps` is resolved when the step succeeded for the same days."""
    failed_runs = _sensor(
        pipeline,
        "tell_of_failed_runs",
        _note_steps,
        day_steps,
        "Sends one message for each incident in runs.",
    )
    failed_checks = _sensor(
        pipeline, "tell_of_failed_checks", _note_checks, day_steps, "Sends one message for each failing asset check."
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
        context.update_cursor("")  # once set up, older failures are not reported
        return SkipReason(NOTIFICATIONS_OFF)
    incidents, work = _stored(context.cursor), DataDir(settings.data_dir).work
    if incidents is None:
        begun = IncidentLog(read_up_to=newest_end(context.instance), events_read_up_to=newest_event(work))
        context.update_cursor(begun.model_dump_json())
        return SkipReason("Failures from now on are reported.")
    for run in ended_runs(context.instance, incidents.read_up_to, is_ours(context), day_steps):
        note(incidents, run, channels, settings)
        incidents.read_up_to = run.place
    for run in command_line_runs(work, incidents.events_read_up_to):
        note(incidents, run, channels, settings)
        incidents.events_read_up_to = run.place
    now = datetime.now(UTC)
    incidents.remove_old(channels, now)
    report = send_pending(incidents, channels, message_writer_of(settings), now)
    context.update_cursor(incidents.model_dump_json())
    return SkipReason(_describe(report, incidents))


def _stored(cursor: str | None) -> IncidentLog | None:
    try:
        return IncidentLog.model_validate_json(cursor) if cursor else None
    except ValidationError:
        return None


def _describe(report: SendReport, incidents: IncidentLog) -> str:
    sent = f"{report.sent} messages sent; {len(incidents.open)} incidents are open."
    late = " Out of time; the others follow at the next tick." if report.is_out_of_time else ""
    return " ".join([sent + late, *(f"{problem} It is tried again." for problem in report.problems.values())])


def _note_steps(incidents: IncidentLog, run: EndedRun, channels: Collection[str], settings: Settings) -> None:
    for step in run.steps:
        if isinstance(step, FailedStep):
            incidents.record_failure(failure_of(step, secrets_of(settings)), channels)
        else:
            incidents.record_success(step_subject(step.job, step.step), step.days, run.at, run.run_id)


def _note_checks(incidents: IncidentLog, run: EndedRun, channels: Collection[str], settings: Settings) -> None:
    for found in run.checks:
        if found.passed:
            days = frozenset([found.day] if found.day else [])
            incidents.record_success(check_subject(found.asset, found.check), days, run.at, run.run_id)
        elif found.is_error or settings.notify_warnings:
            found_by = (found.asset, found.check, found.said, found.is_error, found.day)
            incidents.record_failure(check_failure(*found_by, run.at, run.run_id, secrets_of(settings)), channels)
