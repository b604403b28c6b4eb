"""Threads: prefetch items ahead of their use, and run jobs that depend on each other."""

import os
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def prefetch_one(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order; one item is made ahead, in a thread.

    An error in making an item is raised in place of that item.
    """
    with ThreadPoolExecutor(1) as pool:
        end = object()
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc]  # not `end`, so an item


def prefetch(function: Callable[[T], U], items: Iterator[T], threads: int) -> Iterator[U]:
    """The function's result for each item, in the same order; `threads` results are made ahead.

    An error in the function is raised in place of its result.
    """
    with ThreadPoolExecutor(threads) as pool:
        coming: deque[Future[U]] = deque()
        for item in items:
            coming.append(pool.submit(function, item))
            if len(coming) > threads:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def run_dag(needs: Mapping[str, Collection[str]], run: Callable[[str], object]) -> None:
    """Call `run` once for each name, after all names that it needs; as many in parallel as there are cores.

    Of the jobs that are ready, the one with most jobs waiting for it starts first. An error in a job is raised here
    once the running jobs have ended; no other job starts.
    """
    graph, waiting, threads = TopologicalSorter(needs), _count_waiting(needs), os.cpu_count() or 1
    graph.prepare()
    ready: list[str] = []
    running: dict[Future[object], str] = {}
    with ThreadPoolExecutor(threads) as pool:
        while graph.is_active():
            ready = sorted([*ready, *graph.get_ready()], key=lambda name: (-waiting[name], name))
            while ready and len(running) < threads:
                name = ready.pop(0)
                running[pool.submit(run, name)] = name
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(done)
                done.result()
                graph.done(name)


def _count_waiting(needs: Mapping[str, Collection[str]]) -> dict[str, int]:
    """How many jobs wait for each one, directly or through others."""
    waiting: dict[str, set[str]] = {name: set() for name in needs}
    for name in reversed(list(TopologicalSorter(needs).static_order())):
        for needed in needs[name]:
            waiting[needed] |= {name, *waiting[name]}
    return {name: len(names) for name, names in waiting.items()}
