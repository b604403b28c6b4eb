"""The datasets: a mart each, with the columns, types and descriptions of its header, and the stamp of the file.

What is said here and nowhere else is which counts may be added up over rows, and which rates may be made of such sums.
What a rate is made of is read from its definition in the header. Columns about a person are left out, but for two.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bi.superset.names import VERSION, identity, label
from dialflo_pipeline.metrics import marts_of, one_line
from dialflo_pipeline.models import Model
from dialflo_pipeline.tables import STAMP, Privacy

PERSONAL_BUT_SHOWN = {("caller_id_health", "from_number_e164"), ("conversion_funnel", "campaign")}
"""Calling numbers are mostly the company's own, campaigns bear its names; and people ask by both."""

FUNNEL = "conversion_funnel"
FUNNEL_STEPS = "funnel_steps"
TOTAL, OVERALL = "total_", "overall_"
"""Beginnings of metrics' names, so that none is named as a column is."""

LOWER, UPPER = "__yhat_lower", "__yhat_upper"
"""Endings of names by which a line chart of Superset draws two series as the band around a third."""

COUNT, SHARE = ",d", ".1%"
"""Number formats."""

_QUOTIENT = re.compile(r"(\w+) / (\w+)[.;]")


@dataclass(frozen=True)
class Metric:
    """A figure over any group of rows."""

    name: str
    expression: str
    description: str
    number_format: str | None = COUNT


@dataclass(frozen=True)
class Column:
    """A column of a dataset; with an expression, one that is reckoned from others."""

    name: str
    sql_type: str
    description: str
    expression: str | None = None

    @property
    def is_temporal(self) -> bool:
        """Whether it is a day or a moment."""
        return self.sql_type.startswith(("DATE", "TIMESTAMP"))


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


@dataclass(frozen=True)
class Figures:
    """What may be reckoned over the rows of a mart beside counting them."""

    counts: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    columns: tuple[Column, ...] = field(default=())


# Axes are sorted by their text.
_WEEKDAY = "['1 Mon', '2 Tue', '3 Wed', '4 Thu', '5 Fri', '6 Sat', '7 Sun'][weekday]"

FIGURES: Mapping[str, Figures] = {
    "agent_daily": Figures(
        ("calls", "answered_calls", "inbound_calls", "interested_calls", "converted_calls", "redial_calls"),
        ("answer_rate", "interested_rate", "conversion_rate"),
    ),
    "answer_rate": Figures(("calls", "answered_calls"), ("answer_rate",)),
    "attempts_to_answer": Figures(("tried_contacts", "reached_contacts", "given_up_contacts"), ("reach_rate",)),
    "best_time_to_call": Figures(
        ("calls", "answered_calls"),
        ("answer_rate",),
        columns=(Column("weekday_name", "VARCHAR", "The weekday as number and word.", _WEEKDAY),),
    ),
    "call_outcomes": Figures(("calls",)),
    "caller_id_health": Figures(
        ("calls", "answered_calls"),
        ("answer_rate",),
        (Metric("latest_flag", "arg_max(flag, call_date)", "The flag of the latest day with calls.", None),),
    ),
    "conversion_funnel": Figures(
        (
            *("dialled_calls", "answered_calls", "engaged_calls"),
            *("interested_calls", "action_calls", "converted_calls"),
        ),
        (
            *("answer_rate", "engaged_rate", "interested_rate", "action_rate", "converted_rate"),
            *("action_per_dialled", "converted_per_dialled"),
        ),
    ),
    "data_freshness": Figures(
        (
            *("registered_tasks", "settled_tasks", "unsettled_tasks", "pending_tasks", "waiting_tasks"),
            *("not_found_tasks", "failed_tasks", "calls"),
        ),
    ),
    "interest_calibration": Figures(("calls", "followed_calls", "happened_calls"), ("happened_rate",)),
    "interest_distribution": Figures(("calls",)),
    "metadata_coverage": Figures(
        ("asked_calls", "filled_calls"),
        ("filled_share",),
        (Metric("drifts", "string_agg(DISTINCT drift, ', ')", "How the share moved of late.", None),),
    ),
    "next_actions": Figures(("calls", "answered_calls")),
    "redial_backlog_daily": Figures(
        ("opened", "cleared", "backlog"),
        metrics=(Metric("minus_cleared", "-sum(cleared)", "Sum of cleared, below the line of a chart."),),
    ),
    "redial_outcomes": Figures(
        ("redial_calls", "redialled_24h_calls", "redialled_7d_calls", "answered_7d_calls", "never_called_calls"),
        ("redialled_24h_rate", "redialled_7d_rate", "answered_7d_rate"),
    ),
    "unmapped_values": Figures(("calls",)),
}


def datasets_of(models: Iterable[Model]) -> list[Dataset]:
    """All of them. Raises `KeyError` or `ValueError` where a mart has not what is said of it here."""
    marts = marts_of(models)
    funnel = next(mart for mart in marts if mart.name == FUNNEL)
    return [*map(_of_mart, marts), _funnel_steps(funnel), _stamp()]


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
    figures = FIGURES.get(mart.name, Figures())
    columns = [
        Column(name, column.type, one_line(column.description))
        for name, column in mart.columns.items()
        if column.privacy is not Privacy.PERSONAL or (mart.name, name) in PERSONAL_BUT_SHOWN
    ]
    metrics = [Metric("rows", "count(*)", f"Rows of {mart.full_name}.")]
    metrics += [_sum(mart, name) for name in figures.counts]
    metrics += [metric for name in figures.rates for metric in _rate(mart, name)]
    metrics += figures.metrics
    columns += figures.columns
    return Dataset(mart.schema, mart.name, mart.description, _note(mart), tuple(columns), tuple(metrics))


def _note(mart: Model) -> str:
    header = mart.header
    caution = header.means_not and f"It does not mean: {one_line(header.means_not)}"
    return " ".join(part for part in (one_line(header.question or ""), caution) if part)


def _sum(mart: Model, name: str) -> Metric:
    return Metric(f"{TOTAL}{name}", f"sum({name})", f"Sum of: {one_line(mart.columns[name].description)}")


def _rate(mart: Model, name: str) -> Iterator[Metric]:
    """A rate of sums and its bounds, which the file's own functions reckon."""
    definition = one_line(mart.columns[name].description)
    quotient = _QUOTIENT.match(definition)
    if quotient is None:
        raise ValueError(f"{mart.full_name} defines {name} as {definition!r}, which is not one count by another.")
    numerator, denominator = (f"sum({count})" for count in quotient.groups() if mart.columns[count])
    yield Metric(f"{OVERALL}{name}", f"{numerator} / nullif({denominator}, 0)", f"Of sums: {definition}", SHARE)
    for ending, bound in ((LOWER, "low"), (UPPER, "high")):
        meaning = one_line(mart.columns[f"{name}_{bound}"].description)
        yield Metric(f"{OVERALL}{name}{ending}", f"staging.wilson_{bound}({numerator}, {denominator})", meaning, SHARE)


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


def _stamp() -> Dataset:
    columns = [
        Column(name, STAMP.sql_types[name], one_line(column.description or ""))
        for name, column in STAMP.columns.items()
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
    return Dataset("main", STAMP.name, STAMP.description, STAMP.description, tuple(columns), metrics)
