"""Doing jobs that need one another's results, as many side by side as there are cores: each when what it needs is done.

Knows nothing of what the jobs do.
"""

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter


def run_dag(needs: Mapping[str, Collection[str]], do: Callable[[str], object]) -> None:
    """Call `do` once for each name, after it has been done for all that it needs; those with most behind them first.

    What one of them raises is raised here; jobs that had begun by then are waited for, no other is begun.
    """
    left, behind, threads = TopologicalSorter(needs), _behind(needs), os.cpu_count() or 1
    left.prepare()
    ready: list[str] = []
    running: dict[Future[object], str] = {}
    with ThreadPoolExecutor(threads) as pool:
        while left.is_active():
            ready = sorted([*ready, *left.get_ready()], key=lambda name: (-behind[name], name))
            while ready and len(running) < threads:
                name = ready.pop(0)
                running[pool.submit(do, name)] = name
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(done)
                done.result()
                left.done(name)


def _behind(needs: Mapping[str, Collection[str]]) -> dict[str, int]:
    """How many jobs wait for each, directly or for what comes in between."""
    waiting: dict[str, set[str]] = {name: set() for name in needs}
    for name in reversed(list(TopologicalSorter(needs).static_order())):
        for needed in needs[name]:
            waiting[needed] |= {name, *waiting[name]}
    return {name: len(names) for name, names in waiting.items()}
