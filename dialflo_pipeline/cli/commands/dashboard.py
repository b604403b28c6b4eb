"""`dialflo dashboard`: makes the page of the published figures, and opens it."""

import webbrowser

from dialflo_pipeline.cli.console import say, say_error, say_hint
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.serve.dashboard import build_dashboard


def run_dashboard(*, open_it: bool, unmask: bool) -> int:
    """Have the page show what is published, and say where it is; 1 if it could not be opened."""
    data_dir = DataDir(load_settings().data_dir)
    made = build_dashboard(data_dir.published, data_dir.dashboard, data_dir.dashboard_aside, unmask=unmask)
    say(f"{'made' if made.is_new else 'as it was'}: {made.path}")
    if unmask:
        say_hint("It holds whole phone numbers: mind whom you give it to. `dialflo dashboard` masks them again.")
    if open_it and not webbrowser.open(made.path.absolute().as_uri()):
        say_error(f"No browser could be started here; open {made.path} yourself.")
        return 1
    return 0
