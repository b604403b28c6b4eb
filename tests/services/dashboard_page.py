"""The dashboard in a real browser that has no network, read as a person or a screen reader would."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE_MS = 60_000
DRAWN = "html[data-ready], #message:not([hidden])"
"""What is there once the page shows what it can."""

_CELLS = """(rows) => rows.map((row) => [...row.cells].map((cell) => cell.dataset.value ?? cell.textContent))"""


@dataclass
class Dashboard:
    """An opened page, and what it did on the way."""

    page: Any
    told: list[str] = field(default_factory=list)
    """Errors, and what it wrote into the console."""
    requests: list[str] = field(default_factory=list)
    """The addresses it asked for, its own among them."""

    def table(self, name: str) -> list[list[str]]:
        """The rows of a panel's table: of each cell the exact number behind its text, else the text."""
        rows: list[list[str]] = self.page.eval_on_selector_all(f'[data-table="{name}"] tbody tr', _CELLS)
        return rows

    def figure(self, name: str) -> str:
        """The exact number behind one of the large figures at the top."""
        return str(self.page.get_attribute(f'[data-figure="{name}"]', "data-value"))

    def choose(self, **filters: str) -> None:
        """Set filters by their names: agent and campaign by what is offered, days as 2026-01-31."""
        for name, value in filters.items():
            if name in {"agent", "campaign"}:
                self.page.select_option(f"#{name}", label=value)
            else:
                self.page.fill(f"#{name.removesuffix('_')}", value)
                self.page.dispatch_event(f"#{name.removesuffix('_')}", "change")


@contextmanager
def opened(browser: Any, path: Path, **options: Any) -> Iterator[Dashboard]:
    """The page from disk, in a browser that is offline; `options` are those of Playwright's contexts."""
    context = browser.new_context(**({"offline": True, "viewport": {"width": 1280, "height": 900}} | options))
    dashboard = Dashboard(context.new_page())
    dashboard.page.set_default_timeout(PATIENCE_MS)
    dashboard.page.on("console", lambda message: dashboard.told.append(f"{message.type}: {message.text}"))
    dashboard.page.on("pageerror", lambda error: dashboard.told.append(str(error)))
    context.on("request", lambda request: dashboard.requests.append(request.url))
    try:
        dashboard.page.goto(path.as_uri())
        dashboard.page.wait_for_selector(DRAWN, state="attached")
        yield dashboard
    finally:
        context.close()


def number(text: str) -> float | None:
    """An exact number of the page; None where it has none."""
    return float(text) if text else None


def same_figures(found: list[list[str]], expected: list[tuple[Any, ...]], columns: Mapping[int, int]) -> None:
    """Assert that these columns of the page's rows (by place: place in the query's rows) hold the same, in any order.

    Rates may differ in their tenth digit.
    """

    def normal(value: Any) -> Any:
        try:
            return None if value in {"", None} else round(float(value), 9)
        except ValueError:
            return str(value)

    shown = sorted(([normal(row[place]) for place in columns] for row in found), key=repr)
    told = sorted(([normal(row[place]) for place in columns.values()] for row in expected), key=repr)
    assert shown == told
