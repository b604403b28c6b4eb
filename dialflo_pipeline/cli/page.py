"""`dialflo page`: Dagster's web page as a service, beside a daemon that is another one."""

from pathlib import Path

from dialflo_pipeline.cli.reloading import reloading_for_new_days
from dialflo_pipeline.defs.home import dagster_home
from dialflo_pipeline.defs.web_server import serve_page
from dialflo_pipeline.settings import load_settings
from dialflo_pipeline.workspace import Workspace

LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


def run_page(host: str, port: int, workspace_file: Path) -> int:
    """Serve what a workspace.yaml names until told to end; as `dagster-webserver`, but days that come are seen."""
    settings = load_settings()
    home = dagster_home(Workspace(settings.data_dir), Path.cwd())
    with reloading_for_new_days(settings, f"http://{LOOPBACK if host in EVERYWHERE else host}:{port}"):
        serve_page(home, host, port, workspace_file)
    return 0
