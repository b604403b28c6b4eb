"""The datasets: one per mart, with the columns, types, sums and ratios of its header, and the publication metadata.

Columns about a person are left out, but for two.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bi.superset.figures import (
    FUNNEL,
    FUNNEL_STEPS,
    LOWER,
    MORE_COLUMNS,
    MORE_METRICS,
    OVERALL,
    QUOTIENT,
    SHARE,
    TOTAL,
    UPPER,
    Column,
    Metric,
)
from bi.superset.names import VERSION, identity, label
from dialflo_pipeline.core.schema import PUBLICATION, Privacy
from dialflo_pipeline.marts.metric_catalog import marts_of, one_line
from dialflo_pipeline.marts.model import Model

PERSONAL_BUT_SHOWN = {("caller_id_health", "from_number_e164"), ("conversion_funnel", "campaign")}
"""Calling numbers are mostly the company's own, campaigns bear its names; and people ask by both."""


@dataclass(frozen=True)
class Dataset:
    """A table, or with `sql` a query, as people see it in Superset. The note goes with each chart of it."""

    schema: str
    name: str
    description: str
    note: str
    columns: tuple[Column, ...]
    metrics: tuple[Metric, ...]
    sql: str | None = None

    @property
    def day(self) -> str | None:
        """The column that a date range narrows; None where rows belong to no one day."""
        return next((column.name for column in self.columns if column.name == "call_date"), None)


def datasets_of(models: Iterable[Model]) -> list[Dataset]:
    """All of them. Raises `KeyError` or `ValueError` where a mart has not what is said of it here."""
    marts = marts_of(models)
    funnel = next(mart for mart in marts if mart.name == FUNNEL)
    return [*map(_of_mart, marts), _funnel_steps(funnel), _publication()]


def as_yaml(dataset: Dataset, database: str) -> dict[str, Any]:
    """What Superset imports, for the database of this identity."""
    return {
        "table_name": dataset.name,
        "main_dttm_col": dataset.day,
        "description": dataset.description,
        "schema": dataset.schema,
        "sql": dataset.sql,
        "filter_select_enabled": True,
        "uuid": str(identity("dataset", dataset.name)),
        "metrics": [
            {
                "metric_name": metric.name,
                "verbose_name": _metric_label(metric.name),
                "expression": metric.expression,
                "description": metric.description,
                "d3format": metric.number_format,
            }
            for metric in dataset.metrics
        ],
        "columns": [
            {
                "column_name": column.name,
                "verbose_name": label(column.name),
                "is_dttm": column.is_temporal,
                "is_active": True,
                "type": column.sql_type,
                "groupby": True,
                "filterable": True,
                "expression": column.expression,
                "description": column.description,
            }
            for column in dataset.columns
        ],
        "version": VERSION,
        "database_uuid": database,
    }


def _metric_label(name: str) -> str:
    bare = name.removeprefix(TOTAL).removeprefix(OVERALL)
    for ending, bound in ((LOWER, "low"), (UPPER, "high")):
        bare = bare.replace(ending, f", {bound}")
    return label(bare)


def _of_mart(mart: Model) -> Dataset:
    columns = [
        Column(name, column.type, one_line(column.description))
        for name, column in mart.columns.items()
        if column.privacy is not Privacy.PERSONAL or (mart.name, name) in PERSONAL_BUT_SHOWN
    ]
    metrics = [Metric("rows", "count(*)", f"Rows of {mart.full_name}.")]
    metrics += [_sum(mart, name) for name, column in mart.columns.items() if column.sum]
    metrics += [metric for name in mart.columns if mart.has_summable_ratio(name) for metric in _rate(mart, name)]
    metrics += MORE_METRICS.get(mart.name, ())
    columns += MORE_COLUMNS.get(mart.name, ())
    return Dataset(mart.schema, mart.name, mart.description, _note(mart), tuple(columns), tuple(metrics))


def _note(mart: Model) -> str:
    header = mart.header
    caution = header.means_not and f"It does not mean: {one_line(header.means_not)}"
    return " ".join(part for part in (one_line(header.question or ""), caution) if part)


def _sum(mart: Model, name: str) -> Metric:
    return Metric(f"{TOTAL}{name}", f"sum({name})", f"Sum of: {one_line(mart.columns[name].description)}")


def _rate(mart: Model, name: str) -> Iterator[Metric]:
    """A quotient of sums, with its bounds where the mart has them."""
    column = mart.columns[name]
    numerator, denominator = (f"sum({count})" for count in column.ratio or ())
    number_format = SHARE if column.unit == "share" else QUOTIENT
    definition = f"Of sums: {one_line(column.description)}"
    yield Metric(f"{OVERALL}{name}", f"{numerator} / nullif({denominator}, 0)", definition, number_format)
    for ending, bound in ((LOWER, "low"), (UPPER, "high")):
        if about := mart.columns.get(f"{name}_{bound}"):
            expression = f"staging.wilson_{bound}({numerator}, {denominator})"
            yield Metric(f"{OVERALL}{name}{ending}", expression, one_line(about.description), SHARE)


def _funnel_steps(funnel: Model) -> Dataset:
    """A row per step where the mart has a column."""
    steps = [name for name in funnel.columns if name.endswith("_calls")]
    kept = [name for name in funnel.columns if name in funnel.header.grain]
    words = ", ".join(f"'{place} {label(step.removesuffix('_calls'))}'" for place, step in enumerate(steps, 1))
    sql = (
        f"SELECT {', '.join(kept)}, unnest([{words}]) AS step, unnest([{', '.join(steps)}]) AS calls"
        f" FROM {funnel.full_name}"
    )
    columns = [Column(name, funnel.columns[name].type, one_line(funnel.columns[name].description)) for name in kept]
    columns += [
        Column("step", "VARCHAR", "Number and name of the step; each is a part of the one before."),
        Column("calls", "BIGINT", "Calls that took it."),
    ]
    metrics = (Metric(f"{TOTAL}calls", "sum(calls)", "Calls that took the step."),)
    return Dataset(funnel.schema, FUNNEL_STEPS, funnel.description, _note(funnel), tuple(columns), metrics, sql)


def _publication() -> Dataset:
    columns = [
        Column(name, PUBLICATION.sql_types[name], one_line(column.description or ""))
        for name, column in PUBLICATION.columns.items()
    ]
    open_tasks = "sum(pending) + sum(unsettled)"
    metrics = (
        # As a wall clock there would show it: Superset itself shows moments in UTC.
        Metric(
            "as_of_there", "timezone(any_value(timezone), max(as_of))", "As of when the file is, in its zone.", None
        ),
        Metric("open_tasks", open_tasks, "Tasks without a final answer: pending or unsettled."),
        Metric("missing_tasks", "sum(not_found) + sum(failed)", "Tasks whose calls are missing for good."),
    )
    return Dataset("main", PUBLICATION.name, PUBLICATION.description, PUBLICATION.description, tuple(columns), metrics)
