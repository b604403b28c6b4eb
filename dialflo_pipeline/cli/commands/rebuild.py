"""Flatten, load, build and publish again from the stored raw answers, without a request."""

import typer

from dialflo_pipeline.cli.arguments import FirstDay, LastDay, span
from dialflo_pipeline.cli.command_folder import new_app

app = new_app()


@app.command(help=__doc__)
def _command(first: FirstDay = None, last: LastDay = None) -> None:
    days = span(first, last)
    from dialflo_pipeline.cli.sync import run_rebuild  # slow to import; wrong arguments are reported before

    raise typer.Exit(run_rebuild(days))
