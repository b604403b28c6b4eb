"""Signals: end the process in order when it is asked to end, and the event loop.

Asynchronous work is cancelled; anything else stops where it is. Stored files survive a kill at any moment, so there is
nothing to undo. An exception raised at a random place could be swallowed there, or end in a stack trace.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED: Final = 130
"""The exit code of a command that was asked to end."""

T = TypeVar("T")

_exit_callbacks: list[Callable[[], None]] = []


@contextmanager
def exit_on_signals(on_exit: Callable[[], None]) -> Iterator[None]:
    """On SIGINT or SIGTERM call `farewell`, and end the process with 130; only for the main thread."""
    _exit_callbacks.append(on_exit)
    try:
        with _handlers_installed():
            yield
    finally:
        _exit_callbacks.remove(on_exit)


@contextmanager
def keep_exit_on_signals() -> Iterator[None]:
    """The same again within a library that has put other handlers in place; nothing if it was not asked for."""
    if _exit_callbacks and threading.current_thread() is threading.main_thread():
        with _handlers_installed():
            yield
    else:
        yield


@contextmanager
def _handlers_installed() -> Iterator[None]:
    before = {number: signal.signal(number, _end) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: object) -> None:
    try:
        _exit_callbacks[-1]()
    finally:
        os._exit(INTERRUPTED)


@contextmanager
def cancel_on_signals() -> Iterator[None]:
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


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Like `asyncio.run`, in uvloop where it is installed: each request costs less there."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return None
    return uvloop.new_event_loop
