"""Superset's dashboard as a browser shows it: what each chart asked for and got, and what was drawn of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bi.superset.dashboard import SLUG
from tests.bi.superset_server import USER, Superset
from tests.support.dagster_page import browser_page, until

TALL = {"width": 1440, "height": 3000}
"""Charts out of sight are not drawn."""

SETTLED_MS = 1_500
DRAWN = "canvas, table, .header-line"
TROUBLE = "[role=alert], .ant-alert-error, .missing-chart-container"

Rows = list[dict[str, Any]]


@dataclass
class Shown:
    """A dashboard that has been opened. `rows` holds by key of the chart what each of its queries returned."""

    rows: dict[str, list[Rows]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    drawn: set[str] = field(default_factory=set)
    said: str = ""
    """All that came over the wire for charts and filters."""

    def only(self, key: str) -> Rows:
        """The rows of a chart that asks once."""
        (rows,) = self.rows[key]
        return rows

    def figure(self, key: str) -> Any:
        """The one figure of a chart that is a number."""
        ((figure,),) = (row.values() for row in self.only(key))
        return figure


@dataclass
class DashboardPage:
    """A browser in which the administrator has logged in."""

    superset: Superset
    browser: Any
    _answers: list[Any] = field(default_factory=list)

    def open(self, filters: str = "()") -> Shown:
        """Open it and wait until every chart is drawn or in trouble; filters as Superset's addresses have them."""
        self._answers.clear()
        self.browser.goto(f"{self.superset.url}/superset/dashboard/{SLUG}/?native_filters={filters}")
        return self._settled()

    def refresh(self) -> Shown:
        """As a person does on an open one."""
        self._answers.clear()
        self.browser.get_by_role("button", name="Refresh dashboard").click()
        return self._settled()

    def header(self, key: str) -> str:
        """What a person reads in a chart that is a number."""
        return str(self._chart(key).locator(".header-line").inner_text())

    def _settled(self) -> Shown:
        keys = self.superset.chart_keys()
        until(lambda: self._are_done(set(keys)), "the charts are done")
        self.browser.wait_for_timeout(SETTLED_MS)
        shown = Shown(errors=[note.inner_text() for note in self.browser.locator(TROUBLE).all()])
        for answer in list(self._answers):
            _take(shown, answer, keys)
        shown.drawn = {key for key in keys.values() if self._chart(key).locator(DRAWN).count()}
        return shown

    def _are_done(self, charts: set[int]) -> bool:
        self.browser.wait_for_timeout(100)  # lets the browser's events come in
        asked = {_slice(answer) for answer in self._answers}
        return charts <= asked and not self.browser.locator(".loading").count()

    def _chart(self, key: str) -> Any:
        number = next(number for number, known in self.superset.chart_keys().items() if known == key)
        return self.browser.locator(f".dashboard-chart-id-{number}")


@contextmanager
def dashboard_page(superset: Superset, running: Any = None) -> Iterator[DashboardPage]:
    """A page of its own, logged in; of the browser `running`, else of its own too."""
    with browser_page(running) as browser:
        browser.set_viewport_size(TALL)
        browser.goto(f"{superset.url}/login/")
        browser.locator("#username").fill(USER)
        browser.locator("#password").fill(superset.password)
        browser.keyboard.press("Enter")
        browser.wait_for_url(lambda address: "login" not in address)
        page = DashboardPage(superset, browser)
        browser.on("requestfinished", lambda request: _keep(page, request))
        yield page


def _keep(page: DashboardPage, request: Any) -> None:
    if "/api/v1/chart/data" in request.url:
        page._answers.append(request.response())


def _slice(answer: Any) -> int | None:
    number = json.loads(answer.request.post_data)["form_data"].get("slice_id")
    return None if number is None else int(number)


def _take(shown: Shown, answer: Any, keys: dict[int, str]) -> None:
    text = answer.text()
    shown.said += text
    body = json.loads(text)
    results = body.get("result", [])
    problems = [body["errors"]] if "errors" in body else [result["error"] for result in results if result.get("error")]
    shown.errors += [f"chart {_slice(answer)}: {problem}" for problem in problems]
    if key := keys.get(_slice(answer) or 0):
        shown.rows[key] = [result["data"] for result in results]
