"""The dashboard: where each chart stands, and which filters act on which."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bi.superset.charts import CHARTS, Chart
from bi.superset.datasets import FUNNEL, Dataset
from bi.superset.names import VERSION, identity

TITLE = "Dialflo calls"
SLUG = "dialflo"
REFRESH_SECONDS = 600

ROWS: Sequence[tuple[int, Mapping[str, int]]] = (
    (16, dict.fromkeys(("Data as of", "Tasks still open", "Dialled calls", "Answered", "Converted", "Redials due"), 2)),
    (50, {"Funnel": 4, "Answer rate by day, with its 95% bounds": 8}),
    (46, {"Answer rate by weekday and hour, all days": 6, "Dialled calls by weekday and hour, all days": 6}),
    (46, {"Answer rate by calling number": 6, "Agents": 6}),
    (54, {"Interest by agent, share of the answered calls": 6, "Metadata coverage, all days": 6}),
    (50, {"Redial backlog by age in days, now": 6, "Redial backlog by day, opened and cleared": 6}),
    (40, {"Tasks by day and state": 12}),
)
"""Height (in eighths of 64 pixels) of each row, and the width (in twelfths) of each chart in it."""

READING = """\
Every rate is a sum of calls divided by a sum of calls over whatever is filtered; its 95% bounds are Wilson's. Charts
whose name says *all days* or *now* are not narrowed by the days chosen. What each figure means, and does not mean, is
told by the (i) beside the charts' names and by the datasets' columns.
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
            "color_scheme": "supersetColors",
            "refresh_frequency": REFRESH_SECONDS,
            "cross_filters_enabled": True,
            "native_filter_configuration": list(_filters(datasets)),
        },
        "version": VERSION,
    }


def _number_of(chart: Chart) -> int:
    """Superset wants charts numbered within a bundle, and gives them other numbers when it imports them."""
    return CHARTS.index(chart) + 1


def _position() -> Iterator[tuple[str, Any]]:
    by_title = {chart.title: chart for chart in CHARTS}
    rows = [f"ROW-{place}" for place in range(len(ROWS) + 1)]
    yield "DASHBOARD_VERSION_KEY", "v2"
    yield "ROOT_ID", {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]}
    yield "GRID_ID", {"type": "GRID", "id": "GRID_ID", "children": rows, "parents": ["ROOT_ID"]}
    yield "HEADER_ID", {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": TITLE}}
    for row, (height, widths) in zip(rows, ROWS, strict=False):
        places = {f"CHART-{_number_of(by_title[title])}": by_title[title] for title in widths}
        yield row, _row(row, list(places))
        for place, chart in places.items():
            meta = {
                "chartId": _number_of(chart),
                "uuid": str(identity("chart", chart.title)),
                "sliceName": chart.title,
                "width": widths[chart.title],
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
