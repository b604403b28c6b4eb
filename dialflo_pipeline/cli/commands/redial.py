"""Plan the next calls: whom, when, after how many attempts and from which number. It makes no calls.

Each contact is planned once, with one agent. A contact who asked an agent for a time is called by that agent. For the
same time, contacts who asked for a time come first, then those who asked for a redial, then fewer attempts, then the
longest wait. A caller id with a low answer rate is replaced by the one with the best. In CSV, a text that starts with
+, = or the like gets a leading apostrophe; programs should read JSON.
"""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import duckdb
import typer

from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import out, say_hint, table
from dialflo_pipeline.core.calling_hours import calling_hours
from dialflo_pipeline.core.errors import NotPublished
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.serve.csv_safety import spreadsheet_safe
from dialflo_pipeline.serve.redial_candidates import read_caller_ids, read_candidates
from dialflo_pipeline.serve.redial_plan import PlannedCall, plan

_COLUMNS = [field.name for field in fields(PlannedCall)]


app = new_app()


class PlanFormat(StrEnum):
    """How `redial` prints."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.command(help=__doc__)
def _command(
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of calls.")] = 100,
    format: Annotated[PlanFormat, typer.Option(help="How to print the plan.")] = PlanFormat.TABLE,
) -> None:
    raise typer.Exit(run_redial(limit, format))


def run_redial(limit: int, result_format: str) -> int:
    """Print the next calls to make."""
    settings = load_settings()
    hours = calling_hours(settings.calling_hours, settings.calling_days)
    connection = read_published(DataDir(settings.data_dir).published)
    try:
        candidates = read_candidates(connection, timedelta(minutes=settings.redial_min_gap_minutes))
        caller_ids = read_caller_ids(connection)
    except duckdb.CatalogException:
        raise NotPublished("The warehouse was published by an older version; run `dialflo sync` first.") from None
    finally:
        connection.close()
    calls = plan(candidates, caller_ids, hours, settings.zone, datetime.now(UTC), limit)
    _PRINTERS[result_format]([_cells(call, is_exact=result_format == "json") for call in calls])
    if not calls:
        say_hint("No redials are due.")
    return 0


def _cells(call: PlannedCall, *, is_exact: bool) -> list[Any]:
    values = (getattr(call, name) for name in _COLUMNS)
    return [_time(value, is_exact=is_exact) if isinstance(value, datetime) else value for value in values]


def _time(moment: datetime, *, is_exact: bool) -> str:
    """Exact, or up to the next full second: a call must not be made before its gap is over."""
    if is_exact or not moment.microsecond:
        return moment.isoformat()
    return (moment.replace(microsecond=0) + timedelta(seconds=1)).isoformat()


def _print_csv(rows: Sequence[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([spreadsheet_safe(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def _print_json(rows: Sequence[Sequence[Any]]) -> None:
    records = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    out.file.write(json.dumps(records, ensure_ascii=False, indent=2) + "\n")


def _print_table(rows: Sequence[Sequence[Any]]) -> None:
    table(_COLUMNS, rows)


_PRINTERS = {"table": _print_table, "csv": _print_csv, "json": _print_json}
