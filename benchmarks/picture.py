"""The growth curves as a picture: seconds against calls, and against days that are stored."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.ratios import median

Points = list[tuple[int, float]]
CALLS = (
    ("http sync", "sync", "dialflo sync", "C0", "o-"),
    ("http", "dlt", "dlt, from HTTP", "C1", "o--"),
    ("answers", "rebuild", "dialflo rebuild", "C0", "s-"),
    ("answers", "dlt", "dlt, from local JSON", "C1", "s--"),
)
DAYS = (
    ("days", "first", "first sync", "C0", "o-"),
    ("days", "new_day", "sync of a new day", "C2", "o-"),
    ("days", "idle", "sync with nothing to do", "C3", "o-"),
    ("days", "copy", "one copy of the file", "C7", "o:"),
)


def draw(contests: Mapping[str, Any], path: Path) -> None:
    """Write the picture as SVG; the same figures give the same bytes."""
    with mpl.rc_context({"svg.hashsalt": "dialflo", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(9, 3.8), layout="constrained")
        calls, days = figure.subplots(1, 2)
        _curves(calls, contests, CALLS, "tasks", "calls")
        _curves(days, contests, DAYS, "days", "days stored")
        figure.savefig(path, metadata={"Date": None, "Creator": None})
    text = path.read_text("utf-8")
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")


def _curves(
    axes: Axes, contests: Mapping[str, Any], curves: tuple[tuple[str, ...], ...], against: str, label: str
) -> None:
    for kinds, contender, name, colour, style in curves:
        points: Points = sorted(
            (contest[against], median(contest, contender, "seconds"))
            for key, contest in contests.items()
            if key.partition(" ")[0] in kinds.split()
        )
        if points:
            axes.plot(*zip(*points, strict=True), style, color=colour, label=name)
    axes.set(xscale="log", yscale="log", xlabel=label, ylabel="seconds")
    axes.grid(visible=True, which="major", alpha=0.3)
    if axes.lines:
        axes.legend()
