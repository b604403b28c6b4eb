"""Dagster's web server in this process, for the command line."""

from pathlib import Path


def serve_page(host: str, port: int, workspace_file: Path) -> None:
    """Serve the run history in `DAGSTER_HOME` and what the workspace file names, until stopped."""
    from dagster_webserver.cli import cli  # some seconds

    cli.main(["-h", host, "-p", str(port), "-w", str(workspace_file)], standalone_mode=False)
