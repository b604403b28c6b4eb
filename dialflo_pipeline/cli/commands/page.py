"""Start Dagster's web server only, as a service next to `dagster-daemon run`; see docs/deploy.md."""

import os
from pathlib import Path
from typing import Annotated

import typer

from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.first_use import load_settings_to_write
from dialflo_pipeline.cli.ports import require_free_port
from dialflo_pipeline.cli.reload_partitions import reloading_for_new_days
from dialflo_pipeline.defs.deployment.home import dagster_home
from dialflo_pipeline.defs.deployment.web_server import serve_page
from dialflo_pipeline.defs.deployment.working_directory import environment_of_dagster, folder_without_settings
from dialflo_pipeline.defs.history.report_events import show_command_line_runs
from dialflo_pipeline.lake.data_dir import DataDir

LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


app = new_app()


@app.command(help=__doc__)
def _command(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", exists=True, dir_okay=False, help="The daemon's workspace.yaml.")
    ],
    host: Annotated[str, typer.Option("--host", "-h", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", min=1, max=65_535, help="Port to listen on.")] = 3000,
) -> None:
    raise typer.Exit(run_page(host, port, workspace))


def run_page(host: str, port: int, workspace_file: Path) -> int:
    """Serve a workspace.yaml until Ctrl-C, like `dagster-webserver`, but new days appear by themselves."""
    settings = load_settings_to_write()
    require_free_port(host, port)
    workspace, here, served = DataDir(settings.data_dir), Path.cwd(), workspace_file.absolute()
    home = dagster_home(workspace, here)
    os.environ.update(environment_of_dagster(home, here))
    os.chdir(folder_without_settings(workspace))
    show_command_line_runs(home, workspace)
    with reloading_for_new_days(settings, f"http://{LOOPBACK if host in EVERYWHERE else host}:{port}"):
        serve_page(host, port, served)
    return 0
