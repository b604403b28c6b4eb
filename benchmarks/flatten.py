"""How fast raw answers become frames: `python benchmarks/flatten.py [--documents N] [--runs N]`.

Each row is the median of several runs over one batch of made-up answers of some 0.9 kB with 8.5 keys and values each.
The floor is DuckDB parsing each of them once, on every core, and doing nothing else.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from dialflo_pipeline.flatten import flatten, rows

METADATA = ("degree", "call_time", "current_job", "current_city", "expected_salary", "notice_period", "experience")
CONTEXT = ("candidate", "lead_id", "campaign")
SAID = ("No", "", "20th March 10 AM", None, "Pune", "हाँ, ठीक है", 12)
ODD_BODIES = (
    b'[{"agent_name":"ONEST","call_duration":"unknown","call_insights":{"metadata":{"a":1,"a":2}}},{}]',
    b'{"agent_name":"ONEST","call_insights":"none yet","answer_time":"yesterday"}',
)


def call(chance: random.Random) -> dict[str, Any]:
    return {
        "agent_name": chance.choice(("ONEST", "BOB")),
        "call_context": {key: chance.choice(SAID) for key in CONTEXT[: chance.randint(2, 3)]},
        "call_insights": {
            "metadata": {key: chance.choice(SAID) for key in METADATA[: chance.randint(5, 7)]},
            "user_interest": {
                "status": chance.choice(("Unclear", "Interested")),
                "confidence_score": chance.choice((0.0, 0.5, 95)),
                "reasoning": "The person did not give a clear answer to any of the questions that were put to them.",
            },
            "next_action": {"value": "REDIAL", "reason": "The candidate took no part in the talk."},
        },
        "call_recording_url": f"https://recordings.example/v1/{UUID(int=chance.getrandbits(128))}.mp3",
        "from_number": "918035736461",
        "to_number": f"91{chance.randrange(10**10):010}",
        "call_status": chance.choice(("ANSWERED", "NO_ANSWER")),
        "call_duration": float(chance.randrange(300)),
        "answer_time": "2025-06-25 10:57:05+05:30",
        "end_time": "2025-06-25 10:59:05+05:30",
        "hangup_source": "callee",
    }


def batch(documents: int, odd_share: float, unknown_keys: int) -> pl.DataFrame:
    chance = random.Random(documents)  # noqa: S311  # made-up documents, no secret
    bodies = []
    for _ in range(documents):
        more = {f"unknown_{number}": [number] for number in range(unknown_keys)}
        body = json.dumps([call(chance) | more], ensure_ascii=False).encode()
        bodies.append(chance.choice(ODD_BODIES) if chance.random() < odd_share else body)
    day, moment = date(2025, 6, 25), datetime(2025, 6, 25, 12, tzinfo=UTC)
    return pl.DataFrame({"task_id": [str(UUID(int=chance.getrandbits(128))) for _ in bodies], "body": bodies}).select(
        "task_id",
        pl.lit(day).alias("call_date"),
        pl.lit(moment).cast(pl.Datetime("us", "UTC")).alias("completed_at"),
        "body",
        pl.lit(moment).cast(pl.Datetime("us", "UTC")).alias("fetched_at"),
        pl.lit("api").alias("source"),
    )


def parse_only(answers: pl.DataFrame) -> Callable[[], object]:
    """Parsing on every core, of texts that DuckDB already holds."""
    cores = pl.thread_pool_size()
    database = duckdb.connect(":memory:", config={"threads": 1})
    parts = list(answers.select("body").iter_slices(-(-answers.height // cores)))
    for place, part in enumerate(parts):
        database.register("given", part.to_arrow())
        database.execute(f"CREATE TABLE part_{place} AS SELECT decode(body) AS body FROM given")

    def parse(place: int) -> object:
        return (
            database.cursor().execute(f"SELECT count(*) FROM part_{place} WHERE json_type(body) = 'ARRAY'").fetchall()
        )

    def run() -> object:
        with ThreadPoolExecutor(cores) as pool:
            return list(pool.map(parse, range(len(parts))))

    return run


def plainly(answers: pl.DataFrame) -> Callable[[], object]:
    bodies = list(enumerate(answers["body"]))
    return lambda: rows.read_documents(bodies, ZoneInfo("Asia/Kolkata"))


def seconds(run: Callable[[], object], runs: int) -> float:
    """The median of several runs after one that does not count."""
    run()
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=65_536)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    usual = batch(options.documents, odd_share=0, unknown_keys=0)
    few = usual.head(max(1, options.documents // 16))
    cases: list[tuple[str, pl.DataFrame, Callable[[], object]]] = [
        ("parse only, the floor", usual, parse_only(usual)),
        ("flatten", usual, partial(flatten, usual, "Asia/Kolkata")),
    ]
    for name, odd_share, unknown_keys in (("flatten, 5 % odd", 0.05, 0), ("flatten, 5 unknown keys each", 0, 5)):
        other = batch(options.documents, odd_share, unknown_keys)
        cases.append((name, other, partial(flatten, other, "Asia/Kolkata")))
    cases.append(("plain reader alone", few, plainly(few)))

    size = usual["body"].bin.size().sum() // options.documents
    print(f"{options.documents} documents, {size} bytes each, median of {options.runs} runs")
    print(f"{'':32}{'documents/s':>14}{'of the floor':>14}")
    floor = 0.0
    for name, answers, run in cases:
        rate = answers.height / seconds(run, options.runs)
        floor = floor or rate
        print(f"{name:32}{rate:14,.0f}{rate / floor:14.3f}")


if __name__ == "__main__":
    main()
