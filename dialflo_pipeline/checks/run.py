"""Running checks on the private warehouse: which days to look at, one opened file for all, and what came of each."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from dialflo_pipeline.checks.check import Check, CheckResult, Stage, judged
from dialflo_pipeline.checks.checked_days import basis, note_seen, seen_days
from dialflo_pipeline.checks.context import SESSION, Clock, offer, raw_files
from dialflo_pipeline.checks.schema_checks import model_checks, table_checks
from dialflo_pipeline.checks.sql_checks import read_checks
from dialflo_pipeline.core.errors import ChecksFailed, ModelError
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import fingerprint
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.marts.model import Model
from dialflo_pipeline.marts.project import read_models, sql_folder
from dialflo_pipeline.storage import duckdb_file
from dialflo_pipeline.storage.duckdb_file.pool import query_parallel


def all_checks(folder: Path | None = None, models: Iterable[Model] | None = None) -> list[Check]:
    """Those that follow from the declarations, and those of the SQL files in `folder` (default: the package's own).

    `models` are those of the folder, for whoever has read them already.
    """
    folder = folder or sql_folder()
    return [*table_checks(), *model_checks(read_models(folder) if models is None else models), *read_checks(folder)]


def run_checks(
    data_dir: DataDir, checks: Sequence[Check], lake_settings: LakeSettings, clock: Clock, *, everything: bool = False
) -> list[CheckResult]:
    """What these checks, all of one stage, find in the private warehouse.

    Checks by day look at the days loaded since they last found nothing, or at `everything`. A day whose raw files have
    changed since it was derived is left to the run that derives it again.
    """
    if not data_dir.private.exists():
        return [CheckResult(check, 0, "Nothing is loaded yet.") for check in checks]
    looked_for = basis(checks)
    by_day = any(check.by_day for check in checks)
    with duckdb_file.connect(data_dir.private, read_only=True) as connection:
        loaded = _loaded_days(connection) if by_day else {}
        seen = {} if everything else seen_days(data_dir.work, looked_for)
        unseen = [day for day, now in loaded.items() if seen.get(day) != now]
        # Listed before the fingerprint is taken: a file that comes in between makes that differ.
        files = {day: raw_files(data_dir.lake, day) for day in unseen}
        days = [day for day in unseen if fingerprint(data_dir.lake, day, lake_settings) == loaded[day]]
        offer(connection, clock, {day: files[day] for day in days})
        run = partial(_run, days=len(days))
        results = query_parallel(connection, SESSION, run, checks)
    if by_day:
        _note(data_dir, looked_for, loaded, seen, days, results)
    return results


def refuse_if_blocked(results: Sequence[CheckResult]) -> None:
    """Raise `ChecksFailed`, with their sentences, where checks that block publication found something."""
    if sentences := [str(result) for result in results if result.blocks]:
        raise ChecksFailed(f"Nothing is published; readers keep what they have. {' '.join(sentences)}")


def stage_of(checks: Sequence[Check], stage: Stage) -> list[Check]:
    """The checks that can run at this stage."""
    return [check for check in checks if check.stage is stage]


def _run(connection: duckdb.DuckDBPyConnection, check: Check, days: int) -> CheckResult:
    try:
        if check.quick and connection.execute(check.quick).fetchall() == [(True,)]:
            return judged(check, days, [], [])
        found = connection.execute(check.query)
        return judged(check, days, [name for name, *_ in found.description or []], found.fetchall())
    except duckdb.Error as error:
        # Sentences of other kinds than these may quote a value.
        is_about_sql = isinstance(error, duckdb.ProgrammingError | duckdb.NotSupportedError)
        found_wrong = str(error) if is_about_sql else type(error).__name__
        raise ModelError(f"The check {check.name} of {check.asset} does not run: {found_wrong}") from error


def _loaded_days(connection: duckdb.DuckDBPyConnection) -> dict[date, str]:
    return dict(connection.execute("SELECT call_date, fingerprint FROM pipeline.loaded_days ORDER BY 1").fetchall())


def _note(
    data_dir: DataDir,
    looked_for: str,
    loaded: dict[date, str],
    seen: dict[date, str],
    days: Sequence[date],
    results: Sequence[CheckResult],
) -> None:
    by_day = [result for result in results if result.check.by_day]
    if any(not result.passed and not result.days for result in by_day):
        return  # something is wrong of which no day is told
    at_fault = {day for result in by_day for day in result.days}
    in_order = (seen.keys() | days) - at_fault
    note_seen(
        data_dir.work,
        data_dir.aside,
        looked_for,
        {day: loaded[day] for day in loaded if day in in_order and (day in days or seen[day] == loaded[day])},
    )
