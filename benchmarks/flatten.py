"""How fast raw answers become frames: `python -m benchmarks.flatten [--documents N] [--runs N]`.

Each row is the median of several runs over one batch of made-up answers of some 0.9 kB with 8.5 keys and values each.
The floor is DuckDB parsing each of them once, on every core, and doing nothing else.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import polars as pl

from benchmarks.documents import documents
from benchmarks.floors import parse_only
from benchmarks.frames import answers
from dialflo_pipeline.core.phone_numbers import read_by_library
from dialflo_pipeline.flatten import flatten, reference
from dialflo_pipeline.flatten.fields import ReadRules

ODD_BODIES = (
    b'[{"agent_name":"ONEST","call_duration":"unknown","call_insights":{"metadata":{"a":1,"a":2}}},{}]',
    b'{"agent_name":"ONEST","call_insights":"none yet","answer_time":"yesterday"}',
)


def batch(count: int, odd_share: float, unknown_keys: int) -> pl.DataFrame:
    chance = random.Random(count)  # noqa: S311  # made-up documents, no secret
    more = b"".join(b',"unknown_%d":[%d]' % (number, number) for number in range(unknown_keys))
    bodies = [
        chance.choice(ODD_BODIES) if chance.random() < odd_share else body.removesuffix(b"}]") + more + b"}]"
        for body in documents(count, seed=count)
    ]
    return answers([str(UUID(int=chance.getrandbits(128))) for _ in bodies], bodies, date(2025, 6, 25))


def by_reference(given: pl.DataFrame) -> Callable[[], object]:
    bodies = list(enumerate(given["body"]))
    return lambda: reference.read_documents(bodies, ReadRules(ZoneInfo("Asia/Kolkata")))


def with_region(given: pl.DataFrame) -> object:
    """Each run reads every distinct number again."""
    read_by_library.cache_clear()
    return flatten(given, "Asia/Kolkata", region="IN")


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
    cases.append(("flatten, default region IN", usual, partial(with_region, usual)))
    cases.append(("reference reader alone", few, by_reference(few)))

    size = usual["body"].bin.size().sum() // options.documents
    print(f"{options.documents} documents, {size} bytes each, median of {options.runs} runs")
    print(f"{'':32}{'documents/s':>14}{'of the floor':>14}")
    floor = 0.0
    for name, given, run in cases:
        rate = given.height / seconds(run, options.runs)
        floor = floor or rate
        print(f"{name:32}{rate:14,.0f}{rate / floor:14.3f}")


if __name__ == "__main__":
    main()
