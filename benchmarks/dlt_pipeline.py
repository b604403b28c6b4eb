"""dlt at the same work: `python dlt_pipeline.py FOLDER [--url URL]`, in the environment that has dlt.

The task ids are those of `FOLDER/ids.txt`. With an address each is asked for there; without, the answers are the lines
of `FOLDER/documents.jsonl`. Either way every call ends in `FOLDER/dlt.duckdb`. Prints the seconds of each step as JSON.

The settings follow dlt's own page on performance; of what it offers, that was kept which made this work faster: dlt's
own HTTP client in threads, pages in place of single items, column types given beforehand, files between the steps
rotated so that each core normalises, and not compressed, Parquet to load, no telemetry and no progress shown.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

CORES = os.cpu_count() or 1
SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "EXTRACT__WORKERS": "8",
    "EXTRACT__MAX_PARALLEL_ITEMS": "32",
    "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": "10000",
    "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": "100000",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "5000",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
    "NORMALIZE__WORKERS": str(CORES),
    "LOAD__WORKERS": str(CORES),
    "LOAD__DELETE_COMPLETED_JOBS": "true",
}
os.environ.update(SETTINGS)

import dlt  # noqa: E402 - it reads the settings from the environment
from dlt.common import json as dlt_json  # noqa: E402
from dlt.sources.helpers import requests  # noqa: E402

from benchmarks.documents import AGENTS, CONTEXT, USUAL, points  # noqa: E402

IDS_AT_ONCE = 100
DOCUMENTS_AT_ONCE = 5_000
TOKEN = {"auth_token": "Bearer benchmark"}
TEXTS = (
    *("task_id", "call_id", "agent_name", "call_recording_url", "from_number", "to_number", "call_status"),
    *("hangup_source", "hangup_cause_name", "call_insights__user_interest__status"),
    *("call_insights__user_interest__reasoning", "call_insights__next_action__value"),
    "call_insights__next_action__reason",
    *(f"call_context__{name}" for name in CONTEXT),
)
COLUMNS = {
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(("call_index", "agent_id"), "bigint"),
    **dict.fromkeys(("call_duration", "call_insights__user_interest__confidence_score"), "double"),
    **dict.fromkeys(("answer_time", "end_time"), "timestamp"),
    "transcript": "json",
}
"""The type of each column, as dlt names it: so it need not guess, nor make a table of the turns of talk."""

Value = TypeVar("Value")


def in_pages(values: Iterable[Value], size: int) -> Iterator[list[Value]]:
    rest = iter(values)
    while page := list(islice(rest, size)):
        yield page


def calls(task_id: str, body: bytes) -> Iterator[dict[str, Any]]:
    for index, call in enumerate(dlt_json.loadb(body)):
        yield {"task_id": task_id, "call_index": index, **call}


def columns(metadata_keys: int) -> Any:
    names = {name for agent in range(len(AGENTS)) for name in points(agent, metadata_keys)}
    types = COLUMNS | {f"call_insights__metadata__{name}": "text" for name in sorted(names)}
    return {name: {"data_type": data_type} for name, data_type in types.items()}


def from_http(task_ids: list[str], url: str, hints: Any) -> Any:
    client = requests.Client()

    @dlt.resource(name="ids")
    def ids() -> Iterator[list[str]]:
        yield from in_pages(task_ids, IDS_AT_ONCE)

    @dlt.transformer(name="calls", parallelized=True, columns=hints)
    def details(page: list[str]) -> list[dict[str, Any]]:
        answers = ((task_id, client.get(f"{url}/call_details/{task_id}", headers=TOKEN)) for task_id in page)
        return [call for task_id, answer in answers for call in calls(task_id, answer.content)]

    return ids | details


def from_file(task_ids: list[str], documents: Path, hints: Any) -> Any:
    @dlt.resource(name="calls", columns=hints)
    def local() -> Iterator[list[dict[str, Any]]]:
        with documents.open("rb") as lines:
            for page in in_pages(zip(task_ids, lines, strict=True), DOCUMENTS_AT_ONCE):
                yield [call for task_id, body in page for call in calls(task_id, body)]

    return local


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--metadata-keys", type=int, default=USUAL.metadata_keys, help="of the documents' shape")
    options = parser.parse_args()
    folder: Path = options.folder
    task_ids = (folder / "ids.txt").read_text("ascii").split()
    hints = columns(options.metadata_keys)
    if options.url:
        source = from_http(task_ids, options.url, hints)
    else:
        source = from_file(task_ids, folder / "documents.jsonl", hints)
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")),
        dataset_name="dialflo",
    )
    steps: dict[str, Callable[[], object]] = {
        "extract": lambda: pipeline.extract(source, loader_file_format="parquet"),
        "normalize": pipeline.normalize,
        "load": pipeline.load,
    }
    seconds = {}
    for name, step in steps.items():
        start = time.perf_counter()
        step()
        seconds[name] = time.perf_counter() - start
    sys.stdout.write(json.dumps(seconds) + "\n")


if __name__ == "__main__":
    main()
