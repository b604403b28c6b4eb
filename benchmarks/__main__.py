"""Measure everything, print a table of ratios, and write the figures beside it: `python -m benchmarks [--full]`.

Runs in the environment of `requirements/bench.txt`; `--python` names the one that the pipeline is installed in. Ends
with 1 if any part failed.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import contests, growth
from benchmarks.about import about
from benchmarks.contenders import ROOT, Place
from benchmarks.contests import Bench, Contest, Results, Say, run_contest
from benchmarks.documents import Shape
from benchmarks.picture import draw
from benchmarks.ratios import ratio_rows, stage_rows
from benchmarks.report import RATIO_HEADS, STAGE_HEADS, fill_page, machine_lines

FOLDER = ROOT / "build" / "bench"
WIDTH = 150
"""Width of tables in a file or a pipe."""
KINDS = ("start-up", "flatten", "http", "answers", "days", "sync", "one-day")
"""Kinds of contests, in the order in which they run; the first four run by default."""
QUICK_KINDS = 4
PAGE = ROOT / "docs" / "performance.md"


def options_of(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="also 1,000,000 documents and the growth curves")
    parser.add_argument("--runs", type=int, default=5, help="runs of each contender")
    parser.add_argument("--only", nargs="+", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--http", type=int, nargs="+", metavar="IDS", help="sizes of the contests over HTTP")
    parser.add_argument(
        "--answers", type=int, nargs="+", metavar="N", help="sizes of the contests over answers at hand"
    )
    parser.add_argument("--flatten", type=int, default=131_072, metavar="N", help="answers to flatten")
    parser.add_argument("--most", type=int, default=1_000_000, metavar="N", help="calls of one day, and of one sync")
    parser.add_argument("--days", type=int, nargs="+", default=[7, 90, 365], metavar="N", help="days stored")
    parser.add_argument("--days-calls", type=int, default=20_000, metavar="N", help="calls over these days")
    for field in fields(Shape):  # what the documents are like
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default)
    parser.add_argument("--python", type=Path, default=ROOT / ".venv" / "bin" / "python", help="the pipeline's Python")
    parser.add_argument("--json", type=Path, default=FOLDER / "results.json", help="where the figures go")
    parser.add_argument("--page", action="store_true", help="also write docs/performance.*")
    parser.add_argument(
        "--page-of", type=Path, metavar="JSON", help="write docs/performance.* from these, measure nothing"
    )
    options = parser.parse_args(arguments)
    options.http = options.http or ([10_000, 20_000, 100_000] if options.full else [20_000])
    options.answers = options.answers or ([10_000, 100_000, 200_000, 1_000_000] if options.full else [200_000])
    options.only = options.only or KINDS[: None if options.full else QUICK_KINDS]
    return options


def shape_of(options: argparse.Namespace) -> Shape:
    return Shape(**{field.name: getattr(options, field.name) for field in fields(Shape)})


def planned(bench: Bench, options: argparse.Namespace) -> dict[str, Callable[[], Contest]]:
    """The contests to run, by name: a kind and a size."""
    plan: dict[str, Callable[[], Contest]] = {
        "start-up": partial(contests.start_up, bench),
        f"flatten {options.flatten}": partial(contests.flattening, bench, options.flatten),
    }
    plan |= {f"http {tasks}": partial(contests.from_http, bench, tasks) for tasks in options.http}
    plan |= {f"answers {tasks}": partial(contests.from_answers, bench, tasks) for tasks in options.answers}
    plan |= {f"days {days}": partial(growth.days_stored, bench, options.days_calls, days) for days in options.days}
    plan[f"sync {options.most}"] = partial(growth.sync_alone, bench, options.most)
    plan[f"one-day {options.most}"] = partial(growth.one_day, bench, options.most)
    return {name: contest for name, contest in plan.items() if name.partition(" ")[0] in options.only}


def show(console: Console, results: Mapping[str, Any]) -> None:
    """Print the tables."""
    for heads, rows in ((RATIO_HEADS, [row.cells for row in ratio_rows(results)]), (STAGE_HEADS, stage_rows(results))):
        if rows:
            table = Table(*heads)
            for row in rows:
                table.add_row(*row)
            console.print(table)
    for line in machine_lines(results):
        console.print(line)


def write_page(results: Mapping[str, Any]) -> None:
    """Write the page's figures, its picture, and the figures they come from."""
    PAGE.with_suffix(".json").write_text(_text(results), "utf-8")
    PAGE.write_text(fill_page(PAGE.read_text("utf-8"), results), "utf-8")
    draw(results["contests"], PAGE.with_suffix(".svg"))


def _text(results: Mapping[str, Any]) -> str:
    return json.dumps(results, indent=1) + "\n"


def measure(options: argparse.Namespace, command: str, say: Say) -> dict[str, Any]:
    """Run every contest. Data is deleted at the end; figures are saved after each contest."""
    kept = Results()
    shape = shape_of(options)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        place = Place(Path(folder), options.python.absolute())
        results = {"about": about(place, shape, options.runs, command), **vars(kept)}
        for name, contest in planned(Bench(place, shape, options.runs, say), options).items():
            run_contest(kept, say, name, contest)
            options.json.write_text(_text(results), "utf-8")
    return results


def main(arguments: list[str]) -> int:
    options = options_of(arguments)
    if options.page_of:
        write_page(json.loads(options.page_of.read_text("utf-8")))
        return 0
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False)
    results = measure(options, " ".join(["python -m benchmarks", *arguments]), console.print)
    show(console, results)
    console.print(f"All figures: {options.json}")
    if options.page:
        write_page(results)
    for name, why in results["failures"].items():
        console.print(f"{name} FAILED: {why}")
    return 1 if results["failures"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
