"""The attempts on record as today's rules read them: results, completeness, and which 404s count.

What was stored stays as it was written. An attempt's result may be read anew from its status, and its completeness
from its body where other rules or mappings were in force when it was stored.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from dialflo_pipeline.core.classify import NO_CONTENT_STATUSES, classify, is_retryable_status
from dialflo_pipeline.core.completeness import COMPLETENESS_KEY, completeness_key
from dialflo_pipeline.core.errors import DamagedFile
from dialflo_pipeline.core.schema import RAW_ANSWERS, Result
from dialflo_pipeline.lake.settings import LakeSettings
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.lake.task_states import ATTEMPT_COLUMNS

_STATUSES: Final = range(100, 600)
_RETRYABLE: Final = [status for status in _STATUSES if is_retryable_status(status)]
_IS_USABLE: Final = pl.col("result") == Result.USABLE
_MISREAD: Final = Result.REFUSED
"""The result that earlier versions gave to statuses that are read in another way today."""


def read_attempts(lake: Lake, days: Sequence[date], settings: LakeSettings) -> pl.DataFrame:
    """The attempts of some days with `ATTEMPT_COLUMNS`, in the order of the files; as the rules of today read them.

    A 404 that was sent before the lake's first usable answer came is marked like an attempt of a stopped run: it may be
    a wrong address or another organisation's token that answered.
    """
    attempts = lake.read_days(RAW_ANSWERS, days, ATTEMPT_COLUMNS)
    if attempts.is_empty():
        return attempts
    return _mark_early_not_found(lake, _with_results(lake, days, _with_statuses(attempts), settings))


def first_usable_at(lake: Lake) -> datetime | None:
    """When the lake's first usable answer was received; None if there is none yet. Skips damaged files."""
    first: datetime | None = None
    written_at = ""
    for path in sorted((file for day in lake.days(RAW_ANSWERS) for file in lake.files(RAW_ANSWERS, day)), key=_name):
        try:
            rows = lake.read_file(RAW_ANSWERS, path, ["result", "received_at"])
        except DamagedFile:
            continue  # whoever needs its rows repairs it
        if first and rows.height and _is_later_flush(rows, written_at):
            break
        for received_at in rows.filter(_IS_USABLE)["received_at"].drop_nulls().sort().head(1):
            first, written_at = min(first or received_at, received_at), written_at or path.name
    return first


def _name(path: Path) -> str:
    return path.name


def _is_later_flush(rows: pl.DataFrame, written_at: str) -> bool:
    """Whether all rows came after a file of this name was written: the days of one flush are in several files."""
    nanoseconds = written_at.partition("-")[0]
    if not nanoseconds.isdigit():
        return False
    moment = pl.lit(int(nanoseconds) // 1_000).cast(pl.Datetime("us", "UTC"))
    return bool(rows.select((pl.col("received_at") >= moment).all()).item())


def _with_statuses(attempts: pl.DataFrame) -> pl.DataFrame:
    """Results that follow from the status alone, as they are read today."""
    was_refused, status = pl.col("result") == _MISREAD, pl.col("status")
    result = (
        pl.when(was_refused & status.is_in(_RETRYABLE))
        .then(pl.lit(str(Result.RETRYABLE)))
        .when(was_refused & status.is_in(list(NO_CONTENT_STATUSES)))
        .then(pl.lit(str(Result.EMPTY)))
        .otherwise("result")
    )
    return attempts.with_columns(result.alias("result"))


def _with_results(lake: Lake, days: Sequence[date], attempts: pl.DataFrame, settings: LakeSettings) -> pl.DataFrame:
    """Completeness by today's rules and mappings, from the bodies of files that were stored under others."""
    words = settings.status_words
    start, places, results, complete = 0, list[int](), list[str](), list[bool | None]()
    for path in (path for day in days for path in lake.files(RAW_ANSWERS, day)):
        rows, stored = lake.raw_footer(path)
        own = attempts.slice(start, rows)
        needs = own.select(_IS_USABLE | ((pl.col("result") == _MISREAD) & (pl.col("status") == 203)))["result"]
        if stored.get(COMPLETENESS_KEY) != completeness_key(words) and needs.any():
            bodies = lake.read_file(RAW_ANSWERS, path, ["body"])["body"]
            for number in needs.arg_true().to_list():
                found = classify(own["status"][number] or 200, bodies[number], status_words=words)
                places.append(start + number)
                results.append(str(found.result))
                complete.append(found.is_complete)
        start += rows
    if not places:
        return attempts
    changed = pl.DataFrame({"place": places, "new_result": results, "complete": complete}).cast(
        {"complete": pl.Boolean}
    )
    joined = attempts.with_row_index("place").join(
        changed.cast({"place": pl.UInt32}), on="place", how="left", maintain_order="left"
    )
    is_changed = pl.col("new_result").is_not_null()
    return joined.with_columns(
        result=pl.when(is_changed).then("new_result").otherwise("result"),
        is_complete=pl.when(is_changed).then("complete").otherwise("is_complete"),
    ).select(attempts.columns)


def _mark_early_not_found(lake: Lake, attempts: pl.DataFrame) -> pl.DataFrame:
    is_not_found = pl.col("result") == Result.NOT_FOUND
    if not attempts.select(is_not_found.any()).item():
        return attempts
    first = first_usable_at(lake)
    is_early = pl.lit(value=True) if first is None else pl.col("requested_at") < first
    return attempts.with_columns(stopped_run=pl.col("stopped_run") | (is_not_found & is_early))
