"""The assets, one for each stage: each reads, calls one function of the core, and reports counts, never rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    Config,
    DailyPartitionsDefinition,
    MaterializeResult,
    MetadataValue,
    ResourceParam,
    asset,
    multi_asset,
)

from dialflo_pipeline import pipeline as refresh
from dialflo_pipeline.api.request import open_fetcher
from dialflo_pipeline.core import event_loop
from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.schema import PUBLICATION, RAW_ANSWERS, RAW_TABLES, TASK_IDS, WAREHOUSE_TABLES, Table
from dialflo_pipeline.defs.assets import specs
from dialflo_pipeline.defs.partitions import A_DAY_A_RUN, DaysConfig, days_of_run, materialized, note_failed
from dialflo_pipeline.defs.resources import Pipeline, Step
from dialflo_pipeline.extract import run as collect
from dialflo_pipeline.extract.fetch import FetchReport
from dialflo_pipeline.extract.outcome import why_unfetched
from dialflo_pipeline.extract.plan import FetchPlan, plan_ids
from dialflo_pipeline.flatten.days import DayReport, flatten_days
from dialflo_pipeline.lake.partitions import survey
from dialflo_pipeline.serve.dashboard import build_dashboard

DUCKDB_POOL = "duckdb"
WHOLE_OPS = (
    *("warehouse_tables", "models", "published__warehouse", "published__dashboard"),
    *("table_checks", "model_checks"),
)
"""The steps that take a `RebuildConfig`."""


class FetchConfig(DaysConfig):
    """What to fetch."""

    retry_failed: bool = False
    """Ask again for ids that failed for good."""
    refetch: bool = False
    """Ask again for ids that are settled or not found; the newer usable answer wins."""


class RebuildConfig(Config):
    """How to make what is in DuckDB."""

    rebuild: bool = False
    """Make everything anew, even what fits what it was made from."""


class FlattenConfig(DaysConfig, RebuildConfig):
    """How to derive a day's tables from its raw answers."""


def whole_assets(pool: str | None, shown: specs.Shown) -> list[AssetsDefinition]:
    """The assets of everything in DuckDB, which know no days; their steps queue for `pool`."""

    @multi_asset(specs=specs.warehouse_specs(shown), name="warehouse_tables", pool=pool)
    def warehouse_tables(
        context: AssetExecutionContext, config: RebuildConfig, pipeline: ResourceParam[Pipeline]
    ) -> Iterator[MaterializeResult[None]]:
        with pipeline.step(context) as step:
            rows = refresh.load_warehouse(step.data_dir, survey(step.data_dir.lake, step.rules), rebuild=config.rebuild)
            step.reporter.loaded(rows)
            totals = refresh.rows_in_warehouse(step.data_dir)
        for table in WAREHOUSE_TABLES:
            yield MaterializeResult(
                asset_key=specs.warehouse_key(table),
                metadata={"rows_loaded": rows.get(table.name, 0), "dagster/row_count": totals[table.name]},
            )

    model_specs = specs.model_specs(shown)

    @multi_asset(specs=model_specs, name="models", pool=pool, deps=[])
    def models(
        context: AssetExecutionContext, config: RebuildConfig, pipeline: ResourceParam[Pipeline]
    ) -> Iterator[MaterializeResult[None]]:
        with pipeline.step(context) as step:
            rows = refresh.build_marts(step.data_dir, step.mart_settings, rebuild=config.rebuild)
            step.reporter.built(rows)
        for spec in model_specs:
            yield MaterializeResult(asset_key=spec.key, metadata=specs.row_counts(rows, ".".join(spec.key.path)))

    @asset(
        key=specs.PUBLISHED,
        deps=[*(spec.key for spec in model_specs), *(specs.warehouse_key(table) for table in WAREHOUSE_TABLES)],
        group_name=specs.GROUPS["published"],
        owners=specs.OWNERS,
        kinds={"duckdb"},
        pool=pool,
        description="The DuckDB file for readers, put in place whole by renaming; it may be held open at any time. The"
        f" columns are those of its table {PUBLICATION.name}, which says of all others what they hold; the rows"
        f" counted are those of {', '.join(table.name for table in WAREHOUSE_TABLES)}.",
        metadata=specs.published_metadata(shown),
    )
    def published_warehouse(
        context: AssetExecutionContext, config: RebuildConfig, pipeline: ResourceParam[Pipeline]
    ) -> MaterializeResult[None]:
        with pipeline.step(context) as step:
            copied = refresh.publish_warehouse(step.data_dir, rebuild=config.rebuild)
            step.reporter.published(copied)
            path = step.data_dir.published
            cost = {"copy_seconds": copied.seconds} if copied else {}
            rows = {"dagster/row_count": sum(refresh.rows_in_warehouse(step.data_dir).values())}
            return MaterializeResult(
                metadata={"file": MetadataValue.path(str(path)), "bytes": path.stat().st_size, **rows, **cost}
            )

    return [warehouse_tables, models, published_warehouse, _dashboard(shown)]


