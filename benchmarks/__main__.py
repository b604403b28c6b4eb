"""Measure everything, print a table of ratios, and write the figures beside it: `python -m benchmarks [--full]`.

Runs in the environment of `requirements-bench.txt`; `--python` names the one that the pipeline is installed in. Ends
with 1 if any part failed.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import contests, growth
from benchmarks.about import about
from benchmarks.contenders import ROOT, Place
from benchmarks.contests import Bench, Contest, Results, hold
from benchmarks.documents import USUAL, Shape
from benchmarks.picture import draw
from benchmarks.report import RATIO_HEADS, STAGE_HEADS, fill_page, machine_lines, ratio_rows, stage_rows

FOLDER = ROOT / "build" / "bench"
PAGE = ROOT / "docs" / "performance.md"


def options_of(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="also 1,000,000 documents and the growth curves")
    parser.add_argument("--runs", type=int, default=5, help="runs of each contender")
    parser.add_argument("--only", nargs="+", metavar="KIND", help="http, answers, flatten, start-up, one-day, days")
    parser.add_argument("--http", type=int, nargs="+", metavar="IDS", help="sizes of the contests over HTTP")
    parser.add_argument(
        "--answers", type=int, nargs="+", metavar="N", help="sizes of the contests over answers at hand"
    )
    parser.add_argument("--flatten", type=int, default=131_072, metavar="N", help="answers to flatten")
    parser.add_argument("--one-day", type=int, default=1_000_000, metavar="N", help="calls of one day")
    parser.add_argument("--days", type=int, nargs="+", default=[7, 90, 365], metavar="N", help="days stored")
    parser.add_argument("--days-calls", type=int, default=20_000, metavar="N", help="calls over these days")
    parser.add_argument("--transcript-turns", type=int, default=USUAL.transcript_turns)
    parser.add_argument("--metadata-keys", type=int, default=USUAL.metadata_keys)
    parser.add_argument("--context-keys", type=int, default=USUAL.context_keys)
    parser.add_argument("--calls-per-task", type=int, default=USUAL.calls_per_task)
    parser.add_argument("--unanswered-share", type=float, default=USUAL.unanswered_share)
    parser.add_argument("--python", type=Path, default=ROOT / ".venv" / "bin" / "python", help="the pipeline's Python")
    parser.add_argument("--json", type=Path, default=FOLDER / "results.json", help="where the figures go")
    parser.add_argument("--page", action="store_true", help="also write docs/performance.*")
    options = parser.parse_args(arguments)
    options.http = options.http or ([10_000, 20_000, 100_000] if options.full else [20_000])
    options.answers = options.answers or ([10_000, 100_000, 200_000, 1_000_000] if options.full else [200_000])
    options.only = options.only or ["http", "answers", "flatten", "start-up"] + ["one-day", "days"] * options.full
    return options


def planned(bench: Bench, options: argparse.Namespace) -> dict[str, Callable[[], Contest]]:
    """The contests to hold, by name: a kind, and a size."""
    plan: dict[str, Callable[[], Contest]] = {
        "start-up": partial(contests.start_up, bench),
        f"flatten {options.flatten}": partial(contests.flattening, bench, options.flatten),
    }
    plan |= {f"http {tasks}": partial(contests.from_http, bench, tasks) for tasks in options.http}
    plan |= {f"answers {tasks}": partial(contests.from_answers, bench, tasks) for tasks in options.answers}
    plan |= {f"days {days}": partial(growth.days_stored, bench, options.days_calls, days) for days in options.days}
    plan[f"one-day {options.one_day}"] = partial(growth.one_day, bench, options.one_day)
    return {name: contest for name, contest in plan.items() if name.partition(" ")[0] in options.only}


def show(console: Console, results: dict[str, object]) -> None:
    """Print the tables."""
    for heads, rows in ((RATIO_HEADS, [row.cells for row in ratio_rows(results)]), (STAGE_HEADS, stage_rows(results))):
        if rows:
            table = Table(*heads)
            for row in rows:
                table.add_row(*row)
            console.print(table)
    for line in machine_lines(results):
        console.print(line, markup=False)


def main(arguments: list[str]) -> int:
    options = options_of(arguments)
    console = Console()
    shape = Shape(
        options.transcript_turns,
        options.metadata_keys,
        options.context_keys,
        options.calls_per_task,
        options.unanswered_share,
    )
    held = Results()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        place = Place(Path(folder), options.python.absolute())
        bench = Bench(place, shape, options.runs, lambda line: console.print(line, markup=False, highlight=False))
        for name, contest in planned(bench, options).items():
            hold(held, bench.tell, name, contest)
        command = " ".join(["python -m benchmarks", *arguments])
        results = {"about": about(place, shape, options.runs, command), **vars(held)}
    options.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    show(console, results)
    console.print(f"All figures: {options.json}", markup=False)
    if options.page:
        PAGE.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        PAGE.write_text(fill_page(PAGE.read_text("utf-8"), results), "utf-8")
        draw(held.contests, PAGE.with_suffix(".svg"))
    for name, why in held.failures.items():
        console.print(f"{name} FAILED: {why}", markup=False)
    return 1 if held.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
