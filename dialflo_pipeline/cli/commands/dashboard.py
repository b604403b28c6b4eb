"""Write the published figures to dashboard.html, a page that opens without network.

It shows counts by day, agent and campaign, and the latest 1,000 calls: agent, campaign, masked phone numbers (last two
digits only), outcome, duration, interest, next action, task id and recording link. It contains no transcripts,
summaries or reasons. Each sync that publishes writes it again.
"""

import webbrowser
from typing import Annotated

import typer

from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import say, say_error, say_hint
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.serve.dashboard import build_dashboard

app = new_app()


@app.command(help=__doc__)
def _command(
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="Show full phone numbers, until the next sync that publishes.")
    ] = False,
) -> None:
    raise typer.Exit(run_dashboard(open_it=open_it, unmask=unmask))


def run_dashboard(*, open_it: bool, unmask: bool) -> int:
    """Update the page and print its path; 1 if no browser could be opened."""
    data_dir = DataDir(load_settings().data_dir)
    dashboard = build_dashboard(data_dir.published, data_dir.dashboard, data_dir.dashboard_aside, unmask=unmask)
    say(f"{'written' if dashboard.is_new else 'already up to date'}: {dashboard.path}")
    if unmask:
        say_hint("It shows full phone numbers: share it with care. `dialflo dashboard` masks them again.")
    if open_it and not webbrowser.open(dashboard.path.absolute().as_uri()):
        say_error(f"No browser could be opened here; open {dashboard.path} yourself.")
        return 1
    return 0
