"""`dialflo demo`: the whole pipeline on simulated calls, without token or network."""

import csv
from collections.abc import Sequence
from pathlib import Path

import duckdb
from pydantic import SecretStr

from dialflo_pipeline.cli.console import out, say, table
from dialflo_pipeline.cli.sync import sync
from dialflo_pipeline.cli.tasks import register_file
from dialflo_pipeline.publish import read_published
from dialflo_pipeline.settings import Settings, load_settings
from dialflo_pipeline.simulator import TaskRow, demo_options, running_simulator, task_rows
from dialflo_pipeline.task_ids.files import read
from dialflo_pipeline.workspace import Workspace

QUERIES = (
    "SELECT * FROM marts.answer_rate ORDER BY call_date DESC, agent_name LIMIT 10",
    "SELECT contact_number, attempts, reason, due_at, state FROM marts.redial_backlog WHERE state = 'due' ORDER BY due_at",
    "SELECT key, count(*) AS asked, count(*) FILTER (is_filled) AS filled FROM call_metadata GROUP BY key ORDER BY asked DESC",
)

_ANSWER_RATE = """
    SELECT agent_name, sum(calls)::BIGINT AS calls, sum(answered_calls)::BIGINT AS answered_calls,
           round(sum(answered_calls) / sum(calls), 3) AS answer_rate
    FROM marts.answer_rate GROUP BY agent_name ORDER BY agent_name
"""


def run_demo() -> int:
    """Simulate two weeks, sync them, show what came out; the exit code of the sync."""
    options = demo_options()
    given = load_settings()
    root = given.data_dir / "demo"
    with running_simulator(options) as simulator:
        settings = given.model_copy(
            update={
                "data_dir": root,
                "base_url": simulator.base_url,
                "api_token": SecretStr(simulator.token),
                "rate_limit": 0,
            }
        )
        rows = task_rows(options)
        file = root / "task_ids.csv"
        write_task_file(file, rows)
        say(f"simulating {options.days} days of calls at {simulator.base_url}")
        registered = register_file(settings, read(file, None, None, settings.zone))
        say(f"{file}: {registered.registered} task ids registered, {registered.already_known} known already")
        code = sync(settings)
    show_summary(Workspace(root).published)
    return code
