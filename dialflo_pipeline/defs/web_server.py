"""Dagster's web server in this process, for the command line."""

import os
from pathlib import Path


def serve_page(home: Path, host: str, port: int, workspace_file: Path) -> None:
    """Serve the run history in `home` and what the workspace file names, until told to end."""
    from dagster_webserver.cli import cli  # some seconds

    os.environ["DAGSTER_HOME"] = str(home)
    cli.main(["-h", host, "-p", str(port), "-w", str(workspace_file)], standalone_mode=False)
