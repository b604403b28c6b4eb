"""Ending in order when the process is asked to end: asynchronous work is cancelled, all else stops where it stands.

What is kept is safe against a kill at any moment, so there is nothing to undo. An exception, raised wherever the
program happens to be, might be swallowed there, tear a library apart or end in a stack trace.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED: Final = 130
"""The exit code of a command that was asked to end."""

_farewells: list[Callable[[], None]] = []


@contextmanager
def ending_at_once(farewell: Callable[[], None]) -> Iterator[None]:
    """On SIGINT or SIGTERM call `farewell`, and end the process with 130; only for the main thread."""
    _farewells.append(farewell)
    try:
        with _handled_by_the_last():
            yield
    finally:
        _farewells.remove(farewell)


@contextmanager
def still_ending_at_once() -> Iterator[None]:
    """The same again within a library that has put other handlers in place; nothing if it was not asked for."""
    if _farewells and threading.current_thread() is threading.main_thread():
        with _handled_by_the_last():
            yield
    else:
        yield


@contextmanager
def _handled_by_the_last() -> Iterator[None]:
    before = {number: signal.signal(number, _end) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: object) -> None:
    try:
        _farewells[-1]()
    finally:
        os._exit(INTERRUPTED)


@contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """Cancel the current task on SIGINT or SIGTERM, and raise `KeyboardInterrupt` once it has tidied up.

    A handler that raises where the program happens to be could tear a record apart. The handlers from before are put
    back at the end; outside the main thread, where signals never arrive, nothing is done.
    """
    task = asyncio.current_task()
    if task is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    received: list[signal.Signals] = []
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, _cancel, task, received, number)
    try:
        yield
    except asyncio.CancelledError:
        if received:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, handler in before.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, handler)


def _cancel(task: "asyncio.Task[object]", received: list[signal.Signals], number: signal.Signals) -> None:
    received.append(number)
    task.cancel()
