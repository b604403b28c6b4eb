"""Runs a stage of the campaign undisturbed, and again with kills in it, and says in what the two are not the same."""

import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.api import TOKEN, Answer, Api
from tests.chaos.campaign import SETTLE_HOURS, Stage, drop, stages
from tests.chaos.children import Child, Forker
from tests.chaos.contents import UNTIL_THE_NEXT_SYNC, Tables, askings, file_kinds, lake_tables, published_tables
from tests.chaos.steps import SIDES, Kill
from tests.support.forked import ROOT

PUBLICATION = ": replace warehouse.duckdb"
HISTORY_SETTINGS = ROOT / "dagster_home" / "dagster.yaml"
INTERRUPTED = 130
WAITING = ("pending", "unsettled")


@dataclass(frozen=True)
class Step:
    """A durable step that an undisturbed run took, with the time it took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Timed:
    """A signal from outside, so many seconds after the start."""

    seconds: float
    number: signal.Signals = signal.SIGKILL


Disturbance = Kill | Timed


@dataclass(frozen=True)
class Undisturbed:
    """A stage, the data it begins with, and what an undisturbed run makes of them."""

    stage: Stage
    answers: dict[str, Answer]
    before: Path
    seconds: float
    code: int
    versions: list[Tables | None]
    """What readers see before, after each publication of the run, and at its end."""
    lake: Tables
    files: set[str]
    steps: list[Step]
    unnamed: set[str]

    @property
    def published(self) -> Tables | None:
        """What readers see at the end."""
        return self.versions[-1]

    @property
    def names(self) -> list[str]:
        """The names of its steps, each once."""
        return list(dict.fromkeys(step.name for step in self.steps))


@dataclass
class Harness:
    """Where runs are made, and what makes them."""

    folder: Path
    forker: Forker
    api: Api
    numbers: Any = field(default_factory=count)

    def prepare(self, number: int | None) -> list[Undisturbed]:
        """The first `number` stages (None: all), undisturbed."""
        prepared: list[Undisturbed] = []
        data, answers = self.folder / f"nothing-{number}", dict[str, Answer]()
        data.mkdir(parents=True)
        for stage in stages()[:number]:
            answers = answers | stage.answers
            before = self.folder / f"before-{number}-{len(prepared)}"
            shutil.copytree(data, before)
            drop(stage, before / "inbox")
            if stage.stdin is not None:
                (self.folder / f"{before.name}.stdin").write_text(stage.stdin)
            undisturbed, data = self._undisturbed(stage, answers, before)
            prepared.append(undisturbed)
        return prepared

    def _undisturbed(self, stage: Stage, answers: dict[str, Answer], before: Path) -> tuple[Undisturbed, Path]:
        run = self.new_run(answers, before)
        data, log = run / "data", run / "steps"
        began = time.monotonic()
        code = self.start(run, stage, before, log=log).wait()
        seconds = time.monotonic() - began
        assert code in (0, 1), (run / "err").read_text()
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        steps = [Step(entry["name"], entry["seconds"]) for entry in entries if "name" in entry]
        publications = [step.name for step in steps if step.name.endswith(PUBLICATION)]
        between = self._versions_between(stage, answers, before, publications)
        undisturbed = Undisturbed(
            stage,
            answers,
            before,
            seconds,
            code,
            [_published(before), *between, _published(data)],
            lake_tables(data / "lake"),
            file_kinds(data),
            steps,
            {entry["unnamed"] for entry in entries if "unnamed" in entry},
        )
        return undisturbed, data

    def _versions_between(
        self, stage: Stage, answers: dict[str, Answer], before: Path, publications: Sequence[str]
    ) -> list[Tables | None]:
        """A run may publish more than once: what was fetched for some days, then what else was not derived yet."""
        versions = []
        for nth, name in enumerate(publications[:-1], 1):
            run = self.new_run(answers, before)
            self.start(run, stage, before, kill=Kill(name, nth, "after")).wait()
            versions.append(_published(run / "data"))
        return versions

    def new_run(self, answers: dict[str, Answer], before: Path) -> Path:
        """A folder with a copy of the data `before`, for one run after the other."""
        run = self.folder / f"run-{os.getpid()}-{next(self.numbers)}"
        shutil.copytree(before, run / "data")
        self.api.answers[run.name] = answers
        return run

    def env(self, run: Path, stage: Stage | None = None) -> dict[str, str]:
        """The settings of a run over `run / "data"`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DIALFLO_", "DAGSTER_"))}
        return {
            **kept,
            "DIALFLO_DATA_DIR": str(run / "data"),
            "DIALFLO_BASE_URL": self.api.address(run.name),
            "DIALFLO_API_TOKEN": TOKEN,
            "DIALFLO_RATE_LIMIT": "0",
            "DIALFLO_MAX_CONCURRENCY": "4",
            "DIALFLO_TRIES": "2",
            "DIALFLO_SETTLE_HOURS": str(SETTLE_HOURS),
            **(stage.settings if stage else {}),
        }

    def start(self, run: Path, stage: Stage, before: Path, **options: Any) -> Child:
        """Begin the stage's command over the data of `run`."""
        stdin = before.with_name(f"{before.name}.stdin") if stage.stdin is not None else None
        return self.forker.start(run, stage.arguments, self.env(run, stage), stdin=stdin, **options)

    def disturbed(self, of: Undisturbed, disturbances: Sequence[Disturbance]) -> list[str]:
        """Run the stage once for each disturbance, then once more to its end; every way in which the result differs."""
        return self._try(of, disturbances)[0]

    def killed_in_turn(self, of: Undisturbed, kills: Sequence[Kill], at_once: int) -> list[str]:
        """The same for many kills, as `disturbed` does it for `at_once` of them, in the order of their steps.

        A run goes on from where the one before was killed, so it may not come to a step again: a kill that did not come
        gets a case of its own.
        """
        places = {(step.name, nth): place for place, (step, nth) in enumerate(_counted(of.steps))}
        ordered = sorted(kills, key=lambda kill: places[kill.name, kill.nth])
        chains = -(-len(ordered) // at_once)
        problems: list[str] = []
        for first in range(chains):
            some = ordered[first::chains]
            found, codes = self._try(of, some)
            problems += found
            for kill, code in zip(some, codes, strict=True):
                problems += [] if code == -signal.SIGKILL else self.disturbed(of, [kill])
        return problems

    def _try(self, of: Undisturbed, disturbances: Sequence[Disturbance]) -> tuple[list[str], list[int]]:
        """Every way in which the result differs, and how each disturbed run ended."""
        run = self.new_run(of.answers, of.before)
        problems: list[str] = []
        codes: list[int] = []
        for disturbance in disturbances:
            codes.append(code := self._disturb(run, of, disturbance))
            ends = (of.code, -signal.SIGKILL) if _is_killed(disturbance) else (of.code, INTERRUPTED)
            problems += [f"{disturbance} ended with {code}"] if code not in ends else []
            problems += [f"after {disturbance}: {problem}" for problem in self._check_between(of, run)]
        code = self.start(run, of.stage, of.before).wait()
        if code != of.code:
            problems.append(f"the last run ended with {code}, not {of.code}")
        problems += self.compare(of, run, len(disturbances) + 1)
        said = "".join((run / name).read_text() for name in ("out", "err"))
        if "Traceback" in said:
            problems.append("a stack trace was printed")
        if problems:
            said_where = [f"said:\n{said}", f"in {run}"]
            return [f"stage {of.stage.name}, {disturbances}", *problems, *said_where], codes
        shutil.rmtree(run)
        return [], codes

    def _disturb(self, run: Path, of: Undisturbed, disturbance: Disturbance) -> int:
        if isinstance(disturbance, Kill):
            return self.start(run, of.stage, of.before, kill=disturbance).wait()
        child = self.start(run, of.stage, of.before)
        if disturbance.number != signal.SIGKILL:
            child.wait_until_begun()
        time.sleep(disturbance.seconds)
        child.kill(disturbance.number)
        return child.wait()

    def _check_between(self, of: Undisturbed, run: Path) -> list[str]:
        """What must be true even when a run was cut off: readers see a whole version, the lake holds whole files."""
        problems = []
        data = run / "data"
        published = _published(data)
        versions = [_differences(published, version) for version in of.versions]
        if all(versions):
            problems.append(f"readers see no version that was published whole: {versions}")
        lake_tables(data / "lake")
        names = [path.name for path in (data / "lake").rglob("*") if path.is_file()]
        return problems + [f"{name} in the lake" for name in names if not name.endswith(".parquet")]

    def compare(self, of: Undisturbed, run: Path, runs: int) -> list[str]:
        """In what the data of a folder, after so many runs, are not those of the undisturbed run."""
        data = run / "data"
        lake = lake_tables(data / "lake")
        problems = [f"published {problem}" for problem in _differences(_published(data), of.published)]
        raw = ("raw_answers",)
        problems += [f"lake {problem}" for problem in _differences(lake, of.lake, raw)]
        swept_later = UNTIL_THE_NEXT_SYNC if of.stage.arguments[0] == "tasks" else set()
        if files := (file_kinds(data) ^ of.files) - swept_later:
            problems.append(f"files that are not in both: {sorted(files)}")
        history = data / "work" / "dagster" / HISTORY_SETTINGS.name
        if history.exists() and history.read_bytes() != HISTORY_SETTINGS.read_bytes():
            problems.append(f"{history.name} is not whole")
        if "raw_answers" in of.lake:
            problems += _asking_differences(of, lake, runs, self.api.asked[run.name])
        return problems


def _is_killed(disturbance: Disturbance) -> bool:
    return isinstance(disturbance, Kill) or disturbance.number == signal.SIGKILL


def _published(data: Path) -> Tables | None:
    path = data / "warehouse.duckdb"
    return published_tables(path) if path.exists() else None


def _differences(found: Tables | None, expected: Tables | None, without: Sequence[str] = ()) -> list[str]:
    if found is None or expected is None:
        return [] if found is expected else [f"{'not ' if found is None else ''}there"]
    problems = [f"{name}: only in one" for name in found.keys() ^ expected.keys()]
    for name in (found.keys() & expected.keys()) - {*without}:
        short = name.rpartition(".")[2]
        rows = found[name].of(short).differences(expected[name].of(short))
        problems += [f"{name}: {problem}" for problem in rows]
    return problems


def _asking_differences(of: Undisturbed, lake: Tables, runs: int, asked: Counter[str]) -> list[str]:
    """Askings are whole; each id has those of an undisturbed run, and more only where it has to be asked again."""
    found, expected, before = askings(lake), askings(of.lake), Counter[str]()
    if (of.before / "lake").is_dir():
        before.update({task_id: _tries(some) for task_id, some in askings(lake_tables(of.before / "lake")).items()})
    states = _states(lake)
    problems = [f"raw_answers: {task_id} only in one" for task_id in found.keys() ^ expected.keys()]
    for task_id in found.keys() & expected.keys():
        counting = [asking for asking in found[task_id] if not asking[0]["stopped_run"]]
        more = len(counting) - len(expected[task_id])
        state, attempts = states[task_id]
        is_asked_again = (
            state in WAITING
            or (state == "not_found" and task_id.startswith("new-"))
            or (state == "failed" and "--retry-failed" in of.stage.arguments)
        )
        if not 0 <= more <= (runs - 1 if is_asked_again else 0):
            problems.append(f"raw_answers: {task_id} ({state}) was asked {more} times more")
        if _tries(found[task_id]) != attempts:
            problems.append(f"tasks: {task_id} has {attempts} attempts, and {_tries(found[task_id])} are kept")
        if _tries(found[task_id]) > before[task_id] + asked[task_id]:
            problems.append(f"raw_answers: of {task_id} more tries are kept than were asked")
        if _endings(counting) != _endings(expected[task_id]):
            problems.append(f"raw_answers: {task_id} ended in {_endings(counting)}, not {_endings(expected[task_id])}")
        problems += [f"raw_answers: an asking of {task_id} is not whole" for each in found[task_id] if _is_torn(each)]
    return problems


def _tries(some: list[list[dict[str, Any]]]) -> int:
    return sum(len(asking) for asking in some)


def _states(lake: Tables) -> dict[str, tuple[str, int]]:
    if "tasks" not in lake:
        return {}
    columns = lake["tasks"].columns
    places = [columns.index(name) for name in ("task_id", "state", "attempts")]
    return {row[places[0]]: (row[places[1]], row[places[2]]) for row in lake["tasks"].rows}


def _endings(some: list[list[dict[str, Any]]]) -> set[tuple[Any, ...]]:
    columns = ("call_date", "status", "result", "is_complete", "error", "body", "body_bytes", "body_sha256", "source")
    return {tuple(asking[-1][column] for column in columns) for asking in some}


def _is_torn(asking: list[dict[str, Any]]) -> bool:
    numbers = [row["attempt"] for row in asking]
    last = [row["is_last"] for row in asking]
    is_whole = numbers == [*range(1, len(asking) + 1)] and last == [False] * (len(asking) - 1) + [True]
    return len({row["file"] for row in asking}) > 1 or not (is_whole or asking[0]["stopped_run"])


def _counted(steps: Sequence[Step]) -> Iterator[tuple[Step, int]]:
    """Each step, and the how many-th of its name it is."""
    times = Counter[str]()
    for step in steps:
        times[step.name] += 1
        yield step, times[step.name]


def random_kill(dice: Random, of: Undisturbed) -> Disturbance:
    """Any moment of the run, or any step of it."""
    if dice.random() < 0.5:
        return Timed(dice.uniform(0, of.seconds))
    nth = dice.randrange(len(of.steps))
    return Kill("", nth + 1, dice.choice(SIDES), dice.uniform(0, of.steps[nth].seconds), alone=dice.random() < 0.2)


def named_kills(dice: Random, of: Undisturbed, known: Collection[str] = ()) -> list[Kill]:
    """Before, in and after the first step of each name, and after another one where there are more.

    For a name that is `known` from a stage before: one of these sides, of any of its steps; none for steps of Dagster's
    run history, which are the same in each stage.
    """
    kills = []
    times = Counter(step.name for step in of.steps)
    seconds = {step.name: step.seconds for step in of.steps}
    for name in of.names:
        any_nth, wait = dice.randint(1, times[name]), dice.uniform(0, seconds[name])
        if name not in known:
            kills += [Kill(name, 1, side, wait) for side in SIDES]
            kills += [Kill(name, any_nth, "after")] if any_nth > 1 else []
        elif "dagster/" not in name:
            kills.append(Kill(name, any_nth, dice.choice(SIDES), wait))
    return kills
