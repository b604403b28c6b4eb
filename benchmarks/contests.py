"""Which contenders are measured against each other, and on what.

They take turns, A B A B, so that all see the same load of the machine. A contest that fails is reported, and does not
stop the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmarks.campaign import Campaign
from benchmarks.contenders import Figures, Place, Start, environment
from benchmarks.documents import Shape
from benchmarks.measure import Failed, spend
from benchmarks.server import serving

Say = Callable[[str], None]
Contest = Mapping[str, Any]
"""What was measured in one: its size, and `runs`, the figures of each contender, run by run."""


@dataclass
class Results:
    """Finished contests, and failed ones with the reason, by name."""

    contests: dict[str, Contest] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bench:
    """What all contests share."""

    place: Place
    shape: Shape
    runs: int
    say: Say

    def alternate(self, contenders: Mapping[str, Callable[[], Figures]], runs: int = 0) -> dict[str, list[Figures]]:
        """Run them in turns."""
        figures: dict[str, list[Figures]] = {name: [] for name in contenders}
        runs = runs or self.runs
        for turn in range(runs):
            for name, run in contenders.items():
                figures[name].append(run())
                self.say(f"  {turn + 1}/{runs} {name}: {figures[name][-1]['seconds']:.2f} s")
        return figures


DAYS = 7
"""Days over which calls are spread by default."""


def from_http(bench: Bench, tasks: int) -> Contest:
    """From HTTP: the fetch alone, its requests bare, the whole sync, dlt's whole run."""
    campaign = Campaign(tasks, DAYS, bench.shape)
    with (
        Start.prepared(bench.place, f"http-{tasks}", campaign, filled=False) as start,
        serving(campaign.served(), start.folder / "server") as url,
    ):
        contenders = {
            "fetch": partial(start.fetch, url),
            "bare": partial(start.bare, url),
            "sync": partial(start.sync, url),
            "dlt": partial(start.dlt, url),
        }
        return {"tasks": tasks, "days": DAYS, "runs": bench.alternate(contenders)}


def from_answers(bench: Bench, tasks: int) -> Contest:
    """From stored answers: the stages, the whole rebuild, dlt's whole run."""
    with Start.prepared(bench.place, f"answers-{tasks}", Campaign(tasks, DAYS, bench.shape), filled=True) as start:
        size = start.documents.stat().st_size
        runs = bench.alternate({"stages": start.stages, "rebuild": start.rebuild, "dlt": start.dlt})
    return {"tasks": tasks, "days": DAYS, "bytes": size, "runs": runs}


def flattening(bench: Bench, tasks: int) -> Contest:
    """Flattening and writing, compared with their lower bounds; these take turns within one process."""
    campaign, folder = Campaign(tasks, 1, bench.shape), bench.place.below("flatten")
    campaign.write_ids(folder)
    campaign.write_documents(folder)
    spent = bench.place.stages("flatten", "--campaign", folder, "--runs", str(bench.runs), data=folder / "data")
    runs = {name: [{"seconds": took} for took in seconds] for name, seconds in spent.printed_json.items()}
    return {"tasks": tasks, "bytes": (folder / "documents.jsonl").stat().st_size, "runs": runs}


def start_up(bench: Bench) -> Contest:
    """Start-up time: commands that do almost nothing, and imports."""
    data = bench.place.below("start-up")
    python, env = bench.place.python, environment(data, "")

    def importing(code: str) -> Callable[[], Figures]:
        return lambda: spend([python, "-c", code], env, data).figures

    contenders = {
        "dialflo --help": lambda: bench.place.command("--help", data=data).figures,
        "dialflo status": lambda: bench.place.command("status", data=data).figures,
        "python alone": importing("pass"),
        "import dialflo_pipeline": importing("import dialflo_pipeline"),
        "import dagster": importing("import dagster"),
    }
    return {"runs": bench.alternate(contenders)}


def run_contest(results: Results, say: Say, name: str, contest: Callable[[], Contest]) -> None:
    """Run one contest; if it fails, keep the reason."""
    say(name)
    try:
        results.contests[name] = contest()
    except (Failed, OSError, RuntimeError) as error:
        results.failures[name] = str(error)
        say(f"  failed: {error}")
