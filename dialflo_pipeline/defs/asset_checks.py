"""The checks of the warehouse as Dagster shows them: one step for the tables, one for the models made from them.

A check that blocks keeps what comes after its step from running: no models over tables at fault, no publication.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetSelection,
    DefaultScheduleStatus,
    ResourceParam,
    ScheduleDefinition,
    define_asset_job,
    multi_asset_check,
)

from dialflo_pipeline.checks.check import Check, CheckResult, Severity, Stage
from dialflo_pipeline.checks.context import Clock
from dialflo_pipeline.checks.run import all_checks, refuse_if_blocked, run_checks, stage_of
from dialflo_pipeline.defs.assets import specs
from dialflo_pipeline.defs.assets.column_metadata import asset_key
from dialflo_pipeline.defs.assets.daily import RebuildConfig
from dialflo_pipeline.defs.assets.registration import SOURCES_READ
from dialflo_pipeline.defs.resources import Pipeline

_SEVERITIES = {Severity.ERROR: AssetCheckSeverity.ERROR, Severity.WARNING: AssetCheckSeverity.WARN}


DAILY_AT = "30 7 * * *"
"""Some hours after the nightly sync, so that what it fetched is there."""

checks_job = define_asset_job(
    "checks",
    AssetSelection.all_asset_checks() - AssetSelection.checks(SOURCES_READ.key),
    description="Looks at what is in the warehouse; changes nothing.",
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


def asset_checks(pool: str | None) -> list[AssetChecksDefinition]:
    """All checks; each of the two steps opens the private file once, and queues for `pool`."""
    checks = all_checks(models=specs.models())
    return [
        _step("table_checks", stage_of(checks, Stage.TABLES), pool),
        _step("model_checks", stage_of(checks, Stage.MODELS), pool),
    ]


def check_key(check: Check) -> AssetCheckKey:
    """How Dagster names a check."""
    return AssetCheckKey(_asset_of(check), check.name)


def _asset_of(check: Check) -> AssetKey:
    key = asset_key(check.asset)
    if key is None:
        raise ValueError(f"{check.asset} is internal and has no asset to be checked")
    return key


def _step(name: str, checks: Sequence[Check], pool: str | None) -> AssetChecksDefinition:
    check_specs = [
        AssetCheckSpec(check.name, asset=_asset_of(check), description=check.description, blocking=check.is_blocking)
        for check in checks
    ]

    @multi_asset_check(name=name, specs=check_specs, can_subset=True, pool=pool)
    def make_checks(
        context: AssetCheckExecutionContext, config: RebuildConfig, pipeline: ResourceParam[Pipeline]
    ) -> Iterator[AssetCheckResult]:
        chosen = [check for check in checks if check_key(check) in context.selected_asset_check_keys]
        with pipeline.step(context) as step:
            clock = Clock(datetime.now(UTC), step.settings.zone, step.settings.settle_after)
            results = run_checks(step.data_dir, chosen, step.rules, clock, everything=config.rebuild)
            step.reporter.checked(results)
        yield from map(_shown, results)
        refuse_if_blocked(results)

    return make_checks


def _shown(result: CheckResult) -> AssetCheckResult:
    days = [day.isoformat() for day in result.days]
    return AssetCheckResult(
        asset_key=_asset_of(result.check),
        check_name=result.check.name,
        passed=result.passed,
        severity=_SEVERITIES[result.check.severity],
        description=result.sentence,
        metadata={"rows": result.rows} | ({"days": days} if days else {}),
    )
