"""Takes the pictures of the pages: `dialflo demo`, then its dashboard and Dagster's page in a real browser.

They go into `images/` beside this file.

Run it after what they show has changed: `python -m docs.make_screenshots`. What it needs stands in
`tests/services/dagster_page.py`. Pictures that would be larger than a page of text should weigh end the script.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.services.dashboard_page import opened
from tests.support.dagster_page import browser, browser_page, dagster_page

IMAGES = Path(__file__).with_name("images")
LARGEST_BYTES = 200_000
SETTLED_MS = 4_000
"""Until what slides and fades on the page has come to rest."""

SIZE = {"width": 1200, "height": 680}
FLAT = {"width": 1300, "height": 420}
"""Of the graph, which goes from left to right."""

DASHBOARD: dict[str, dict[str, Any]] = {
    "dashboard": {"viewport": {"width": 1200, "height": 1130}},
    "dashboard-dark": {"viewport": {"width": 1200, "height": 1130}, "color_scheme": "dark"},
    "dashboard-phone": {"viewport": {"width": 380, "height": 1130}},
}
"""File, and the screen that it is a picture of."""


def _graph(page: Any) -> None:
    page.get_by_role("button", name="Skip").click()
    page.get_by_text("Hide navigation").click()
    page.set_viewport_size(FLAT)
    page.reload()  # drawn anew, it fills the room that there is now
    page.get_by_text("7_published").first.wait_for()


def _columns(page: Any) -> None:
    page.get_by_text("Dialled calls.").first.scroll_into_view_if_needed()


def _plots(page: Any) -> None:
    page.get_by_role("button", name="Plots").or_(page.get_by_text("Plots", exact=True)).first.click()
    page.locator("canvas").first.wait_for()
    page.locator("canvas").first.scroll_into_view_if_needed()


def _nothing(_: Any) -> None:
    return


PICTURES: dict[str, tuple[str, str, Callable[[Any], None]]] = {
    "graph": ("/asset-groups", "7_published", _graph),
    "marts": ("/locations/dialflo_pipeline.definitions/asset-groups/6_marts/list", "answer_rate", _nothing),
    "asset": ("/assets/marts/answer_rate", "Dialled calls.", _columns),
    "rows": ("/assets/lake/calls", "The Dialflo task id.", _plots),
    "checks": ("/assets/warehouse/calls?view=checks", "answers_have_their_calls", _nothing),
    "partitions": ("/assets/lake/calls?view=partitions", "Materialized", _nothing),
    "automation": ("/automation", "daily_sync", _nothing),
}
"""File, address, what must be seen before the picture is taken, and what to do first."""


def make_screenshots(images: Path) -> None:
    """All pictures, of a demo in a folder that is thrown away."""
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        environment = {"DIALFLO_DATA_DIR": str(data), "DIALFLO_API_TOKEN": "not-used"}
        environment |= {"DIALFLO_TIMEZONE": "Asia/Kolkata", "DIALFLO_CAMPAIGN_KEY": "product"}
        command = [sys.executable, "-m", "dialflo_pipeline.cli", "demo"]
        subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - no part of it is input
        _take_dashboard(data / "demo" / "dashboard.html", images)
        shown = environment | {"DIALFLO_DATA_DIR": str(data / "demo")}
        shown |= {"DAGSTER_HOME": str(data / "demo" / "work" / "dagster")}
        with dagster_page(shown, Path(folder)) as served, browser_page() as page:
            for name, (address, seen, prepare) in PICTURES.items():
                page.set_viewport_size(SIZE)
                page.goto(f"{served.url}{address}")
                page.get_by_text(seen).locator("visible=true").first.wait_for()
                prepare(page)
                page.wait_for_timeout(SETTLED_MS)
                _take(page, images / f"dagster-{name}.png")


def _take_dashboard(file: Path, images: Path) -> None:
    with browser() as running:
        for name, screen in DASHBOARD.items():
            with opened(running, file, **screen) as dashboard:
                dashboard.page.wait_for_timeout(SETTLED_MS)
                _take(dashboard.page, images / f"{name}.png")


def _take(page: Any, path: Path) -> None:
    page.screenshot(path=path)
    if path.stat().st_size > LARGEST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes, more than {LARGEST_BYTES}: show less of the page.")


if __name__ == "__main__":
    make_screenshots(IMAGES)
