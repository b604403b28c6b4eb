"""How costs grow with the days stored: `python benchmarks/days.py [--runs N] [--days 7 365] [--json FILE]`.

Three things are timed, each as a whole command in a process of its own, for few days and for many, in turn:
the first sync of the same calls, a sync with nothing to do, and a sync of one new day (with its registration).
Seconds are of the processor, user and system together; the answers come from a simulator on loopback.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from dialflo_pipeline.core.schema import RAW_ANSWERS, TASK_IDS
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.simulator.options import SimulatorOptions
from dialflo_pipeline.simulator.process import RunningSimulator, running_simulator

LAST_DAY = datetime.now(UTC).date() - timedelta(days=40)
CONTACTS = 50_000
ANSWER = (
    '[{"agent_name": "%s", "call_context": {"lead": "%d", "campaign": "spring"}, "call_insights": {"metadata":'
    ' {"degree": "%s", "call_time": "20th March 10 AM", "current_job": "", "current_city": null}, "user_interest":'
    ' {"status": "%s", "confidence_score": 0.5, "reasoning": "The person did not say anything that was clear."},'
    ' "next_action": {"value": "%s", "reason": "The person took no part in the talk."}}, "call_recording_url": "",'
    ' "from_number": "918035736461", "to_number": "9190000%05d", "call_status": "%s", "call_duration": %d.0}]'
)


class Cost(NamedTuple):
    """What one process took: seconds of the processor and of the clock, and its largest size."""

    cpu_seconds: float
    seconds: float
    peak_mib: float


def answer(chance: random.Random) -> str:
    lead, status = chance.randrange(CONTACTS), chance.choice(("ANSWERED", "ANSWERED", "NO_ANSWER", "BUSY"))
    agent, interest = chance.choice(("Asha", "Ravi")), chance.choice(("Unclear", "Interested"))
    action = chance.choice(("REDIAL", "CLOSE", ""))
    return ANSWER % (agent, lead, chance.choice(("No", "")), interest, action, lead, status, chance.randrange(300))


def task_id(day: date, number: int) -> str:
    return f"{random.Random(f'{day} {number}').getrandbits(128):032x}"  # noqa: S311  # made-up ids, no secret


def days_before(last: date, count: int) -> list[date]:
    return [last - timedelta(days=back) for back in reversed(range(count))]


def history(root: Path, days: list[date], calls_a_day: int) -> None:
    """Days that are fetched already: registrations and raw answers as a sync would have left them."""
    lake, chance = DataDir(root).lake, random.Random(7)  # noqa: S311  # as above
    for day in days:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        ids = [task_id(day, number) for number in range(calls_a_day)]
        frame = pl.DataFrame({"task_id": ids, "body": [answer(chance).encode() for _ in ids]})
        registered = frame.select("task_id", call_date=day, completed_at=noon, registered_at=noon, attributes=None)
        lake.append(TASK_IDS, registered.cast(TASK_IDS.frame_schema), day)
        nothing = dict.fromkeys(("error", "body_sha256"))
        raw = frame.with_columns(
            call_date=day,
            asking_id=pl.format("{}-{}", pl.lit(f"{day:%Y%m%d}"), "task_id"),
            attempt=1,
            is_last=True,
            requested_at=noon,
            received_at=noon,
            status=200,
            result=pl.lit("usable"),
            is_complete=True,
            body_bytes=pl.col("body").bin.size(),
            stopped_run=False,
            source=pl.lit("api"),
            **nothing,
        )
        lake.append(RAW_ANSWERS, raw.select(RAW_ANSWERS.frame_schema.names()).cast(RAW_ANSWERS.frame_schema), day)


def documents(folder: Path, days: list[date], calls: int) -> str:
    """Documents to serve, spread over these days; the task-id file that goes with them."""
    chance, lines = random.Random(8), ["task_id,call_date"]  # noqa: S311  # as above
    for number in range(calls):
        day = days[number * len(days) // calls]
        name = task_id(day, number)
        (folder / f"{name}.json").write_text(answer(chance))
        lines.append(f"{name},{day}")
    return "\n".join(lines)


def dialflo(root: Path, server: RunningSimulator, *arguments: str, given: str = "") -> Cost:
    """Run one command on a data folder and wait for its end."""
    settings = {
        "DIALFLO_DATA_DIR": str(root),
        "DIALFLO_BASE_URL": server.base_url,
        "DIALFLO_API_TOKEN": server.token,
        "DIALFLO_RATE_LIMIT": "0",
        "DAGSTER_HOME": str(root / "dagster"),
    }
    command = [sys.executable, "-m", "dialflo_pipeline.cli", *arguments]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as read:
        read.write(given.encode())
        read.seek(0)
        start = datetime.now(UTC)
        process = subprocess.Popen(command, env={**os.environ, **settings}, stdin=read, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        seconds = (datetime.now(UTC) - start).total_seconds()
        if process_failed := os.waitstatus_to_exitcode(status):
            said.seek(0)
            sys.exit(f"dialflo {arguments[0]} ended with {process_failed}:\n{said.read().decode()}")
    return Cost(used.ru_utime + used.ru_stime, seconds, used.ru_maxrss / 1024)


@contextmanager
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dialflo-days-") as folder:
        yield Path(folder)


def first_syncs(spans: list[int], calls: int, runs: int) -> dict[int, list[Cost]]:
    """The same number of calls, registered and then synced for the first time, over each span of days."""
    costs: dict[int, list[Cost]] = {span: [] for span in spans}
    with place() as base:
        ids = {}
        for span in spans:
            (base / f"documents-{span}").mkdir()
            ids[span] = documents(base / f"documents-{span}", days_before(LAST_DAY, span), calls)
        for run in range(runs):
            for span in spans:
                root, options = base / f"{span}-{run}", SimulatorOptions(documents=base / f"documents-{span}")
                with running_simulator(options) as server:
                    dialflo(root, server, "tasks", "add", "-", "--format", "csv", given=ids[span])
                    costs[span].append(dialflo(root, server, "sync"))
    return costs


def later_syncs(spans: list[int], calls_a_day: int, runs: int) -> dict[str, dict[int, list[Cost]]]:
    """Syncs of a lake that holds each span of days already: idle ones, then one new day after the other."""
    names = ("idle sync", "registration of a new day", "sync of a new day")
    costs: dict[str, dict[int, list[Cost]]] = {name: {span: [] for span in spans} for name in names}
    with place() as base:
        served = base / "documents"
        served.mkdir()
        new_days = [LAST_DAY + timedelta(days=run + 1) for run in range(runs)]
        ids = [documents(served, [day], calls_a_day) for day in new_days]
        with running_simulator(SimulatorOptions(documents=served)) as server:
            for span in spans:
                history(base / str(span), days_before(LAST_DAY, span), calls_a_day)
                dialflo(base / str(span), server, "sync")
            for given in ids:
                for span in spans:
                    root = base / str(span)
                    costs[names[0]][span].append(dialflo(root, server, "sync"))
                    costs[names[1]][span].append(
                        dialflo(root, server, "tasks", "add", "-", "--format", "csv", given=given)
                    )
                    costs[names[2]][span].append(dialflo(root, server, "sync"))
    return costs


def medians(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--days", type=int, nargs="+", default=[7, 365])
    parser.add_argument("--calls", type=int, default=20_000, help="of a first sync")
    parser.add_argument("--calls-a-day", type=int, default=1_000, help="of the days stored, and of a new one")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--only", choices=("first", "later"))
    options = parser.parse_args()
    measured: dict[str, dict[int, list[Cost]]] = {}
    if options.only != "later":
        measured["first sync"] = first_syncs(options.days, options.calls, options.runs)
    if options.only != "first":
        measured |= later_syncs(options.days, options.calls_a_day, options.runs)

    few = options.days[0]
    print(f"medians of {options.runs} runs in turn; {options.calls} calls first, then {options.calls_a_day} a day")
    print(f"{'':28}{'days':>6}{'cpu s':>9}{'clock s':>9}{'peak MiB':>10}{'cpu ratio':>11}{'clock ratio':>13}")
    for name, by_span in measured.items():
        base = medians(by_span[few])
        for span, costs in by_span.items():
            cost = medians(costs)
            ratios = f"{cost.cpu_seconds / base.cpu_seconds:11.2f}{cost.seconds / base.seconds:13.2f}"
            print(f"{name:28}{span:6}{cost.cpu_seconds:9.2f}{cost.seconds:9.2f}{cost.peak_mib:10.0f}{ratios}")
    if options.json:
        numbers = {
            name: {str(span): medians(costs)._asdict() for span, costs in by.items()} for name, by in measured.items()
        }
        options.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
