"""The commands and their arguments; what they do stands in the module named like each."""

import gc
import signal
import sys
from datetime import date
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from dialflo_pipeline.cli.console import say_error
from dialflo_pipeline.cli.os_errors import sentence
from dialflo_pipeline.cli.resource_limits import sentence_of_limit
from dialflo_pipeline.core.errors import DialfloError, UsageError
from dialflo_pipeline.extract.task_ids.files.formats import Format

app = typer.Typer(
    name="dialflo",
    help="Dialflo AI voice calls in a DuckDB warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
tasks_app = typer.Typer(help="Task ids.", no_args_is_help=True)
app.add_typer(tasks_app, name="tasks")


class TableFormat(StrEnum):
    """How `query` shows rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class PlanFormat(StrEnum):
    """How `redial` prints."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class FileFormat(StrEnum):
    """What `export` writes."""

    PARQUET = "parquet"
    CSV = "csv"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("is no day; write it like 2026-01-31") from None


def _nameable(path: Path | None) -> Path | None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise typer.BadParameter("is no UTF-8 text") from None
    return path


From = Annotated[date | None, typer.Option("--from", metavar="DAY", parser=_day, help="First day, included.")]
To = Annotated[date | None, typer.Option("--to", metavar="DAY", parser=_day, help="Last day, included.")]


@app.command()
def demo() -> None:
    """Two weeks of simulated calls: no token, no network; everything below <data>/demo/."""
    from dialflo_pipeline.cli.demo import run_demo

    raise typer.Exit(run_demo())


@tasks_app.command("add")
def tasks_add(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Task-id files; - is standard input.")],
    format: Annotated[Format | None, typer.Option(help="Format, where the extension does not say it.")] = None,
    column: Annotated[str | None, typer.Option(help="Column of the ids, where it is no task_id or task_uuid.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Register also ids that were forgotten.")] = False,
) -> None:
    """Register task ids; the first registration of an id wins."""
    from dialflo_pipeline.cli.tasks import add

    raise typer.Exit(add(files, format, column, again=again))


@tasks_app.command("forget")
def tasks_forget(
    task_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Task ids; - reads them from standard input.")],
) -> None:
    """Take wrongly registered ids out: of the states, the tables and the marts."""
    from dialflo_pipeline.cli.tasks import forget_ids

    raise typer.Exit(forget_ids(task_ids))


@app.command()
def sync(
    first: From = None,
    last: To = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Ask again for ids that failed.")] = False,
    refetch: Annotated[bool, typer.Option("--refetch", help="Ask again for ids that have their answer.")] = False,
) -> None:
    """Read the inbox, fetch what is not settled, flatten, load, compute marts, publish."""
    from dialflo_pipeline.cli.sync import run_sync

    raise typer.Exit(run_sync(_span(first, last), retry_failed=retry_failed, refetch=refetch))


@app.command()
def rebuild(first: From = None, last: To = None) -> None:
    """The same from the stored raw answers, without a request."""
    from dialflo_pipeline.cli.sync import run_rebuild

    raise typer.Exit(run_rebuild(_span(first, last)))


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Tasks by state and day, the last sync, what is waiting and why."""
    from dialflo_pipeline.cli.status import show_status

    raise typer.Exit(show_status(as_json=as_json))


@app.command()
def query(
    sql: Annotated[str | None, typer.Argument(metavar="SQL", help="The SQL; - is standard input.")] = None,
    format: Annotated[
        TableFormat | None, typer.Option(help="How to show the rows; without it, as --output is named, else a table.")
    ] = None,
    file: Annotated[str | None, typer.Option(metavar="FILE", help="Read the SQL from a file.")] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows into a file.", callback=_nameable)
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Rows of a table to print at most; 0 for all.")] = 200,
) -> None:
    """Run SQL on the published warehouse, which is opened for reading only."""
    from dialflo_pipeline.cli.query.run import run_query

    raise typer.Exit(run_query(sql, format, file=file, output=output, most_rows=rows))


@app.command()
def export(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="TABLE...", help="Tables and marts; all if none.")
    ] = None,
    format: Annotated[FileFormat, typer.Option(help="The files to write.")] = FileFormat.PARQUET,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to; without it, export/ below the data folder.", callback=_nameable),
    ] = None,
) -> None:
    """Write the published tables and marts into files, for those who have no DuckDB."""
    from dialflo_pipeline.cli.export import run_export

    raise typer.Exit(run_export(names or [], format, to))


@app.command()
def dashboard(
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="With whole phone numbers, until the next sync that publishes something.")
    ] = False,
) -> None:
    """The published figures as one page that opens without network: dashboard.html in the data folder.

    It holds counts by day, agent and campaign, and the latest 1,000 calls with agent, campaign, phone numbers of which
    only the last two digits are shown, outcome, length, interest word, next action, task id and link to the recording.
    It holds no transcript, no summary and no reason. Each sync makes it anew when it publishes something.
    """
    from dialflo_pipeline.cli.dashboard import run_dashboard

    raise typer.Exit(run_dashboard(open_it=open_it, unmask=unmask))


@app.command()
def redial(
    limit: Annotated[int, typer.Option(min=1, help="At most so many calls.")] = 100,
    format: Annotated[PlanFormat, typer.Option(help="How to print the plan.")] = PlanFormat.TABLE,
) -> None:
    """Whom to call next, when, after which attempt and from which number; calls nobody.

    Each contact is planned once, for one agent: who asked an agent for a time is called by that one. Of those for the
    same moment come first who asked for a time, then who asked for a redial, fewer attempts, the longest wait. A
    calling number that is answered far too little gives way to the one that is answered best. In csv, a text that
    begins with + or the like has an apostrophe before it; programs read json.
    """
    from dialflo_pipeline.cli.redial import run_redial

    raise typer.Exit(run_redial(limit, format))


@app.command()
def metrics(
    mart: Annotated[str | None, typer.Argument(metavar="[MART]", help="Only this mart, and what its rows are.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Every metric of the marts with its definition."""
    from dialflo_pipeline.cli.metrics import show_metrics

    raise typer.Exit(show_metrics(mart, as_json=as_json))


@app.command()
def doctor(
    notify: Annotated[bool, typer.Option("--notify", help="Send a test message over each channel.")] = False,
    deployed: Annotated[
        bool, typer.Option("--deployed", help="Look at the services too; by itself where DAGSTER_HOME is set.")
    ] = False,
) -> None:
    """Settings, token, API, disk, versions, who holds which file, messages, and Dagster's services."""
    from dialflo_pipeline.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(send_test=notify, deployed=deployed))


