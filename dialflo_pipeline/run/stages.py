"""The stages of a run, in order; each reads what the one before it wrote, and does nothing when nothing changed.

Both drivers call these functions. Each reports its result to the session's reporter and returns it.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from dialflo_pipeline import pipeline
from dialflo_pipeline.checks.check import Check, CheckResult, Stage
from dialflo_pipeline.checks.context import Clock
from dialflo_pipeline.checks.run import all_checks, run_checks, stage_of
from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.flatten.days import DayReport, flatten_days
from dialflo_pipeline.lake.partitions import DayStatus
from dialflo_pipeline.publish.publish import Copied
from dialflo_pipeline.run.session import RunSession
from dialflo_pipeline.serve.dashboard import Dashboard, build_dashboard

if TYPE_CHECKING:  # a run without requests loads neither HTTP nor databases
    from dialflo_pipeline.extract.fetch import FetchReport
    from dialflo_pipeline.extract.plan import FetchPlan
    from dialflo_pipeline.extract.task_ids.database.source import SourceReport
    from dialflo_pipeline.extract.task_ids.inbox import InboxReport


def register(session: RunSession) -> "tuple[InboxReport, SourceReport]":
    """Register the task ids of the inbox and of the customer's database."""
    from dialflo_pipeline.extract.task_ids.database.source import SourceReport, read_source, source_of
    from dialflo_pipeline.extract.task_ids.inbox import read_inbox

    data_dir, zone = session.data_dir, session.settings.zone
    inbox = read_inbox(data_dir.inbox, data_dir.registration_lake, datetime.now(UTC), zone, work_dir=data_dir.work)
    session.reporter.inbox_read(inbox)
    database = SourceReport()
    if source := source_of(session.settings):
        database = read_source(source, data_dir, datetime.now(UTC), zone)
        session.reporter.database_read(database)
    session.survey_again()
    return inbox, database


def ids_to_fetch(session: RunSession, days: Iterable[DayStatus], plan: "FetchPlan") -> dict[str, date]:
    """The ids of these days that the plan asks for, each with its day."""
    from dialflo_pipeline.extract.plan import plan_ids

    with_work = [status.day for status in days if plan.has_work(status)]
    return session.repairing(lambda: plan_ids(session.data_dir.lake, with_work, session.lake_settings, plan))


def fetch(session: RunSession, ids: dict[str, date]) -> "FetchReport":
    """Fetch these ids and store every attempt. Raises `SettingsError` where ids wait and there is no token."""
    from dialflo_pipeline.api.request import open_fetcher
    from dialflo_pipeline.core.signals import run_async
    from dialflo_pipeline.extract.fetch import FetchReport
    from dialflo_pipeline.extract.run import fetch_tasks

    settings = session.settings
    if not ids:
        return FetchReport(wanted=0)
    if settings.api_token is None:
        raise SettingsError(
            "DIALFLO_API_TOKEN is not set, and ids wait to be fetched: set it in the environment or .env."
        )
    fetcher = open_fetcher(
        settings.base_url,
        settings.api_token,
        rate_limit=settings.rate_limit,
        max_concurrency=settings.max_concurrency,
        tries=settings.tries,
        timeout_seconds=settings.timeout_seconds,
        status_words=session.lake_settings.status_words,
    )
    lake, reporter = session.data_dir.lake, session.reporter
    try:
        report = run_async(fetch_tasks(lake, ids, fetcher, settings.max_concurrency, reporter.fetching))
    finally:
        session.refresh(ids.values())
    reporter.fetched(report)
    return report


def flatten(session: RunSession, days: Sequence[date], reports: list[DayReport] | None = None) -> list[DayReport]:
    """Flatten these days' raw answers into the lake's tables; each day is added to `reports` as it is done."""
    done: list[DayReport] = [] if reports is None else reports

    def flatten_rest() -> None:
        rest = [day for day in days if day not in {report.day for report in done}]
        for report in flatten_days(session.data_dir.lake, rest, session.lake_settings):
            done.append(report)
            session.reporter.flattening(len(done), len(days), report.day)

    try:
        session.repairing(flatten_rest)
    finally:
        session.refresh(report.day for report in done)
    session.reporter.flattened(done)
    return done


def load(session: RunSession, *, rebuild: bool = False) -> dict[str, int]:
    """Load the days that changed into the private DuckDB file; rows loaded by table."""
    rows = session.repairing(lambda: pipeline.load_warehouse(session.data_dir, session.days(), rebuild=rebuild))
    session.reporter.loaded(rows)
    return rows


def check(session: RunSession, checks: Sequence[Check], *, everything: bool = False) -> list[CheckResult]:
    """Run these checks, all of one stage, on the private DuckDB file."""
    clock = Clock(datetime.now(UTC), session.settings.zone, session.settings.settle_after)
    results = session.repairing(
        lambda: run_checks(session.data_dir, checks, session.lake_settings, clock, everything=everything)
    )
    session.reporter.checked(results)
    return results


def checks_of(stage: Stage) -> list[Check]:
    """The checks that run at this stage."""
    return stage_of(all_checks(), stage)


def build(session: RunSession, *, rebuild: bool = False) -> dict[str, int]:
    """Build the SQL models; rows by model, none where they were current."""
    rows = session.repairing(lambda: pipeline.build_marts(session.data_dir, session.mart_settings, rebuild=rebuild))
    session.reporter.built(rows)
    return rows


def publish(session: RunSession, *, rebuild: bool = False) -> Copied | None:
    """Publish if changed. Returns None when already current."""
    copied = session.repairing(lambda: pipeline.publish_warehouse(session.data_dir, rebuild=rebuild))
    session.reporter.published(copied)
    return copied


def dashboard(session: RunSession, *, rebuild: bool = False) -> Dashboard:
    """Build the dashboard of the published figures, if it is not current."""
    files = session.data_dir
    return session.repairing(lambda: build_dashboard(files.published, files.dashboard, files.aside, rebuild=rebuild))
