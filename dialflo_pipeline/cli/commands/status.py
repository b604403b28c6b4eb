"""Show tasks by state and day, the last sync, and what is waiting and why."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import typer

from dialflo_pipeline.cli.arguments import AsJson
from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import out, say, say_error, say_hint, table
from dialflo_pipeline.core.errors import DamagedFile
from dialflo_pipeline.core.schema import State
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.extract.task_ids.inbox import DONE
from dialflo_pipeline.extract.task_ids.refused_rows import lists_of_refused_rows
from dialflo_pipeline.lake.data_dir import QUARANTINE, DataDir
from dialflo_pipeline.lake.last_run import last_run
from dialflo_pipeline.lake.partitions import DayStatus, day_status, read_states, registered_days
from dialflo_pipeline.lake.settings import LakeSettings, lake_settings_of
from dialflo_pipeline.lake.store import Lake

NEVER_FETCHED = "not fetched yet"
STOPPED = "fetched in a run that was stopped"
NOT_FINAL = "the answer is not final yet"
HELD_BACK = "the answer is not final yet; held back for now"


app = new_app()


@app.command(help=__doc__)
def _command(as_json: AsJson = False) -> None:
    raise typer.Exit(show_status(as_json=as_json))


def show_status(*, as_json: bool) -> int:
    """Print the state of the tasks, as tables or as one JSON object."""
    settings = load_settings()
    data_dir = DataDir(settings.data_dir)
    known = _collect(data_dir, lake_settings_of(settings))
    if as_json:
        out.file.write(json.dumps(known, ensure_ascii=False, indent=2) + "\n")
    else:
        _print(known)
    return 1 if known["damaged"] else 0


def _collect(data_dir: DataDir, lake_settings: LakeSettings) -> dict[str, Any]:
    days, why, damaged = [], Counter[tuple[str, str]](), []
    for day in registered_days(data_dir.lake):
        try:
            counts, reasons = _day(data_dir.lake, day, lake_settings)
        except DamagedFile as damage:
            damaged.append(str(damage))
            counts, reasons = _counts_of(day_status(data_dir.lake, day, lake_settings)), Counter()
        days.append({"call_date": day.isoformat(), **counts, "tasks": sum(counts.values())})
        why += reasons
    last = last_run(data_dir.work)
    return {
        "data_dir": str(data_dir.root),
        "timezone": lake_settings.timezone,
        "published": str(data_dir.published) if data_dir.published.exists() else None,
        "last_run": asdict(last) if last else None,
        "tasks": sum(day["tasks"] for day in days),
        "states": {str(state): sum(day[state] for day in days) for state in State},
        "waiting": [{"state": state, "why": reason, "tasks": count} for (state, reason), count in why.most_common()],
        "days": days,
        "damaged": damaged,
        "quarantine": sorted(str(path) for path in data_dir.quarantine.rglob("*") if path.is_file()),
        "refused_rows": [str(path) for path in lists_of_refused_rows(data_dir.inbox / DONE)],
    }


def _day(lake: Lake, day: date, lake_settings: LakeSettings) -> tuple[dict[str, int], Counter[tuple[str, str]]]:
    """Tasks by state, and those without a final answer by state and reason; a day with none is read from its footer."""
    status = day_status(lake, day, lake_settings)
    if status.is_current and not (status.waiting or status.failed or status.not_found):
        return _counts_of(status), Counter()
    states = read_states(lake, [day], lake_settings)
    counts = dict(states["state"].value_counts().iter_rows())
    open_ones = states.filter(pl.col("is_waiting") | pl.col("state").is_in([State.FAILED, State.NOT_FOUND]))
    reasons = Counter(open_ones.select("state", pl.col("last_error").fill_null(_no_error())).iter_rows())
    return {state: counts.get(state, 0) for state in State}, reasons


def _counts_of(status: DayStatus) -> dict[str, int]:
    return {state: status.counts.get(state, 0) for state in State}


def _no_error() -> pl.Expr:
    is_pending, asked = pl.col("state") == State.PENDING, pl.col("attempts") > 0
    pending = pl.when(asked).then(pl.lit(STOPPED)).otherwise(pl.lit(NEVER_FETCHED))
    is_held = pl.col("next_try_at") > datetime.now(UTC)
    return pl.when(is_pending).then(pending).when(is_held).then(pl.lit(HELD_BACK)).otherwise(pl.lit(NOT_FINAL))


def _print(known: dict[str, Any]) -> None:
    say(f"data: {known['data_dir']}, days in {known['timezone']}")
    for damage in known["damaged"]:
        say_error(f"damaged: {damage}")
    if known["quarantine"]:
        say_hint(f"{len(known['quarantine'])} damaged files are kept in {Path(known['data_dir']) / QUARANTINE}")
    if lists := known["refused_rows"]:
        say_error(f"task files with refused rows: {len(lists)}; the newest list is {lists[-1]}")
        say_hint("Delete a list when you no longer need it.")
    last = known["last_run"]
    say(f"last run: {last['what']}, ended {last['ended_at']}, {last['outcome']}" if last else "last run: none yet")
    if not known["days"]:
        say_hint("No task ids are registered; `dialflo tasks add FILE` registers some.")
        return
    columns = ["call_date", *State, "tasks"]
    total = ["all days", *known["states"].values(), known["tasks"]]
    table(columns, [*([day[name] for name in columns] for day in known["days"]), total])
    if known["waiting"]:
        table(["waiting", "why", "tasks"], [list(reason.values()) for reason in known["waiting"]])
