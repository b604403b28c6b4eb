"""Register task ids, or forget them."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import say, say_error, say_hint
from dialflo_pipeline.cli.first_use import load_settings_to_write
from dialflo_pipeline.cli.streams import STDIN, standard_input
from dialflo_pipeline.core.errors import TaskFileError, UsageError
from dialflo_pipeline.core.schema import FORGOTTEN_IDS
from dialflo_pipeline.core.settings import Settings
from dialflo_pipeline.core.signals import exit_on_signals
from dialflo_pipeline.extract.task_ids.files.formats import Format
from dialflo_pipeline.extract.task_ids.files.reader import TaskFile, read
from dialflo_pipeline.extract.task_ids.register import Registration, register
from dialflo_pipeline.extract.task_ids.row_validation import Refused
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.registrations import forget
from dialflo_pipeline.run import asset_events
from dialflo_pipeline.run.event_file import append_events

INTERRUPTED = "Interrupted. Run the same command again to register the rest."


app = new_app(help=__doc__)


@app.command("add")
def _add(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Task-id files; - reads standard input.")],
    format: Annotated[Format | None, typer.Option(help="Format, if the extension does not say.")] = None,
    column: Annotated[str | None, typer.Option(help="Column of the ids, if not task_id or task_uuid.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also register ids that were forgotten.")] = False,
) -> None:
    """Register task ids; the first registration of an id wins."""
    raise typer.Exit(add(files, format, column, again=again))


@app.command("forget")
def _forget(
    task_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Task ids; - reads standard input.")],
) -> None:
    """Remove wrongly registered ids from states, tables and marts."""
    raise typer.Exit(forget_ids(task_ids))


def add(files: Sequence[str], file_format: Format | None, column: str | None, *, again: bool = False) -> int:
    """Register each file, and with `again` also forgotten ids; 1 if a row or a whole file was refused."""
    settings = load_settings_to_write()
    total, unusable, task_files = Registration(), 0, list[TaskFile]()
    for name in files:
        try:
            source = standard_input() if name == STDIN else Path(name)
            task_file = read(source, file_format, column, settings.zone)
            task_files.append(task_file)
            task_file.refused.on_refused = partial(_say_refused, task_file.name)
            with exit_on_signals(partial(say_error, INTERRUPTED)):
                total += register_file(settings, task_file, again=again)
        except (TaskFileError, UsageError) as error:
            say_error(str(error))
            unusable += 1
    for note in (note for file in task_files for note in file.notes):
        say_hint(note)
    refused = sum(file.refused.count for file in task_files)
    say(f"registered {total.registered}, already known {total.already_known}, refused {refused}")
    if total.undated_note:
        say_hint(total.undated_note)
    return 1 if refused or unusable else 0


def _say_refused(file: str, row: Refused) -> None:
    say_error(f"refused: {file}, line {row.line}: {row.reason}")


def register_file(settings: Settings, task_file: TaskFile, *, again: bool = False) -> Registration:
    """Register the rows of one file under the settings in force."""
    data_dir, now = DataDir(settings.data_dir), datetime.now(UTC)
    lake, work = data_dir.registration_lake, data_dir.work
    return register(lake, task_file, now, settings.zone, work_dir=work, again=again)


def forget_ids(task_ids: Sequence[str]) -> int:
    """Forget these ids, or those on standard input for `-`; 1 if some were never registered."""
    settings = load_settings_to_write()
    data_dir = DataDir(settings.data_dir)
    wanted = [task_id for text in task_ids for task_id in (_ids_on_stdin() if text == STDIN else [_decoded(text)])]
    done = forget(data_dir.registration_lake, wanted, datetime.now(UTC), work_dir=data_dir.work)
    say(f"forgotten {done.forgotten}, already forgotten {done.already_forgotten}, unknown {len(done.unknown)}")
    if done.forgotten:
        say_hint("The next sync removes their rows from the warehouse.")
        _record_forgotten(data_dir, done.forgotten)
    if done.unknown:
        say_error(f"{len(done.unknown)} were never registered; the first is {done.unknown[0]!r}")
    return 1 if done.unknown else 0


def _record_forgotten(data_dir: DataDir, count: int) -> None:
    """Leave it for Dagster's page to show."""
    lake = data_dir.lake
    rows = sum(lake.row_count(FORGOTTEN_IDS, day) for day in lake.days(FORGOTTEN_IDS))
    append_events(data_dir.work, asset_events.of_forgetting(count, rows))


def _decoded(argument: str) -> str:
    """An argument as text; bytes that are not UTF-8 become a sign that no id has."""
    return os.fsencode(argument).decode("utf-8", errors="replace")


def _ids_on_stdin() -> list[str]:
    return standard_input().read().decode("utf-8", errors="replace").split()
