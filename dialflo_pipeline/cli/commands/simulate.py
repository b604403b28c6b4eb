"""`dialflo simulate`: the simulator by hand."""

from dialflo_pipeline.cli.console import say, say_hint
from dialflo_pipeline.simulator import RunningSimulator, SimulatorOptions, task_rows
from dialflo_pipeline.simulator.server import serve

SHOWN_IDS = 3


def run_simulate(**chosen: object) -> int:
    """Serve until Ctrl-C; options that were not given keep the simulator's defaults."""
    options = SimulatorOptions.model_validate({name: value for name, value in chosen.items() if value is not None})

    def on_start(running: RunningSimulator) -> None:
        say("Simulating the Dialflo API. To sync from it:")
        say(f"  export DIALFLO_BASE_URL={running.base_url} DIALFLO_API_TOKEN={running.token}")
        if options.documents is None:
            rows = task_rows(options)
            say(f"It knows {len(rows)} task ids, among them:")
            for row in rows[:SHOWN_IDS]:
                say(f"  {row.task_id}")
        say_hint("Ctrl-C ends it.")

    serve(options, on_start)
    return 0
