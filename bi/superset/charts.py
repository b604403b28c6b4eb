"""The charts: which figures of which dataset, drawn how. Where they stand is `dashboard.py`'s.

A chart over days has the condition that Superset puts the dashboard's date range in; one without it tells of all days,
or of now, and says so in its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bi.superset.datasets import COUNT, FUNNEL, FUNNEL_STEPS, LOWER, SHARE, UPPER, Dataset
from bi.superset.names import VERSION, identity

Params = dict[str, Any]

COLOURS = "supersetColors"
SHADES = "schemeYlGnBu"

FEWEST_CALLS = 10
"""Of an hour, for its rate to be drawn: a rate of three calls would be the brightest or darkest spot of all."""


@dataclass(frozen=True)
class Chart:
    """One chart. `params` are those of Superset's own form for this kind; the key stays when the title is changed."""

    key: str
    title: str
    kind: str
    dataset: str
    params: Params = field(default_factory=dict)
    is_dated: bool = True


def _number(key: str, title: str, dataset: str, metric: str, below: str, number_format: str, **more: Any) -> Chart:
    params = {"metric": metric, "subtitle": below, "y_axis_format": number_format, **more}
    sizes = {"header_font_size": 0.5, "subtitle_font_size": 0.2}
    return Chart(key, title, "big_number_total", dataset, sizes | params, is_dated=dataset == FUNNEL)


def _band(metric: str) -> list[str]:
    return [metric, f"{metric}{LOWER}", f"{metric}{UPPER}"]


def _heat(key: str, title: str, metric: str, number_format: str, **more: Any) -> Chart:
    params = {
        "x_axis": "hour",
        "groupby": "weekday_name",
        "metric": metric,
        "y_axis_format": number_format,
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "linear_color_scheme": SHADES,
        "normalize_across": "heatmap",
        "show_legend": True,
        "legend_type": "continuous",
        "show_values": False,
        "show_percentage": False,
        "bottom_margin": "auto",
        "left_margin": "auto",
        "value_bounds": [None, None],
        "xscale_interval": 1,
        "yscale_interval": 1,
        "row_limit": 10_000,
    }
    return Chart(key, title, "heatmap_v2", "best_time_to_call", params | more, is_dated=False)


def _table(
    key: str, title: str, dataset: str, by: list[str], metrics: list[str], *, is_dated: bool = True, **more: Any
) -> Chart:
    bounds = [metric for metric in metrics if metric.endswith((LOWER, UPPER))]
    params = {
        "query_mode": "aggregate",
        "groupby": by,
        "metrics": metrics,
        "row_limit": 1_000,
        "server_page_length": 10,
        "page_length": 0,
        "order_desc": True,
        "show_cell_bars": True,
        "color_pn": False,
        "include_search": False,
        "column_config": {metric: {"showCellBars": False} for metric in bounds},
        "table_timestamp_format": "smart_date",
        **more,
    }
    return Chart(key, title, "table", dataset, params, is_dated=is_dated)


_AXES: Params = {
    "color_scheme": COLOURS,
    "show_legend": True,
    "legendType": "scroll",
    "legendOrientation": "top",
    "rich_tooltip": True,
    "x_axis_time_format": "smart_date",
    "tooltipTimeFormat": "%a %d %b %Y",
    "row_limit": 10_000,
    "truncateXAxis": True,
}

