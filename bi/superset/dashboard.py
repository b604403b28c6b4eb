"""The dashboard: where each chart stands, and which filters act on which."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bi.superset.charts import CHARTS
from bi.superset.datasets import Dataset
from bi.superset.figures import FUNNEL
from bi.superset.kinds import COLOURS, Chart
from bi.superset.names import VERSION, identity

TITLE = "Dialflo calls"
SLUG = "dialflo"
REFRESH_SECONDS = 600

ROWS: Sequence[tuple[int, Mapping[str, int]]] = (
    (20, dict.fromkeys(("as_of", "open_tasks", "dialled", "answered", "converted", "redials_due"), 2)),
    (48, {"funnel": 4, "answer_rate": 8}),
    (46, {"hours_rate": 6, "hours_calls": 6}),
    (40, {"calling_numbers": 6, "agents": 6}),
    (54, {"interest": 6, "metadata": 6}),
    (48, {"backlog_age": 6, "backlog_days": 6}),
    (40, {"tasks": 12}),
)
"""Height (in eighths of 64 pixels) of each row, and the width (in twelfths) of each chart in it."""

GOOD, NEUTRAL, OPEN, BAD, GONE = "#5AC189", "#1FA8C9", "#FCC700", "#E04355", "#A1A6BD"
COLOURS_OF = {
    "total_settled_tasks": GOOD,
    "total_waiting_tasks": OPEN,
    "total_not_found_tasks": GONE,
    "total_failed_tasks": BAD,
    "due": NEUTRAL,
    "waiting": OPEN,
    "exhausted": GONE,
    "stale": "#D1C6BC",
    "stopped": BAD,
    "total_opened": NEUTRAL,
    "minus_cleared": GOOD,
    "total_backlog": "#454E7C",
}
"""Of series that mean something good or bad, wherever they are drawn."""

READING = """\
Every rate is a sum of calls divided by a sum of calls over whatever is filtered; its 95% bounds are Wilson's. Charts
whose name says *all days* or *now* are not narrowed by the days chosen. What a figure means, and does not mean, is told
by *Show chart description* in a chart's menu, and by the descriptions of the datasets' columns.
"""


def as_yaml(datasets: Mapping[str, Dataset]) -> dict[str, Any]:
    """What Superset imports."""
    return {
        "dashboard_title": TITLE,
        "description": "Answer rates, interest, redials and data points of Dialflo calls.",
        "css": "",
        "slug": SLUG,
        "published": True,
        "uuid": str(identity("dashboard", SLUG)),
        "position": dict(_position()),
        "metadata": {
            "color_scheme": COLOURS,
            "refresh_frequency": REFRESH_SECONDS,
            "cross_filters_enabled": True,
            "filter_bar_orientation": "HORIZONTAL",
            "label_colors": dict(COLOURS_OF),
            "native_filter_configuration": list(_filters(datasets)),
        },
        "version": VERSION,
    }


def _number_of(chart: Chart) -> int:
    """Superset wants charts numbered within a bundle, and gives them other numbers when it imports them."""
    return CHARTS.index(chart) + 1


def _position() -> Iterator[tuple[str, Any]]:
    by_key = {chart.key: chart for chart in CHARTS}
    rows = [f"ROW-{place}" for place in range(len(ROWS) + 1)]
    yield "DASHBOARD_VERSION_KEY", "v2"
    yield "ROOT_ID", {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]}
    yield "GRID_ID", {"type": "GRID", "id": "GRID_ID", "children": rows, "parents": ["ROOT_ID"]}
    yield "HEADER_ID", {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": TITLE}}
    for row, (height, widths) in zip(rows, ROWS, strict=False):
        places = {f"CHART-{_number_of(by_key[key])}": by_key[key] for key in widths}
        yield row, _row(row, list(places))
        for place, chart in places.items():
            meta = {
                "chartId": _number_of(chart),
                "uuid": str(identity("chart", chart.key)),
                "sliceName": chart.title,
                "width": widths[chart.key],
                "height": height,
            }
            yield place, _part("CHART", place, row, meta)
    yield rows[-1], _row(rows[-1], ["MARKDOWN-1"])
    yield "MARKDOWN-1", _part("MARKDOWN", "MARKDOWN-1", rows[-1], {"code": READING, "width": 12, "height": 12})


def _row(name: str, children: list[str]) -> dict[str, Any]:
    meta = {"background": "BACKGROUND_TRANSPARENT"}
    return {"type": "ROW", "id": name, "children": children, "parents": ["ROOT_ID", "GRID_ID"], "meta": meta}


def _part(kind: str, name: str, row: str, meta: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "id": name, "children": [], "parents": ["ROOT_ID", "GRID_ID", row], "meta": meta}


def _filters(datasets: Mapping[str, Dataset]) -> Iterator[dict[str, Any]]:
    undated = [chart for chart in CHARTS if not chart.is_dated]
    yield _filter("Days", "filter_time", [{}], undated, {})
    for name, column in (("Agent", "agent_name"), ("Campaign", "campaign")):
        target = {"column": {"name": column}, "datasetUuid": str(identity("dataset", FUNNEL))}
        without = [chart for chart in CHARTS if not _has(datasets[chart.dataset], column)]
        yield _filter(name, "filter_select", [target], without, {"multiSelect": True, "searchAllOptions": False})


def _has(dataset: Dataset, column: str) -> bool:
    return any(known.name == column for known in dataset.columns)


def _filter(
    name: str, kind: str, targets: list[dict[str, Any]], excluded: list[Chart], controls: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": f"NATIVE_FILTER-{name}",
        "name": name,
        "type": "NATIVE_FILTER",
        "filterType": kind,
        "description": "",
        "targets": targets,
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": [_number_of(chart) for chart in excluded]},
        "controlValues": {"enableEmptyFilter": False} | controls,
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
    }
