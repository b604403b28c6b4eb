"""`dialflo dev`: Dagster's web server and daemon on this project."""

import os
import subprocess
import sys
from pathlib import Path

from dialflo_pipeline.cli.console import say
from dialflo_pipeline.defs.home import dagster_home
from dialflo_pipeline.settings import load_settings
from dialflo_pipeline.workspace import Workspace

MODULE = "dialflo_pipeline.definitions"


def run_dev(port: int) -> int:
    """Run until Ctrl-C; the exit code of Dagster."""
    workspace = Workspace(load_settings().data_dir)
    home = dagster_home(workspace, Path.cwd())
    say(f"data: {workspace.root}")
    say(f"run history: {home}")
    say(f"web page: http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "dagster", "dev", "-m", MODULE, "-h", "127.0.0.1", "-p", str(port)]
    try:
        return subprocess.run(command, env={**os.environ, "DAGSTER_HOME": str(home)}, check=False).returncode  # noqa: S603 - no part of it is input
    except KeyboardInterrupt:
        return 0
