"""The stages of a sync and of a rebuild, driven in this process: what the command line runs, without Dagster."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from dialflo_pipeline import pipeline
from dialflo_pipeline.checks.check import Stage
from dialflo_pipeline.checks.run import refuse_if_blocked
from dialflo_pipeline.core.errors import (
    ChecksFailed,
    DashboardFailed,
    DialfloError,
    PermanentError,
    TaskSourceDown,
    TaskSourceError,
)
from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS
from dialflo_pipeline.extract.plan import FetchPlan
from dialflo_pipeline.extract.task_ids.inbox import waiting_files
from dialflo_pipeline.marts.project import model_names, sql_folder
from dialflo_pipeline.run import asset_events, stages
from dialflo_pipeline.run.asset_events import Event
from dialflo_pipeline.run.event_file import append_events
from dialflo_pipeline.run.session import EVERY_DAY, RunSession, Span
from dialflo_pipeline.serve.dashboard import is_current


@dataclass
class Driver:
    """Runs the stages over one session and appends what each did to the event file."""

    session: RunSession
    dashboard_problem: DashboardFailed | None = None
    """Why the dashboard could not be built, on which nothing else depends."""
    fetch_problem: DialfloError | None = None
    """Why the fetch as a whole failed, where it did; single ids may fail without."""
    fetched_days: set[date] = field(default_factory=set)
    """The days with ids that were to be fetched; after a failed fetch, those that still wait."""

    def sync(self, span: Span = EVERY_DAY, *, retry_failed: bool = False, refetch: bool = False) -> None:
        """Register, fetch what is due in the span, and bring everything after the fetch up to date.

        What prevents fetching (a missing or refused token) is raised last: the other stages do not depend on it.
        """
        if self._has_new_ids():
            self._register()
        plan = FetchPlan(datetime.now(UTC), retry_failed, refetch)
        findings = self.session.reporter.findings
        while True:
            found = len(findings)
            problem = self._try_to_fetch(span, plan)
            self.bring_up_to_date()
            if problem:
                raise problem
            if not any(finding.is_refetched for finding in findings[found:]):
                return
            plan = FetchPlan(datetime.now(UTC))  # answers were found damaged, so their ids wait again

    def rebuild(self, span: Span = EVERY_DAY) -> None:
        """Flatten the span's days from their raw answers again, and everything after; no request is sent."""
        days = [status.day for status in self.session.days(span)]
        self.bring_up_to_date(days, rebuild=bool(days))

    def bring_up_to_date(self, days: Collection[date] = (), *, rebuild: bool = False) -> None:
        """Flatten `days` and all that are not current, then load, check, build, publish; nothing if all is current."""
        session = self.session
        stale = sorted({*days, *(status.day for status in session.days() if not status.is_current)})
        if stale:
            self._record(asset_events.of_flatten(stages.flatten(session, stale)))
        if session.days() and (stale or not self._is_up_to_date()):
            with suppress(ChecksFailed):  # the reporter has the results, and the outcome names the check
                self._publish(rebuild=rebuild)

    def _has_new_ids(self) -> bool:
        return bool(waiting_files(self.session.data_dir.inbox)) or self._database_has_news()

    def _database_has_news(self) -> bool:
        session = self.session
        if session.settings.tasks_dsn is None:
            return False
        from dialflo_pipeline.extract.task_ids.database.source import SourceReport, has_news, source_of

        source = source_of(session.settings)
        try:
            return source is not None and has_news(source, session.data_dir, session.started_at, timedelta(0))
        except (TaskSourceError, TaskSourceDown) as error:
            session.reporter.database_read(SourceReport(problem=str(error)))
            return False

    def _register(self) -> None:
        inbox, database = stages.register(self.session)
        lake = self.session.data_dir.lake
        rows = sum(lake.row_count(TASK_IDS, day) for day in lake.days(TASK_IDS))
        self._record(asset_events.of_registration(inbox, database, rows))

    def _try_to_fetch(self, span: Span, plan: FetchPlan) -> PermanentError | None:
        try:
            self._fetch(span, plan)
        except PermanentError as error:
            self.fetch_problem = error
            return error
        return None

    def _fetch(self, span: Span, plan: FetchPlan) -> None:
        session = self.session
        ids = stages.ids_to_fetch(session, session.days(span), plan)
        if not ids:
            return
        from dialflo_pipeline.extract.outcome import fetch_error  # brings in HTTP, which an idle sync does without

        self.fetched_days |= set(ids.values())
        report = stages.fetch(session, ids)
        self.fetch_problem = why = fetch_error(report)
        waiting = stages.ids_to_fetch(session, session.days(span), plan).values() if why else ()
        rows = {day: session.data_dir.lake.row_count(RAW_ANSWERS, day) for day in set(ids.values()) - set(waiting)}
        self.fetched_days -= set(rows) if why else set()
        self._record(asset_events.of_fetch(ids, rows))
        if isinstance(why, PermanentError):
            raise why

    def _publish(self, *, rebuild: bool) -> None:
        session = self.session
        rows = stages.load(session, rebuild=rebuild)
        totals = pipeline.rows_in_warehouse(session.data_dir)
        self._record(asset_events.of_load(rows, totals))
        self._check(Stage.TABLES, everything=rebuild)
        built = stages.build(session, rebuild=rebuild)
        self._record(asset_events.of_build(built, model_names(sql_folder())))
        self._check(Stage.MODELS, everything=rebuild)
        copied = stages.publish(session, rebuild=rebuild)
        byte_count = session.data_dir.published.stat().st_size
        self._record(asset_events.of_publish(copied, byte_count, sum(totals.values())))
        try:
            self._record(asset_events.of_dashboard(stages.dashboard(session, rebuild=rebuild)))
        except DashboardFailed as error:
            self.dashboard_problem = error

    def _check(self, stage: Stage, *, everything: bool) -> None:
        results = stages.check(self.session, stages.checks_of(stage), everything=everything)
        self._record(asset_events.of_checks(results))
        refuse_if_blocked(results)

    def _is_up_to_date(self) -> bool:
        session, files = self.session, self.session.data_dir
        return session.repairing(
            lambda: (
                pipeline.is_up_to_date(files, session.days(), session.mart_settings)
                and is_current(files.published, files.dashboard)
            )
        )

    def _record(self, events: Iterable[Event]) -> None:
        append_events(self.session.data_dir.work, events)
