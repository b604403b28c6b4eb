"""Run a local server that speaks the documented Dialflo API."""

from pathlib import Path
from typing import Annotated

import typer

from dialflo_pipeline.cli.command_folder import new_app
from dialflo_pipeline.cli.console import say, say_hint
from dialflo_pipeline.cli.ports import require_free_port
from dialflo_pipeline.simulator import RunningSimulator, SimulatorOptions, task_rows
from dialflo_pipeline.simulator.process import HOST
from dialflo_pipeline.simulator.server import serve

SHOWN_IDS = 3


app = new_app()


@app.command(help=__doc__)
def _command(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0 picks a free one.")] = 8765,
    token: Annotated[str | None, typer.Option(help="The token to require.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; another seed gives other calls.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days of the campaign, up to yesterday.")] = None,
    tasks_per_day: Annotated[int | None, typer.Option(min=1, help="Approximate tasks per day.")] = None,
    latency_seconds: Annotated[float | None, typer.Option(min=0, help="Mean response time.")] = None,
    rate_limit: Annotated[float | None, typer.Option(min=0, help="Requests per second; more get 429.")] = None,
    error_share: Annotated[float | None, typer.Option(min=0, max=1, help="Share answered with 500.")] = None,
    unsettled_share: Annotated[float | None, typer.Option(min=0, max=1, help="Share unsettled at first.")] = None,
    documents: Annotated[Path | None, typer.Option(help="Serve <task_id>.json files from this folder instead.")] = None,
) -> None:
    chosen = {
        "port": port,
        "token": token,
        "seed": seed,
        "days": days,
        "tasks_per_day": tasks_per_day,
        "latency_seconds": latency_seconds,
        "rate_limit": rate_limit,
        "error_share": error_share,
        "unsettled_share": unsettled_share,
        "documents": documents,
    }
    raise typer.Exit(run_simulate(**chosen))


def run_simulate(**chosen: object) -> int:
    """Serve until Ctrl-C; options that are None keep the simulator's defaults."""
    options = SimulatorOptions.model_validate({name: value for name, value in chosen.items() if value is not None})
    require_free_port(HOST, options.port)

    def on_start(running: RunningSimulator) -> None:
        say("Simulating the Dialflo API. To sync from it:")
        say(f"  export DIALFLO_BASE_URL={running.base_url} DIALFLO_API_TOKEN={running.token}")
        if options.documents is None:
            rows = task_rows(options)
            say(f"It has {len(rows)} task ids, for example:")
            for row in rows[:SHOWN_IDS]:
                say(f"  {row.task_id}")
        say_hint("Press Ctrl-C to stop.")

    serve(options, on_start)
    return 0
