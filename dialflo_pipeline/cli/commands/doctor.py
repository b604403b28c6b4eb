"""Check settings, token, API, disk, files, notifications and Dagster's services."""

import os
from typing import Annotated

import typer

from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import table
from dialflo_pipeline.cli.doctor.basics import examine_basics
from dialflo_pipeline.cli.doctor.files import examine_files
from dialflo_pipeline.cli.doctor.notifier import examine_notifier
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.lake.data_dir import DataDir

MARKS = {True: "ok", False: "PROBLEM", None: ""}

app = new_app()


@app.command(help=__doc__)
def _command(
    notify: Annotated[bool, typer.Option("--notify", help="Send a test message over each channel.")] = False,
    deployed: Annotated[
        bool, typer.Option("--deployed", help="Check the services too. On by itself where DAGSTER_HOME is set.")
    ] = False,
) -> None:
    raise typer.Exit(run_doctor(send_test=notify, deployed=deployed))


def run_doctor(*, send_test: bool = False, deployed: bool = False) -> int:
    """Print all findings; 1 if one of them is a problem.

    With `deployed`, or where DAGSTER_HOME is set, the services are checked too. `send_test` sends a message.
    """
    settings = load_settings()
    findings = [
        *examine_basics(settings),
        *examine_files(DataDir(settings.data_dir)),
        *examine_notifier(settings, send_test=send_test),
    ]
    if deployed or os.environ.get("DAGSTER_HOME"):
        from dialflo_pipeline.defs.deployment.examine import examine_deployment  # imports Dagster, some seconds

        findings += examine_deployment(settings)
    table(["", "what", "found"], [(MARKS[finding.is_well], finding.what, finding.found) for finding in findings])
    return 1 if any(finding.is_well is False for finding in findings) else 0
