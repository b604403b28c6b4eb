"""The asset of registered ids: the inbox and the customer's database read, and a check that says if they could be."""

from collections.abc import Iterator
from datetime import UTC, datetime

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    MaterializeResult,
    ResourceParam,
    multi_asset,
)

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.defs.assets import specs
from dialflo_pipeline.defs.resources import Pipeline, Step
from dialflo_pipeline.extract.task_ids.database.source import SourceReport, read_source, source_of
from dialflo_pipeline.extract.task_ids.inbox import InboxReport, read_inbox

SOURCES_READ = AssetCheckSpec(
    "sources_read",
    asset=specs.lake_key(TASK_IDS),
    description="Every file of the inbox and the database of task ids could be read, and no row was refused.",
)


def registration_asset(shown: specs.Shown) -> AssetsDefinition:
    """Registers what the inbox and the database have; knows no days."""

    @multi_asset(
        specs=[specs.lake_spec(TASK_IDS, "registered", [], shown)], check_specs=[SOURCES_READ], name=TASK_IDS.name
    )
    def task_ids(
        context: AssetExecutionContext, pipeline: ResourceParam[Pipeline]
    ) -> Iterator[MaterializeResult[None]]:
        with pipeline.step(context) as step:
            inbox, database = _register(step)
            lake = step.data_dir.lake
            rows = sum(lake.row_count(TASK_IDS, day) for day in lake.days(TASK_IDS))
        both = inbox.registration + database.registration
        yield MaterializeResult(
            metadata={
                "registered": both.registered,
                "already_known": both.already_known,
                "refused": inbox.refused_rows + database.refused.count,
                "dagster/row_count": rows,
            },
            check_results=[sources_read(inbox, database)],
        )

    return task_ids


def _register(step: Step) -> tuple[InboxReport, SourceReport]:
    data_dir, zone, now = step.data_dir, step.settings.zone, datetime.now(UTC)
    inbox = read_inbox(data_dir.inbox, data_dir.registration_lake, now, zone, work_dir=data_dir.work)
    step.reporter.inbox_read(inbox)
    source = source_of(step.settings)
    if source is None:
        return inbox, SourceReport()
    database = read_source(source, data_dir, datetime.now(UTC), zone)
    step.reporter.read_database(database)
    return inbox, database


def sources_read(inbox: InboxReport, database: SourceReport) -> AssetCheckResult:
    """What could not be read, in words; a database that fails is worse than a row."""
    problems = [*_problems(inbox), *([database.problem] if database.problem else [])]
    if database.refused.count:
        problems.append(database.refused.summary())
    return AssetCheckResult(
        check_name=SOURCES_READ.name,
        asset_key=SOURCES_READ.asset_key,
        passed=not problems,
        severity=AssetCheckSeverity.ERROR if database.problem else AssetCheckSeverity.WARN,
        description="\n".join(problems) or "All were read, and no row was refused.",
        metadata={"files_read": len(inbox.files), "rows_refused": inbox.refused_rows + database.refused.count},
    )


def _problems(inbox: InboxReport) -> Iterator[str]:
    for file in inbox.files:
        if file.reason:
            yield f"{file.name}: {file.reason}"
        elif file.refused.count:
            yield file.refused.summary()
