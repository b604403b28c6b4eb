"""Working ahead: while one item is being used, the next are made in threads beside."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def prefetch_one(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order; at most one is made that nobody has asked for yet.

    What making an item raises is raised where the item would have come.
    """
    with ThreadPoolExecutor(1) as beside:
        end = object()
        coming = beside.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = beside.submit(next, items, end)
            yield item  # type: ignore[misc]  # not `end`, so an item


def prefetch(function: Callable[[T], U], items: Iterator[T], threads: int) -> Iterator[U]:
    """What the function makes of each item, in the same order; so many are made at a time, ahead of who asks for them.

    What the function raises is raised where its result would have come.
    """
    with ThreadPoolExecutor(threads) as beside:
        coming: deque[Future[U]] = deque()
        for item in items:
            coming.append(beside.submit(function, item))
            if len(coming) > threads:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
