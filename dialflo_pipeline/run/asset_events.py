"""What the stages' results say of each asset and day, as events that Dagster's page shows. Pure, without Dagster.

Counts and names only: no row, task id or phone number is in an event.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, TypeAlias

from dialflo_pipeline.checks.check import CheckResult, Severity
from dialflo_pipeline.core.schema import FORGOTTEN_IDS, RAW_ANSWERS, TASK_IDS, WAREHOUSE_TABLES, Table
from dialflo_pipeline.flatten.days import DayReport
from dialflo_pipeline.publish.publish import Copied
from dialflo_pipeline.serve.dashboard import Dashboard

if TYPE_CHECKING:
    from dialflo_pipeline.extract.task_ids.database.source import SourceReport
    from dialflo_pipeline.extract.task_ids.inbox import InboxReport

AssetPath: TypeAlias = tuple[str, ...]
Figures: TypeAlias = Mapping[str, int | float]

ROW_COUNT: Final = "dagster/row_count"
"""The figure that Dagster's page plots."""
PUBLISHED: Final = ("published", "warehouse")
DASHBOARD: Final = ("published", "dashboard")
SOURCES_READ: Final = "sources_read"
"""The check of the inbox and of the customer's database."""


@dataclass(frozen=True)
class Materialized:
    """A stage has made an asset, as a whole or for one day."""

    asset: AssetPath
    figures: Figures
    day: date | None = None


@dataclass(frozen=True)
class Checked:
    """A check of an asset has run."""

    asset: AssetPath
    check: str
    passed: bool
    is_error: bool
    description: str
    figures: Figures
    days: tuple[date, ...] = ()


Event: TypeAlias = Materialized | Checked


def lake_path(table: Table) -> AssetPath:
    """The asset of a lake table's Parquet files."""
    return ("lake", table.name)


def sql_path(full_name: str) -> AssetPath | None:
    """The asset of a table or model of the warehouse by its SQL name; None for the pipeline's internal tables."""
    schema, name = full_name.split(".")
    if schema == "pipeline":
        return None
    return ("warehouse" if schema == "main" else schema, name)


def of_registration(inbox: "InboxReport", database: "SourceReport", rows: int) -> list[Event]:
    """`rows`: how many registrations the lake has now."""
    both = inbox.registration + database.registration
    refused = inbox.refused_rows + database.refused.count
    figures = {
        "registered": both.registered,
        "already_known": both.already_known,
        "counted_for_today": both.undated,
        "refused": refused,
        ROW_COUNT: rows,
    }
    return [Materialized(lake_path(TASK_IDS), figures), sources_read(inbox, database)]


def sources_read(inbox: "InboxReport", database: "SourceReport") -> Checked:
    """What could not be read, in words; a database that fails is worse than a row."""
    problems = [*_inbox_problems(inbox), *([database.problem] if database.problem else [])]
    if database.refused.count:
        problems.append(database.refused.summary())
    return Checked(
        lake_path(TASK_IDS),
        SOURCES_READ,
        passed=not problems,
        is_error=bool(database.problem),
        description="\n".join(problems) or "Every source was read, and no row was refused.",
        figures={"files_read": len(inbox.files), "rows_refused": inbox.refused_rows + database.refused.count},
    )


def _inbox_problems(inbox: "InboxReport") -> Iterator[str]:
    for file in inbox.files:
        if file.reason:
            yield f"{file.name}: {file.reason}"
        elif file.refused.count:
            yield file.refused.summary()


def of_forgetting(forgotten: int, rows: int) -> list[Event]:
    """`forgotten` now, `rows` of tombstones in all."""
    return [Materialized(lake_path(FORGOTTEN_IDS), {"forgotten": forgotten, ROW_COUNT: rows})]


def of_fetch(ids: Mapping[str, date], rows: Mapping[date, int]) -> list[Event]:
    """`ids` that were to be fetched, by day; `rows` of raw answers of the days that are done."""
    planned = Counter(ids.values())
    return [
        Materialized(lake_path(RAW_ANSWERS), {"ids_waiting": planned[day], ROW_COUNT: count}, day)
        for day, count in rows.items()
    ]


def of_flatten(reports: Iterable[DayReport]) -> list[Event]:
    """Each day's rows in each lake table."""
    return [
        Materialized(lake_path(table), {ROW_COUNT: report.rows[table.name]}, report.day)
        for report in reports
        for table in WAREHOUSE_TABLES
    ]


def of_load(rows: Mapping[str, int], totals: Mapping[str, int]) -> list[Event]:
    """Rows loaded and rows in all, by table; nothing where nothing was loaded."""
    return [
        Materialized(("warehouse", name), {"rows_loaded": rows.get(name, 0), ROW_COUNT: total})
        for name, total in totals.items()
        if rows
    ]


def of_build(rows: Mapping[str, int], models: Iterable[str]) -> list[Event]:
    """`rows` by model, views excepted; `models`: full names of all. Nothing where all were current."""
    return [
        Materialized(path, {ROW_COUNT: rows[name]} if name in rows else {})
        for name in models
        if rows and (path := sql_path(name))
    ]


def of_publish(copied: Copied | None, byte_count: int, rows: int) -> list[Event]:
    """`rows` of all published tables; nothing where the file was current."""
    figures = {"bytes": byte_count, ROW_COUNT: rows}
    return [Materialized(PUBLISHED, figures | {"copy_seconds": copied.seconds})] if copied else []


def of_dashboard(made: Dashboard) -> list[Event]:
    """Nothing where the page was current."""
    return [Materialized(DASHBOARD, {"bytes": made.byte_count})] if made.is_new else []


def of_checks(results: Iterable[CheckResult]) -> list[Event]:
    """One event a check."""
    return [
        Checked(
            path,
            result.check.name,
            result.passed,
            result.check.severity is Severity.ERROR,
            result.sentence,
            {"rows": result.rows},
            result.days,
        )
        for result in results
        if (path := sql_path(result.check.asset))
    ]
