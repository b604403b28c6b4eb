"""The charts: which figures of which dataset are drawn how. Where they stand is `dashboard.py`'s.

One that tells of all days, or of now, whatever days are chosen, says so in its title.
"""

from bi.superset.figures import FUNNEL, FUNNEL_STEPS, SHARE
from bi.superset.kinds import Chart, band, bars, bars_and_lines, having, heat, lines, number, table, where

FEWEST_CALLS = 10
"""Of an hour, for its rate to be drawn: a rate of three calls would be the brightest or darkest spot of all."""

CHARTS: tuple[Chart, ...] = (
    number(
        "as_of",
        "Data as of",
        "published",
        "as_of_there",
        "in the pipeline's time zone",
        time_format="%d %b, %H:%M",
        force_timestamp_formatting=True,
    ),
    number("open_tasks", "Open tasks", "published", "open_tasks", "calls may still come or change"),
    number("dialled", "Dialled calls", FUNNEL, "total_dialled_calls", "in the days chosen", is_dated=True),
    number("answered", "Answered", FUNNEL, "overall_answer_rate", "of the dialled calls", SHARE, is_dated=True),
    number(
        "converted", "Converted", FUNNEL, "overall_converted_per_dialled", "of the dialled calls", SHARE, is_dated=True
    ),
    number(
        "redials_due",
        "Redials due",
        "redial_backlog",
        "rows",
        "contacts, now",
        adhoc_filters=[where("state", "==", "due")],
    ),
    # Not Superset's own funnel: it orders the steps by size, and equal ones as it likes.
    bars(
        "funnel",
        "Funnel",
        FUNNEL_STEPS,
        ["total_calls"],
        x_axis="step",
        x_axis_sort="step",
        x_axis_sort_asc=False,
        orientation="horizontal",
        show_value=True,
        show_legend=False,
    ),
    lines(
        "answer_rate",
        "Answer rate by day, with its 95% bounds",
        FUNNEL,
        band("overall_answer_rate"),
        markerEnabled=True,
        markerSize=8,
        opacity=0.2,
        y_axis_bounds=[0, None],
        truncateYAxis=True,
    ),
    heat(
        "hours_rate",
        f"Answer rate by weekday and hour, all days (from {FEWEST_CALLS} calls)",
        "overall_answer_rate",
        SHARE,
        adhoc_filters=[having(f"sum(calls) >= {FEWEST_CALLS}")],
    ),
    heat("hours_calls", "Dialled calls by weekday and hour, all days", "total_calls", ",d"),
    # A number that too few calls came from to judge it may be a person's, who called us.
    table(
        "calling_numbers",
        "Answer rate by calling number",
        "caller_id_health",
        ["from_number_e164"],
        ["total_calls", *band("overall_answer_rate"), "latest_flag"],
        adhoc_filters=[having("bool_or(flag <> 'too_few_calls')")],
    ),
    table(
        "agents",
        "Agents",
        FUNNEL,
        ["agent_name"],
        [
            *("total_dialled_calls", "overall_answer_rate", "overall_engaged_rate", "overall_interested_rate"),
            "total_converted_calls",
        ],
    ),
    bars(
        "interest",
        "Interest by agent, share of the answered calls",
        "interest_distribution",
        ["total_calls"],
        x_axis="agent_name",
        groupby=["interest_status"],
        contributionMode="row",
        orientation="horizontal",
        y_axis_format=SHARE,
        y_axis_bounds=[0, 1],
        truncateYAxis=True,
    ),
    table(
        "metadata",
        "Metadata coverage, all days",
        "metadata_coverage",
        ["agent_name", "key"],
        ["total_asked_calls", *band("overall_filled_share"), "drifts"],
        is_dated=False,
    ),
    bars(
        "backlog_age",
        "Redial backlog by age in days, now",
        "redial_backlog",
        ["rows"],
        is_dated=False,
        x_axis="age_days",
        xAxisForceCategorical=True,
        x_axis_sort="age_days",
        x_axis_sort_asc=True,
        groupby=["state"],
    ),
    bars_and_lines(
        "backlog_days",
        "Redial backlog by day, opened and cleared",
        "redial_backlog_daily",
        ["total_opened", "minus_cleared"],
        above=["total_backlog"],
    ),
    bars(
        "tasks",
        "Tasks by day and state",
        "data_freshness",
        ["total_settled_tasks", "total_waiting_tasks", "total_not_found_tasks", "total_failed_tasks"],
    ),
)
