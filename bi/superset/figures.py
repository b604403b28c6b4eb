"""What may be reckoned over the rows of a mart: which counts may be added up, and which rates made of such sums.

A header says what a column means in one row, not whether rows may be added up. Contacts may not, for one: a person may
be in many rows. That is said here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FUNNEL = "conversion_funnel"
FUNNEL_STEPS = "funnel_steps"
TOTAL, OVERALL = "total_", "overall_"
"""Beginnings of metrics' names, so that none is named as a column is."""

LOWER, UPPER = "__yhat_lower", "__yhat_upper"
"""Endings of names by which a line chart of Superset draws two series as the band around a third."""

COUNT, SHARE = ",d", ".1%"
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
class Figures:
    """What may be reckoned over the rows of a mart beside counting them."""

    counts: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    columns: tuple[Column, ...] = ()


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
