"""Read the inbox, fetch unsettled tasks, flatten, load, build marts and publish."""

from typing import Annotated

import typer

from dialflo_pipeline.cli.arguments import FirstDay, LastDay, span
from dialflo_pipeline.cli.command_folder import new_app

app = new_app()


@app.command(help=__doc__)
def _command(
    first: FirstDay = None,
    last: LastDay = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Also fetch ids that failed.")] = False,
    refetch: Annotated[bool, typer.Option("--refetch", help="Also fetch ids that are settled.")] = False,
) -> None:
    days = span(first, last)
    from dialflo_pipeline.cli.sync import run_sync  # slow to import; wrong arguments are reported before

    raise typer.Exit(run_sync(days, retry_failed=retry_failed, refetch=refetch))