@app.command()
def dev(port: Annotated[int, typer.Option(min=1, max=65_535, help="Port of the web server.")] = 3000) -> None:
    """Dagster's web server and daemon on this project, with schedule and sensors on."""
    from dialflo_pipeline.cli.dev import run_dev

    raise typer.Exit(run_dev(port))


@app.command()
def page(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", exists=True, dir_okay=False, help="The workspace.yaml of the daemon.")
    ],
    host: Annotated[str, typer.Option("--host", "-h", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", min=1, max=65_535, help="Port to listen on.")] = 3000,
) -> None:
    """Dagster's web server alone, as a service beside `dagster-daemon run`; see docs/deploy.md."""
    from dialflo_pipeline.cli.page import run_page

    raise typer.Exit(run_page(host, port, workspace))


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0 takes a free one.")] = 8765,
    token: Annotated[str | None, typer.Option(help="The token it wants.")] = None,
    seed: Annotated[int | None, typer.Option(help="Other calls for another seed.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days of the campaign, up to yesterday.")] = None,
    tasks_per_day: Annotated[int | None, typer.Option(min=1, help="About so many tasks a day.")] = None,
    latency_seconds: Annotated[float | None, typer.Option(min=0, help="Mean time to an answer.")] = None,
    rate_limit: Annotated[float | None, typer.Option(min=0, help="Requests per second; over it 429.")] = None,
    error_share: Annotated[float | None, typer.Option(min=0, max=1, help="Share answered with 500.")] = None,
    unsettled_share: Annotated[float | None, typer.Option(min=0, max=1, help="Share not settled at first.")] = None,
    documents: Annotated[Path | None, typer.Option(help="A folder of <task_id>.json to serve instead.")] = None,
) -> None:
    """A server on loopback that speaks the documented Dialflo API."""
    from dialflo_pipeline.cli.simulate import run_simulate

    code = run_simulate(
        port=port,
        token=token,
        seed=seed,
        days=days,
        tasks_per_day=tasks_per_day,
        latency_seconds=latency_seconds,
        rate_limit=rate_limit,
        error_share=error_share,
        unsettled_share=unsettled_share,
        documents=documents,
    )
    raise typer.Exit(code)


FEW_LOOKS = 50_000
"""After so many new objects Python looks for garbage, instead of after 700: what a command loads stays to its end."""

_INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Run the command line; ends the process with the promised exit code."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.set_threshold(FEW_LOOKS)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: no text may end a command in a stack trace
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what a service manager sends ends a run as Ctrl-C does
    try:
        sys.exit(_exit_code())
    except KeyboardInterrupt:  # where no command says more
        say_error("Interrupted.")
        sys.exit(_INTERRUPTED)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # all is done: nothing is left to be interrupted


def _exit_code() -> int:
    try:
        app()
    except SystemExit as end:
        # What the library makes of a Ctrl-C; a command that has told of it exits by itself.
        if end.__context__ and isinstance(end.__context__.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    except DialfloError as error:
        say_error(str(error))
        return error.exit_code
    except OSError as error:
        say_error(sentence(error))
        return DialfloError.exit_code
    except BaseException as error:  # of which polars makes its own
        if (limit := sentence_of_limit(error)) is None:
            raise
        say_error(limit)
        return DialfloError.exit_code
    return 0


def _span(first: date | None, last: date | None) -> tuple[date | None, date | None]:
    if first and last and first > last:
        raise UsageError(f"--from {first} is after --to {last}.")
    return first, last
