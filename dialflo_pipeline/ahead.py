"""Working ahead: while one item is being used, the next is made in a thread beside."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order; at most one is made that nobody has asked for yet.

    What making an item raises is raised where the item would have come.
    """
    with ThreadPoolExecutor(1) as beside:
        end = object()
        coming = beside.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = beside.submit(next, items, end)
            yield item  # type: ignore[misc]  # not `end`, so an item
