"""The checks of the warehouse as Dagster shows them: one step for the tables, one for the models made from them.

A check that blocks keeps what comes after its step from running: no models over tables at fault, no publication.
"""

from collections.abc import Iterator, Sequence

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSpec,
    AssetKey,
    AssetSelection,
    DefaultScheduleStatus,
    ResourceParam,
    ScheduleDefinition,
    define_asset_job,
    multi_asset_check,
)

from dialflo_pipeline.checks.check import Check, Stage
from dialflo_pipeline.checks.run import all_checks, refuse_if_blocked, stage_of
from dialflo_pipeline.defs.assets import specs
from dialflo_pipeline.defs.assets.column_metadata import asset_key
from dialflo_pipeline.defs.assets.configs import RebuildConfig
from dialflo_pipeline.defs.assets.registration import SOURCES_READ
from dialflo_pipeline.defs.assets.results import check_result
from dialflo_pipeline.defs.resources import DagsterRun
from dialflo_pipeline.run import asset_events, stages

DAILY_AT = "30 7 * * *"
"""Some hours after the nightly sync, so that what it fetched is there."""

checks_job = define_asset_job(
    "checks",
    AssetSelection.all_asset_checks() - AssetSelection.checks(SOURCES_READ.key),
    description="Checks the warehouse; changes nothing.",
)


def daily_checks(timezone: str) -> ScheduleDefinition:
    """Each morning, also when nothing came in the night: that nothing comes is among what is to be found."""
    return ScheduleDefinition(
        name="daily_checks",
        job=checks_job,
        cron_schedule=DAILY_AT,
        execution_timezone=timezone,
        default_status=DefaultScheduleStatus.RUNNING,
        description="Every morning: all checks, also when no sync had anything to do.",
    )


def asset_checks() -> list[AssetChecksDefinition]:
    """All checks; each of the two steps opens the private file once."""
    checks = all_checks(models=specs.models())
    return [
        _step("table_checks", stage_of(checks, Stage.TABLES)),
        _step("model_checks", stage_of(checks, Stage.MODELS)),
    ]


def check_key(check: Check) -> AssetCheckKey:
    """How Dagster names a check."""
    return AssetCheckKey(_asset_of(check), check.name)


def _asset_of(check: Check) -> AssetKey:
    key = asset_key(check.asset)
    if key is None:
        raise ValueError(f"{check.asset} is internal and has no asset to be checked")
    return key


def _step(name: str, checks: Sequence[Check]) -> AssetChecksDefinition:
    check_specs = [
        AssetCheckSpec(check.name, asset=_asset_of(check), description=check.description, blocking=check.is_blocking)
        for check in checks
    ]

    @multi_asset_check(name=name, specs=check_specs, can_subset=True)
    def make_checks(
        context: AssetCheckExecutionContext, config: RebuildConfig, pipeline: ResourceParam[DagsterRun]
    ) -> Iterator[AssetCheckResult]:
        chosen = [check for check in checks if check_key(check) in context.selected_asset_check_keys]
        with pipeline.step(context) as session:
            results = stages.check(session, chosen, everything=config.rebuild)
        events = asset_events.of_checks(results)
        yield from (check_result(event) for event in events if isinstance(event, asset_events.Checked))
        refuse_if_blocked(results)

    return make_checks
