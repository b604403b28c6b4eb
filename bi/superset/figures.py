"""What charts compute over the rows of a mart beyond its header.

Which columns add up (`sum: true`) and which rates are quotients of such sums (`ratio`) is declared in the headers of
`sql/marts/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FUNNEL = "conversion_funnel"
FUNNEL_STEPS = "funnel_steps"
TOTAL, OVERALL = "total_", "overall_"
"""Prefixes of metrics, so that no metric has the name of a column."""

LOWER, UPPER = "__yhat_lower", "__yhat_upper"
"""Endings of names by which a line chart of Superset draws two series as the band around a third."""

COUNT, SHARE, QUOTIENT = ",d", ".1%", ",.2f"
"""Number formats."""


@dataclass(frozen=True)
class Metric:
    """A figure over any group of rows."""

    name: str
    expression: str
    description: str
    number_format: str | None = COUNT


@dataclass(frozen=True)
class Column:
    """A column of a dataset; with an expression, one that is computed from others."""

    name: str
    sql_type: str
    description: str
    expression: str | None = None

    @property
    def is_temporal(self) -> bool:
        """Whether it is a day or a moment."""
        return self.sql_type.startswith(("DATE", "TIMESTAMP"))


# Axes are sorted by their text.
_WEEKDAY = "['1 Mon', '2 Tue', '3 Wed', '4 Thu', '5 Fri', '6 Sat', '7 Sun'][weekday]"

MORE_METRICS: Mapping[str, tuple[Metric, ...]] = {
    "caller_id_health": (
        Metric("latest_flag", "arg_max(flag, call_date)", "The flag of the latest day with calls.", None),
    ),
    "metadata_coverage": (
        Metric("drifts", "string_agg(DISTINCT drift, ', ')", "How the share changed recently.", None),
    ),
    "redial_backlog_daily": (Metric("minus_cleared", "-sum(cleared)", "Sum of cleared, drawn below the axis."),),
}
"""Metrics of a mart that do not follow from its header."""

MORE_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "best_time_to_call": (Column("weekday_name", "VARCHAR", "The weekday as number and word.", _WEEKDAY),),
}
"""Computed columns of a mart."""
