"""The pipeline's stages, each timed by itself: `python -m benchmarks.ours WHAT FOLDER …`. Needs the package.

Runs as a process of its own, so that one measurement leaves nothing behind for the next, and prints one line of JSON:
seconds by stage. Calls what the assets call, with the settings in the environment. The whole commands (`dialflo sync`
and the like) are not run from here.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.frames import fill
from benchmarks.ours_flatten import time_flatten
from benchmarks.ours_http import time_bare, time_fetch
from benchmarks.timing import Seconds, timed
from dialflo_pipeline import pipeline as refresh
from dialflo_pipeline.core.settings import load_settings
from dialflo_pipeline.flatten.days import flatten_days
from dialflo_pipeline.lake.data_dir import DataDir
from dialflo_pipeline.lake.partitions import registered_days, survey
from dialflo_pipeline.lake.settings import lake_settings_of
from dialflo_pipeline.marts.settings import mart_settings_of


def time_stages() -> Seconds:
    """From the raw answers to the published file: every stage after the fetch."""
    settings = load_settings()
    data_dir, rules, marts = DataDir(settings.data_dir), lake_settings_of(settings), mart_settings_of(settings)
    days = registered_days(data_dir.lake)
    seconds: Seconds = {}
    with timed(seconds, "derive"):
        for _ in flatten_days(data_dir.lake, days, rules):
            pass
    with timed(seconds, "load"):
        refresh.load_warehouse(data_dir, survey(data_dir.lake, rules), rebuild=True)
    with timed(seconds, "marts"):
        refresh.build_marts(data_dir, marts, rebuild=True)
    with timed(seconds, "publish"):
        refresh.publish_warehouse(data_dir, rebuild=True)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fill", "fetch", "bare", "stages", "flatten"))
    parser.add_argument("--campaign", type=Path, help="folder of ids and documents, for fill and flatten")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    found: object
    match options.what:
        case "fill":
            lake = DataDir(load_settings().data_dir).lake
            found = fill(lake, options.campaign / "ids.csv", options.campaign / "documents.jsonl")
        case "fetch":
            found = time_fetch()
        case "bare":
            found = time_bare()
        case "stages":
            found = time_stages()
        case _:
            found = time_flatten(options.campaign, options.runs)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
