"""Kinds of charts: a function each, from what is to be drawn to the settings of Superset's own form for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bi.superset.figures import COUNT, LOWER, SHARE, UPPER
from bi.superset.names import VERSION, identity

Params = dict[str, Any]

COLOURS = "supersetColors"
SHADES = "schemeYlGnBu"
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Chart:
    """One chart; its key stays when the title is changed. One that is dated is narrowed by the days chosen."""

    key: str
    title: str
    kind: str
    dataset: str
    params: Params = field(default_factory=dict)
    is_dated: bool = True


def as_yaml(chart: Chart, note: str, day: str | None) -> dict[str, Any]:
    """What Superset imports; `note` is what it tells of the chart, `day` the column that a range of days narrows."""
    params: Params = {"viz_type": chart.kind, "annotation_layers": [], "extra_form_data": {}} | chart.params
    conditions = list(params.get("adhoc_filters", []))
    if chart.is_dated:
        conditions.append(where(day or "", "TEMPORAL_RANGE", "No filter"))
    params["adhoc_filters"] = conditions
    if "metrics_b" in params:
        params["adhoc_filters_b"] = conditions
    return {
        "slice_name": chart.title,
        "description": note,
        "viz_type": chart.kind,
        "params": params,
        "cache_timeout": None,
        "uuid": str(identity("chart", chart.key)),
        "version": VERSION,
        "dataset_uuid": str(identity("dataset", chart.dataset)),
    }


def where(column: str, operator: str, value: str) -> Params:
    """A condition on rows. Superset puts the dashboard's days into those with the operator TEMPORAL_RANGE."""
    said = {"clause": "WHERE", "expressionType": "SIMPLE", "subject": column, "comparator": value}
    return said | {"operator": operator, "operatorId": {"==": "EQUALS"}.get(operator, operator)}


def having(condition: str) -> Params:
    """A condition on groups of rows, in SQL."""
    return {"clause": "HAVING", "expressionType": "SQL", "sqlExpression": condition}


def band(metric: str) -> list[str]:
    """A rate and its bounds."""
    return [metric, f"{metric}{LOWER}", f"{metric}{UPPER}"]


def number(
    key: str, title: str, dataset: str, metric: str, below: str, number_format: str = COUNT, **more: Any
) -> Chart:
    """One large figure with a few words below it; not dated unless `is_dated` says so."""
    is_dated = more.pop("is_dated", False)
    params = {
        "metric": metric,
        "subtitle": below,
        "header_font_size": 0.5,
        "subtitle_font_size": 0.2,
        "y_axis_format": number_format,
    }
    return Chart(key, title, "big_number_total", dataset, params | more, is_dated)


def heat(key: str, title: str, metric: str, number_format: str, **more: Any) -> Chart:
    """Weekdays by hours, of all days."""
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
        "row_limit": MOST_ROWS,
    }
    return Chart(key, title, "heatmap_v2", "best_time_to_call", params | more, is_dated=False)


def table(
    key: str, title: str, dataset: str, by: Sequence[str], metrics: Sequence[str], *, is_dated: bool = True, **more: Any
) -> Chart:
    """A row per group, those with the most of the first metric first, with bars in the cells of all but bounds."""
    bounds = [metric for metric in metrics if metric.endswith((LOWER, UPPER))]
    params = {
        "query_mode": "aggregate",
        "groupby": list(by),
        "metrics": list(metrics),
        "timeseries_limit_metric": metrics[0],
        "order_desc": True,
        "row_limit": MOST_ROWS,
        "page_length": 0,
        "show_cell_bars": True,
        "color_pn": False,
        "include_search": False,
        "column_config": {metric: {"showCellBars": False} for metric in bounds},
    }
    return Chart(key, title, "table", dataset, params | more, is_dated)


def lines(key: str, title: str, dataset: str, metrics: Sequence[str], **more: Any) -> Chart:
    """Rates by day."""
    params = _axes(metrics) | _BY_DAY | {"seriesType": "line", "y_axis_format": SHARE}
    return Chart(key, title, "echarts_timeseries_line", dataset, params | more)


def bars(key: str, title: str, dataset: str, metrics: Sequence[str], *, is_dated: bool = True, **more: Any) -> Chart:
    """Counts by day, or by another `x_axis`, on top of each other."""
    params = _axes(metrics) | ({} if "x_axis" in more else _BY_DAY) | {"stack": "Stack", "y_axis_format": COUNT}
    return Chart(key, title, "echarts_timeseries_bar", dataset, params | more, is_dated)


def bars_and_lines(key: str, title: str, dataset: str, metrics: Sequence[str], above: Sequence[str]) -> Chart:
    """Counts by day as bars, and others on the same axis as lines."""
    params = _axes(metrics) | _BY_DAY
    params |= {
        "seriesType": "bar",
        "stack": "Stack",
        "metrics_b": list(above),
        "groupby_b": [],
        "seriesTypeB": "line",
        "yAxisIndex": 0,
        "yAxisIndexB": 0,
        "y_axis_format": COUNT,
        "row_limit_b": MOST_ROWS,
        "truncate_metric": True,
        "truncate_metric_b": True,
    }
    return Chart(key, title, "mixed_timeseries", dataset, params)


_BY_DAY: Params = {"x_axis": "call_date", "time_grain_sqla": "P1D"}


def _axes(metrics: Sequence[str]) -> Params:
    return {
        "metrics": list(metrics),
        "groupby": [],
        "color_scheme": COLOURS,
        "show_legend": True,
        "legendType": "scroll",
        "legendOrientation": "top",
        "rich_tooltip": True,
        "x_axis_time_format": "smart_date",
        "tooltipTimeFormat": "%a %d %b %Y",
        "row_limit": MOST_ROWS,
        "truncateXAxis": True,
    }
