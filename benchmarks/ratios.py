"""From the figures of contests to rows with ratios: which is compared with which, and what is wanted of it.

Pure: the results of a run (the JSON beside the table) come in, rows go out. How they are shown is of no concern here.
"""

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]
MIB = 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One comparison; `at_least` or `at_most` is what we want of the ratio.

    The ratio of rates is ours by theirs, to a floor and of all else that is spent it is so many times theirs.
    """

    what: str
    ours: str
    beside: str
    theirs: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def wanted(self) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "" if self.at_most is None else f"at most {self.at_most:g}"

    @property
    def is_met(self) -> bool | None:
        """Whether the ratio is within its bound; None if it has none."""
        if self.at_least is not None:
            return self.ratio >= self.at_least
        return None if self.at_most is None else self.ratio <= self.at_most

    @property
    def cells(self) -> list[str]:
        """The row as texts."""
        met = {None: "", True: "yes", False: "no"}[self.is_met]
        return [self.what, self.ours, self.beside, self.theirs, f"{self.ratio:.2f}", self.wanted, met]


def median(contest: Results, contender: str, *figures: str) -> float:
    """The median over the runs of a figure, or of the sum of some."""
    runs: list[Mapping[str, float]] = contest["runs"][contender]
    return statistics.median(sum(run[figure] for figure in figures) for run in runs)


def ratio_rows(results: Results) -> list[Row]:
    """Every comparison that the results allow."""
    contests = results["contests"]
    return [
        row
        for kind, rows in _ROWS.items()
        for contest in sorted(_of_kind(contests, kind), key=_size)
        for row in rows(contest)
    ] + list(_days_rows(contests))


def stage_rows(results: Results) -> list[list[str]]:
    """The stages one by one."""
    rows = []
    for contest in sorted(_of_kind(results["contests"], "answers"), key=_size):
        for stage in _STAGES:
            seconds, tasks = median(contest, "stages", f"{stage}_seconds"), contest["tasks"]
            rows.append([stage, f"{tasks:,}", f"{seconds:.2f}", f"{tasks / seconds:,.0f}"])
    return rows


def _of_kind(contests: Mapping[str, Results], kind: str) -> list[Results]:
    return [contest for name, contest in contests.items() if name.partition(" ")[0] == kind]


def _size(contest: Results) -> int:
    return int(contest.get("tasks", 0))


_STAGES = ("derive", "load", "marts", "publish")


def _http_rows(contest: Results) -> Iterator[Row]:
    tasks = contest["tasks"]
    fetched, extracted = median(contest, "fetch", "fetch_seconds"), median(contest, "dlt", "extract_seconds")
    yield _faster(f"fetch of {tasks:,} ids", "dlt's extract", fetched, extracted, tasks, at_least=4)
    synced, ran = median(contest, "sync", "seconds"), median(contest, "dlt", "seconds")
    wanted = 2.5 if tasks >= 20_000 else None
    yield _faster(f"`dialflo sync` of {tasks:,} ids", "dlt's whole run", synced, ran, tasks, at_least=wanted)
    cpu, least = (median(contest, who, f"{who}_cpu_seconds") / tasks for who in ("fetch", "bare"))
    yield Row("processor time a request", _us(cpu), "its transport, bare", _us(least), cpu / least, at_most=1.5)
    yield _memory("`dialflo sync`", contest, "sync")
    yield _processor("`dialflo sync`", contest, "sync")


def _answers_rows(contest: Results) -> Iterator[Row]:
    tasks = contest["tasks"]
    ours = median(contest, "stages", *(f"{stage}_seconds" for stage in _STAGES))
    theirs = median(contest, "dlt", "normalize_seconds", "load_seconds")
    yield _faster(f"raw to warehouse of {tasks:,} answers", "dlt's normalise and load", ours, theirs, tasks, at_least=5)
    rebuilt, ran = median(contest, "rebuild", "seconds"), median(contest, "dlt", "seconds")
    wanted = 5 if tasks >= 1_000_000 else 3 if tasks >= 200_000 else None
    yield _faster(f"`dialflo rebuild` of {tasks:,} answers", "dlt's whole run", rebuilt, ran, tasks, at_least=wanted)
    yield _memory("`dialflo rebuild`", contest, "rebuild")
    yield _processor("`dialflo rebuild`", contest, "rebuild")
    yield _disk(contest)


def _flatten_rows(contest: Results) -> Iterator[Row]:
    tasks = contest["tasks"]
    for what, ours, beside, floor, at_most in (
        ("flatten", "flatten", "parse-only floor", "parse_only", 8),
        ("frames to Parquet", "write", "write-only floor", "write_only", None),
        ("Parquet to tables", "load", "load-only floor", "load_only", None),
    ):
        if floor not in contest["runs"]:
            continue  # figures of an earlier state
        took, least = median(contest, ours, "seconds"), median(contest, floor, "seconds")
        yield Row(what, _rate(tasks, took), beside, _rate(tasks, least), took / least, at_most=at_most)


def _start_rows(contest: Results) -> Iterator[Row]:
    nothing = median(contest, "python alone", "seconds")
    package, dagster = (median(contest, f"import {name}", "seconds") for name in ("dialflo_pipeline", "dagster"))
    ratio = (package - nothing) / (dagster - nothing)
    ours, theirs = _ms(package - nothing), _ms(dagster - nothing)
    yield Row("import of the package", ours, "import of Dagster", theirs, ratio, at_most=0.1)
    for command in ("dialflo --help", "dialflo status"):
        took = median(contest, command, "seconds")
        yield Row(f"`{command}`", _ms(took), "import of Dagster", _ms(dagster), took / dagster)


def _one_day_rows(contest: Results) -> Iterator[Row]:
    peak = median(contest, "rebuild", "peak_bytes")
    what = f"memory, rebuild of {contest['tasks']:,} calls in one day"
    yield Row(what, _mib(peak), "2 GiB", _mib(2048 * MIB), peak / (2048 * MIB), at_most=1)


_ROWS: Mapping[str, Callable[[Results], Iterator[Row]]] = {
    "http": _http_rows,
    "answers": _answers_rows,
    "flatten": _flatten_rows,
    "start-up": _start_rows,
    "one-day": _one_day_rows,
}


def _days_rows(contests: Mapping[str, Results]) -> Iterator[Row]:
    by_days = sorted(_of_kind(contests, "days"), key=lambda contest: contest["days"])
    if len(by_days) < 2:
        return
    few, many = by_days[0], by_days[-1]
    for contender, what, at_most in (("first", "first sync", 2), ("idle", "sync with nothing to do", 1.5)):
        least, most = median(few, contender, "seconds"), median(many, contender, "seconds")
        yield _grown(what, few, many, least, most, at_most)
    least, most = (median(each, "new_day", "seconds") - median(each, "copy", "seconds") for each in (few, many))
    what = f"sync of a new day ({few['new_calls']:,} calls), less one copy of the file"
    yield _grown(what, few, many, least, most, 1.5)


def _grown(what: str, few: Results, many: Results, least: float, most: float, at_most: float) -> Row:
    what = f"{what}, {many['days']} days"
    return Row(what, _s(most), f"{few['days']} days", _s(least), most / least, at_most=at_most)


def _faster(what: str, beside: str, ours: float, theirs: float, tasks: int, at_least: float | None) -> Row:
    return Row(what, _rate(tasks, ours), beside, _rate(tasks, theirs), theirs / ours, at_least=at_least)


def _memory(what: str, contest: Results, contender: str) -> Row:
    ours, theirs = median(contest, contender, "peak_bytes"), median(contest, "dlt", "peak_bytes")
    return Row(f"peak memory of {what}", _mib(ours), "dlt's whole run", _mib(theirs), ours / theirs)


def _processor(what: str, contest: Results, contender: str) -> Row:
    ours, theirs = median(contest, contender, "cpu_seconds"), median(contest, "dlt", "cpu_seconds")
    return Row(f"processor time of {what}", _s(ours), "dlt's whole run", _s(theirs), ours / theirs)


def _disk(contest: Results) -> Row:
    ours, theirs = median(contest, "rebuild", "disk"), median(contest, "dlt", "disk_dlt", "disk_dlt.duckdb")
    return Row("bytes on disk, raw answers and both warehouses", _mib(ours), "dlt's one", _mib(theirs), ours / theirs)


def _rate(tasks: int, seconds: float) -> str:
    return f"{tasks / seconds:,.0f}/s"


def _s(seconds: float) -> str:
    return f"{seconds:.2f} s"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def _us(seconds: float) -> str:
    return f"{seconds * 1_000_000:,.0f} µs"


def _mib(size: float) -> str:
    return f"{size / MIB:,.0f} MiB"
