"""Writes `metrics.md` beside this file, from the headers in `sql/marts/`.

Run it after a change of these: `python docs/make_metrics.py`. A test compares the page with what this makes.
"""

from pathlib import Path

from dialflo_pipeline.marts.metric_catalog import metrics_page
from dialflo_pipeline.marts.project import read_models, sql_folder

PAGE = Path(__file__).with_name("metrics.md")


def page() -> str:
    """The whole page."""
    return metrics_page(read_models(sql_folder()))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
