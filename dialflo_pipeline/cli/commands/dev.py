"""Start Dagster's web server and daemon, with schedule and sensors on."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import say
from dialflo_pipeline.cli.first_use import load_settings_to_write
from dialflo_pipeline.cli.ports import require_free_port
from dialflo_pipeline.cli.reload_partitions import reloading_for_new_days
from dialflo_pipeline.defs.deployment.home import dagster_home
from dialflo_pipeline.defs.deployment.working_directory import environment_of_dagster, folder_without_settings
from dialflo_pipeline.defs.history.report_events import show_command_line_runs
from dialflo_pipeline.lake.data_dir import DataDir

HOST = "127.0.0.1"
MODULE = "dialflo_pipeline.definitions"


app = new_app()


@app.command(help=__doc__)
def _command(port: Annotated[int, typer.Option(min=1, max=65_535, help="Port of the web server.")] = 3000) -> None:
    raise typer.Exit(run_dev(port))


def run_dev(port: int) -> int:
    """Run until Ctrl-C; Dagster's exit code."""
    settings = load_settings_to_write()
    require_free_port(HOST, port)
    workspace, here = DataDir(settings.data_dir), Path.cwd()
    home = dagster_home(workspace, here)
    page = f"http://{HOST}:{port}"
    say(f"data: {workspace.root}")
    say(f"run history: {home}")
    say(f"web page: {page}")
    target = ["-m", MODULE, "-d", str(here)]
    command = [sys.executable, "-m", "dagster", "dev", *target, "-h", HOST, "-p", str(port)]
    show_command_line_runs(home, workspace)
    started_in, environment = folder_without_settings(workspace), {**os.environ, **environment_of_dagster(home, here)}
    try:
        with reloading_for_new_days(settings, page):
            ended = subprocess.run(command, cwd=started_in, env=environment, check=False)  # noqa: S603 - no part of it is input
    except KeyboardInterrupt:
        return 0
    return ended.returncode
