"""Batches of raw answers, and the reference reader of them alone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from dialflo_pipeline.flatten import Flattened, reference
from dialflo_pipeline.flatten.fields import ReadRules
from dialflo_pipeline.flatten.frames import assemble

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "task_id": pl.String,
    "call_date": pl.Date,
    "completed_at": pl.Datetime("us", "UTC"),
    "body": pl.Binary,
    "fetched_at": pl.Datetime("us", "UTC"),
    "source": pl.String,
}


def make_batch(bodies: Sequence[bytes], completed_at: datetime | None = None) -> pl.DataFrame:
    """One answer a body, tasks t000000, t000001 and so on."""
    fetched_at = datetime(2025, 6, 26, tzinfo=UTC)
    rows = [
        (f"t{number:06}", date(2025, 6, 25), completed_at, body, fetched_at, "api")
        for number, body in enumerate(bodies)
    ]
    return pl.DataFrame(rows, SCHEMA, orient="row")


def read_by_reference(answers: pl.DataFrame, zone: str, region: str | None = None) -> Flattened:
    """The same as `flatten`, by the reference reader alone."""
    answers = answers.sort("task_id")
    return assemble(answers, [reference.read_documents(enumerate(answers["body"]), ReadRules(ZoneInfo(zone), region))])
