"""Sync two weeks of simulated calls into <data>/demo/; needs no token and no network."""

import csv
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import typer
from pydantic import SecretStr

from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.commands.tasks import register_file
from dialflo_pipeline.cli.console import say, table
from dialflo_pipeline.cli.sync import sync
from dialflo_pipeline.core.settings import Settings, load_settings
from dialflo_pipeline.extract.task_ids.files.reader import read
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.marts.project import read_query
from dialflo_pipeline.publish.publish import read_published
from dialflo_pipeline.simulator import RunningSimulator, TaskRow, demo_options, running_simulator, task_rows
from dialflo_pipeline.storage.atomic_write import write_atomically

TRY_NEXT = (
    "SELECT call_date, agent_name, calls, answer_rate FROM marts.answer_rate ORDER BY call_date DESC, calls DESC",
    "SELECT contact_number, attempts, reason, due_at FROM marts.redial_backlog WHERE state = 'due' ORDER BY due_at",
    "SELECT key, count(*) AS asked, count_if(is_filled) AS filled FROM call_metadata GROUP BY key ORDER BY asked DESC",
)
"""Queries that the summary offers."""


app = new_app()


@app.command(help=__doc__)
def _command() -> None:
    raise typer.Exit(run_demo())


def run_demo() -> int:
    """Simulate two weeks, sync them and show the results; the exit code of the sync."""
    options, given = demo_options(), load_settings()
    with running_simulator(options) as simulator:
        settings = _settings_for(simulator, given)
        say(f"simulating {options.days} days of calls at {simulator.base_url}")
        _register(settings, task_rows(options))
        code = sync(settings)
    show_summary(DataDir(settings.data_dir).published)
    return code


def show_summary(published: Path) -> None:
    """Print a few tables of the warehouse, and how to query it."""
    with read_published(published) as connection:
        (calls,) = connection.execute("SELECT count(*) FROM calls").fetchone() or (0,)
        say(f"\n{calls} calls in the warehouse", style="bold")
        _show(connection, "Answer rate of dialled calls, with 95% bounds", "answer_rate")
        _show(connection, "Interest of answered calls, the most frequent", "interest")
        _show(connection, "Redial backlog", "backlog")
    say(f"\nThe dashboard is {published.with_name('dashboard.html')}: open it in a browser.", style="bold")
    say(f"The warehouse is {published}. Query it with any DuckDB client, or:", style="bold")
    for sql in TRY_NEXT:
        say(f'  DIALFLO_DATA_DIR={published.parent} {_command_line()} query "{sql}"')


def _command_line() -> str:
    """How to call this command line again from here."""
    return "dialflo" if shutil.which("dialflo") else sys.argv[0]


def _settings_for(simulator: RunningSimulator, given: Settings) -> Settings:
    """The current settings, with the simulator as the API and a data folder of its own."""
    changed: dict[str, Any] = {
        "data_dir": given.data_dir / "demo",
        "base_url": simulator.base_url,
        "api_token": SecretStr(simulator.token),
        "rate_limit": 0,
        "tries": 5,
        "timeout_seconds": 30.0,
        "tasks_dsn": None,
        "tasks_query": None,
    }
    return given.model_copy(update=changed)


def _register(settings: Settings, rows: Iterable[TaskRow]) -> None:
    file = settings.data_dir / "task_ids.csv"
    _write_task_file(file, rows)
    done = register_file(settings, read(file, None, None, settings.zone))
    say(f"{file}: {done.registered} task ids registered, {done.already_known} already known")


def _write_task_file(file: Path, rows: Iterable[TaskRow]) -> None:
    with (
        write_atomically(file, file.parent) as unfinished,
        unfinished.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(["task_id", "completed_at", "campaign"])
        writer.writerows([row.task_id, row.completed_at.isoformat(), row.attributes["campaign"]] for row in rows)


def _show(connection: duckdb.DuckDBPyConnection, title: str, query: str) -> None:
    result = connection.execute(read_query("demo", query))
    table([name for name, *_ in result.description or []], result.fetchall(), title=title)
