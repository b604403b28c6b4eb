"""`dialflo page`: Dagster's web page as a service, beside a daemon that is another one."""

import os
from pathlib import Path

from dialflo_pipeline.cli.reloading import reloading_for_new_days
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.defs.deployment.home import dagster_home
from dialflo_pipeline.defs.deployment.web_server import serve_page
from dialflo_pipeline.defs.deployment.working_directory import environment_of_dagster, folder_without_settings
from dialflo_pipeline.lake.data_dir import DataDir

LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


def run_page(host: str, port: int, workspace_file: Path) -> int:
    """Serve what a workspace.yaml names until told to end; as `dagster-webserver`, but days that come are seen."""
    settings = load_settings()
    workspace, here, served = DataDir(settings.data_dir), Path.cwd(), workspace_file.absolute()
    home = dagster_home(workspace, here)
    os.environ.update(environment_of_dagster(home, here))
    os.chdir(folder_without_settings(workspace))
    with reloading_for_new_days(settings, f"http://{LOOPBACK if host in EVERYWHERE else host}:{port}"):
        serve_page(host, port, served)
    return 0
