"""The assets that exist by day: the raw answers, and the lake tables flattened from them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    DailyPartitionsDefinition,
    MaterializeResult,
    ResourceParam,
    multi_asset,
)

from dialflo_pipeline.core.schema import RAW_ANSWERS, RAW_TABLES, TASK_IDS, WAREHOUSE_TABLES, Table
from dialflo_pipeline.defs.assets import specs
from dialflo_pipeline.defs.assets.configs import FetchConfig, FlattenConfig
from dialflo_pipeline.defs.partitions import A_DAY_A_RUN, days_of_run, materialized, note_failed
from dialflo_pipeline.defs.resources import DagsterRun
from dialflo_pipeline.extract.outcome import fetch_error
from dialflo_pipeline.extract.plan import FetchPlan
from dialflo_pipeline.flatten.days import DayReport
from dialflo_pipeline.run import stages
from dialflo_pipeline.run.asset_events import ROW_COUNT
from dialflo_pipeline.run.session import RunSession


def daily_assets(partitions: DailyPartitionsDefinition, shown: specs.Shown) -> list[AssetsDefinition]:
    """One step for each stage that works by day."""
    return [_raw_answers(partitions, shown), _lake_tables(partitions, shown)]


def _raw_answers(partitions: DailyPartitionsDefinition, shown: specs.Shown) -> AssetsDefinition:
    @multi_asset(
        specs=[specs.lake_spec(RAW_ANSWERS, "raw", [specs.lake_key(TASK_IDS)], shown, partitions)],
        name="raw_answers",
        backfill_policy=A_DAY_A_RUN,
    )
    def raw_answers(
        context: AssetExecutionContext, config: FetchConfig, pipeline: ResourceParam[DagsterRun]
    ) -> MaterializeResult[None]:
        key = specs.lake_key(RAW_ANSWERS)
        with pipeline.step(context) as session:
            ids = _ids_to_fetch(context, config, session)
            days = set(ids.values())
            try:
                report = stages.fetch(session, ids)
            except Exception:
                note_failed(context, key, {}, days)
                raise
            why = fetch_error(report)
            unfetched = set(_ids_to_fetch(context, config, session).values()) if why else set()
            rows = {day: session.data_dir.lake.row_count(RAW_ANSWERS, day) for day in days - unfetched}
        planned = Counter(ids.values())
        done = {day: {"ids_waiting": planned[day], ROW_COUNT: count} for day, count in rows.items()}
        if why:
            note_failed(context, key, done, unfetched)
            raise why
        results = {str(result): count for result, count in report.results.items()}
        return materialized(context, key, done, {"asked": report.asked, **results})

    return raw_answers


def _ids_to_fetch(context: AssetExecutionContext, config: FetchConfig, session: RunSession) -> dict[str, date]:
    plan = FetchPlan(datetime.now(UTC), config.retry_failed, config.refetch)
    return stages.ids_to_fetch(session, days_of_run(context, config, session.days()), plan)


def _lake_tables(partitions: DailyPartitionsDefinition, shown: specs.Shown) -> AssetsDefinition:
    @multi_asset(
        specs=[
            specs.lake_spec(table, "lake", [specs.lake_key(raw) for raw in RAW_TABLES], shown, partitions)
            for table in WAREHOUSE_TABLES
        ],
        name="lake_tables",
        backfill_policy=A_DAY_A_RUN,
    )
    def lake_tables(
        context: AssetExecutionContext, config: FlattenConfig, pipeline: ResourceParam[DagsterRun]
    ) -> Iterator[MaterializeResult[None]]:
        reports: list[DayReport] = []
        with pipeline.step(context) as session:
            statuses = days_of_run(context, config, session.days())
            days = [status.day for status in statuses if config.rebuild or not status.is_current]
            try:
                stages.flatten(session, days, reports)
            except Exception:
                unfinished = set(days) - {report.day for report in reports}
                for table in WAREHOUSE_TABLES:
                    note_failed(context, specs.lake_key(table), _rows_by_day(table, reports), unfinished)
                raise
        for table in WAREHOUSE_TABLES:
            rows = _rows_by_day(table, reports)
            yield materialized(context, specs.lake_key(table), rows, {"days_flattened": len(reports)})

    return lake_tables


def _rows_by_day(table: Table, reports: Iterable[DayReport]) -> dict[date, dict[str, int]]:
    return {report.day: {ROW_COUNT: report.rows[table.name]} for report in reports}