def _dashboard(shown: specs.Shown) -> AssetsDefinition:
    """The page, a step of its own after all else: where it fails that is seen, and readers have the newest file."""

    @asset(
        key=specs.DASHBOARD,
        deps=[specs.PUBLISHED],
        group_name=specs.GROUPS["published"],
        owners=specs.OWNERS,
        kinds={"html"},
        description=(
            "One HTML file with the figures of the published warehouse, phone numbers masked; it opens in a browser"
            " from disk, without network."
        ),
        metadata=shown.looking(),
    )
    def published_dashboard(
        context: AssetExecutionContext, config: RebuildConfig, pipeline: ResourceParam[Pipeline]
    ) -> MaterializeResult[None]:
        with pipeline.step(context) as step:
            files = step.data_dir
            made = build_dashboard(files.published, files.dashboard, files.aside, rebuild=config.rebuild)
            return MaterializeResult(
                metadata={
                    "dashboard": MetadataValue.url(made.path.absolute().as_uri()),
                    "dashboard_file": MetadataValue.path(str(made.path)),
                    "bytes": made.byte_count,
                    "made_anew": made.is_new,
                }
            )

    return published_dashboard


def daily_assets(partitions: DailyPartitionsDefinition, shown: specs.Shown) -> list[AssetsDefinition]:
    """The assets that exist by day: the raw answers, and what is derived from them."""

    @multi_asset(
        specs=[specs.lake_spec(RAW_ANSWERS, "raw", [specs.lake_key(TASK_IDS)], shown, partitions)],
        name="raw_answers",
        backfill_policy=A_DAY_A_RUN,
    )
    def raw_answers(
        context: AssetExecutionContext, config: FetchConfig, pipeline: ResourceParam[Pipeline]
    ) -> MaterializeResult[None]:
        key = specs.lake_key(RAW_ANSWERS)
        with pipeline.step(context) as step:
            ids = _wanted_ids(context, config, step)
            days = set(ids.values())
            try:
                report = _fetch(step, ids)
            except Exception:
                note_failed(context, key, {}, days)
                raise
            step.reporter.fetched(report)
            why = why_unfetched(report)
            unfetched = set(_wanted_ids(context, config, step).values()) if why else set()
            rows = {day: step.data_dir.lake.row_count(RAW_ANSWERS, day) for day in days - unfetched}
        waited = Counter(ids.values())
        asked = {day: {"ids_waiting": waited[day], "dagster/row_count": count} for day, count in rows.items()}
        if why:
            note_failed(context, key, asked, unfetched)
            raise why
        results = {str(result): count for result, count in report.results.items()}
        return materialized(context, key, asked, {"asked": report.asked, **results})

    @multi_asset(
        specs=[
            specs.lake_spec(table, "lake", [specs.lake_key(raw) for raw in RAW_TABLES], shown, partitions)
            for table in WAREHOUSE_TABLES
        ],
        name="lake_tables",
        backfill_policy=A_DAY_A_RUN,
    )
    def lake_tables(
        context: AssetExecutionContext, config: FlattenConfig, pipeline: ResourceParam[Pipeline]
    ) -> Iterator[MaterializeResult[None]]:
        reports: list[DayReport] = []
        with pipeline.step(context) as step:
            days = _days_to_derive(context, config, step)
            try:
                _derive(days, step, reports)
            except Exception:
                underived = set(days) - {report.day for report in reports}
                for table in WAREHOUSE_TABLES:
                    note_failed(context, specs.lake_key(table), _rows_by_day(table, reports), underived)
                raise
            step.reporter.derived(reports)
        for table in WAREHOUSE_TABLES:
            rows = _rows_by_day(table, reports)
            yield materialized(context, specs.lake_key(table), rows, {"days_derived": len(reports)})

    return [raw_answers, lake_tables]


def _wanted_ids(context: AssetExecutionContext, config: FetchConfig, step: Step) -> dict[str, date]:
    lake, wanted = step.data_dir.lake, FetchPlan(datetime.now(UTC), config.retry_failed, config.refetch)
    days = days_of_run(context, config, survey(lake, step.rules))
    return plan_ids(lake, [status.day for status in days if wanted.has_work(status)], step.rules, wanted)


def _fetch(step: Step, ids: dict[str, date]) -> FetchReport:
    lake, settings = step.data_dir.lake, step.settings
    if not ids:
        return FetchReport(wanted=0)
    if settings.api_token is None:
        raise SettingsError(
            "DIALFLO_API_TOKEN is not set, and ids wait to be fetched: set it in the environment or .env."
        )
    opened_asker = open_fetcher(
        settings.base_url,
        settings.api_token,
        rate_limit=settings.rate_limit,
        max_concurrency=settings.max_concurrency,
        tries=settings.tries,
        timeout_seconds=settings.timeout_seconds,
    )
    work = collect.fetch_answers(lake, ids, opened_asker, settings.max_concurrency, step.reporter.fetching)
    return event_loop.run(work)


def _days_to_derive(context: AssetExecutionContext, config: FlattenConfig, step: Step) -> list[date]:
    statuses = days_of_run(context, config, survey(step.data_dir.lake, step.rules))
    return [status.day for status in statuses if config.rebuild or not status.is_current]


def _derive(days: Sequence[date], step: Step, reports: list[DayReport]) -> None:
    """Derive these days, and add a report as each is done."""
    for report in flatten_days(step.data_dir.lake, days, step.rules):
        reports.append(report)
        step.reporter.deriving(len(reports), len(days), report.day)


def _rows_by_day(table: Table, reports: Iterable[DayReport]) -> dict[date, dict[str, int]]:
    return {report.day: {"dagster/row_count": report.rows[table.name]} for report in reports}
