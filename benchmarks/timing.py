"""Timing a part of a process from within."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

Seconds = dict[str, float]


@contextmanager
def timed(seconds: Seconds, name: str) -> Iterator[None]:
    """Note the time, and under `…_cpu` the processor time of this process and of those it has started and ended."""
    cpu, start = _cpu_seconds(), time.perf_counter()
    yield
    seconds[name], seconds[f"{name}_cpu"] = time.perf_counter() - start, _cpu_seconds() - cpu


def _cpu_seconds() -> float:
    return sum(os.times()[:4])