CHARTS: tuple[Chart, ...] = (
    _number(
        "as_of",
        "Data as of",
        "published",
        "as_of_there",
        "in the pipeline's time zone",
        COUNT,
        time_format="%d %b, %H:%M",
        force_timestamp_formatting=True,
    ),
    _number("open_tasks", "Open tasks", "published", "open_tasks", "calls may still come or change", COUNT),
    _number("dialled", "Dialled calls", FUNNEL, "total_dialled_calls", "in the days chosen", COUNT),
    _number("answered", "Answered", FUNNEL, "overall_answer_rate", "of the dialled calls", SHARE),
    _number("converted", "Converted", FUNNEL, "overall_converted_per_dialled", "of the dialled calls", SHARE),
    _number(
        "redials_due",
        "Redials due",
        "redial_backlog",
        "rows",
        "contacts, now",
        COUNT,
        adhoc_filters=[
            {
                "clause": "WHERE",
                "expressionType": "SIMPLE",
                "subject": "state",
                "operator": "==",
                "operatorId": "EQUALS",
                "comparator": "due",
            }
        ],
    ),
    Chart(
        "funnel",
        "Funnel",
        "echarts_timeseries_bar",
        FUNNEL_STEPS,
        _AXES
        | {
            "x_axis": "step",
            "metrics": ["total_calls"],
            "groupby": [],
            "orientation": "horizontal",
            "x_axis_sort": "step",
            "x_axis_sort_asc": False,
            "show_value": True,
            "show_legend": False,
            "y_axis_format": COUNT,
        },
    ),
    Chart(
        "answer_rate",
        "Answer rate by day, with its 95% bounds",
        "echarts_timeseries_line",
        FUNNEL,
        _AXES
        | {
            "x_axis": "call_date",
            "time_grain_sqla": "P1D",
            "metrics": _band("overall_answer_rate"),
            "groupby": [],
            "y_axis_format": SHARE,
            "seriesType": "line",
            "markerEnabled": True,
            "markerSize": 8,
            "only_total": True,
            "opacity": 0.2,
            "y_axis_bounds": [0, None],
            "truncateYAxis": True,
        },
    ),
    _heat(
        "hours_rate",
        f"Answer rate by weekday and hour, all days (from {FEWEST_CALLS} calls)",
        "overall_answer_rate",
        SHARE,
        having=f"sum(calls) >= {FEWEST_CALLS}",
    ),
    _heat("hours_calls", "Dialled calls by weekday and hour, all days", "total_calls", COUNT),
    _table(
        "calling_numbers",
        "Answer rate by calling number",
        "caller_id_health",
        ["from_number_e164"],
        ["total_calls", *_band("overall_answer_rate"), "latest_flag"],
        timeseries_limit_metric="total_calls",
        having="bool_or(flag <> 'too_few_calls')",
    ),
    _table(
        "agents",
        "Agents",
        FUNNEL,
        ["agent_name"],
        [
            "total_dialled_calls",
            "overall_answer_rate",
            "overall_engaged_rate",
            "overall_interested_rate",
            "total_converted_calls",
        ],
        timeseries_limit_metric="total_dialled_calls",
    ),
    Chart(
        "interest",
        "Interest by agent, share of the answered calls",
        "echarts_timeseries_bar",
        "interest_distribution",
        _AXES
        | {
            "x_axis": "agent_name",
            "groupby": ["interest_status"],
            "metrics": ["total_calls"],
            "contributionMode": "row",
            "stack": "Stack",
            "orientation": "horizontal",
            "y_axis_format": SHARE,
            "y_axis_bounds": [0, 1],
            "truncateYAxis": True,
        },
    ),
    _table(
        "metadata",
        "Metadata coverage, all days",
        "metadata_coverage",
        ["agent_name", "key"],
        ["total_asked_calls", *_band("overall_filled_share"), "drifts"],
        is_dated=False,
    ),
    Chart(
        "backlog_age",
        "Redial backlog by age in days, now",
        "echarts_timeseries_bar",
        "redial_backlog",
        _AXES
        | {
            "x_axis": "age_days",
            "xAxisForceCategorical": True,
            "x_axis_sort": "age_days",
            "x_axis_sort_asc": True,
            "groupby": ["state"],
            "metrics": ["rows"],
            "stack": "Stack",
            "y_axis_format": COUNT,
        },
        is_dated=False,
    ),
    Chart(
        "backlog_days",
        "Redial backlog by day, opened and cleared",
        "mixed_timeseries",
        "redial_backlog_daily",
        _AXES
        | {
            "x_axis": "call_date",
            "time_grain_sqla": "P1D",
            "metrics": ["total_opened", "minus_cleared"],
            "groupby": [],
            "seriesType": "bar",
            "stack": "Stack",
            "metrics_b": ["total_backlog"],
            "groupby_b": [],
            "seriesTypeB": "line",
            "yAxisIndex": 0,
            "yAxisIndexB": 0,
            "y_axis_format": COUNT,
            "row_limit_b": 10_000,
            "truncate_metric": True,
            "truncate_metric_b": True,
        },
    ),
    Chart(
        "tasks",
        "Tasks by day and state",
        "echarts_timeseries_bar",
        "data_freshness",
        _AXES
        | {
            "x_axis": "call_date",
            "time_grain_sqla": "P1D",
            "metrics": [
                "total_settled_tasks",
                "total_waiting_tasks",
                "total_not_found_tasks",
                "total_failed_tasks",
            ],
            "groupby": [],
            "stack": "Stack",
            "y_axis_format": COUNT,
        },
    ),
)


def as_yaml(chart: Chart, datasets: Mapping[str, Dataset]) -> dict[str, Any]:
    """What Superset imports."""
    dataset = datasets[chart.dataset]
    return {
        "slice_name": chart.title,
        "description": dataset.note,
        "viz_type": chart.kind,
        "params": _params(chart, dataset),
        "cache_timeout": None,
        "uuid": str(identity("chart", chart.key)),
        "version": VERSION,
        "dataset_uuid": str(identity("dataset", chart.dataset)),
    }


def _params(chart: Chart, dataset: Dataset) -> Params:
    params: Params = {"viz_type": chart.kind, "annotation_layers": [], "extra_form_data": {}} | chart.params
    conditions = list(params.get("adhoc_filters", []))
    if chart.is_dated:
        conditions.append(_chosen_days(dataset.day))
    if having := params.pop("having", None):
        conditions.append({"clause": "HAVING", "expressionType": "SQL", "sqlExpression": having})
    params["adhoc_filters"] = conditions
    if "metrics_b" in params:
        params["adhoc_filters_b"] = conditions
    return params


def _chosen_days(day: str | None) -> Params:
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": day,
        "operator": "TEMPORAL_RANGE",
        "operatorId": "TEMPORAL_RANGE",
        "comparator": "No filter",
    }
