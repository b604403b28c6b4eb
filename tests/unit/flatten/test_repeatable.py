"""The same answers give the same rows, to the letter, in any process."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
from datetime import UTC, date, datetime
import polars as pl
from dialflo_pipeline.flatten import flatten
body = b'''[{"agent_name": "A", "x": 1, "call_insights": {"z": 1, "next_action": {"value": "V", "by": "bot"},
  "user_interest": {"status": "s", "model": {"v": 2}}, "metadata": {"k": 1}}, "call_quality": {
  "user_satisfaction": {"value": 1, "reason": "r"}, "user_engagement": {"value": 2, "reason": "q"}, "y": null}}]'''
now = datetime(2026, 1, 1, tzinfo=UTC)
answers = pl.DataFrame({"task_id": ["t"], "call_date": [date(2026, 1, 1)], "completed_at": [now], "body": [body],
    "fetched_at": [now], "source": ["api"]}, schema_overrides={"completed_at": pl.Datetime("us", "UTC"),
    "fetched_at": pl.Datetime("us", "UTC")})
print(flatten(answers, "UTC").calls.rows())
"""


@pytest.mark.parametrize("seeds", [("1", "2", "4"), pytest.param(("3", "5", "6"), marks=pytest.mark.exhaustive)])
def test_no_row_depends_on_the_order_that_python_gives_its_sets(seeds: tuple[str, ...]) -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in seeds
    }
    assert len(printed) == 1
