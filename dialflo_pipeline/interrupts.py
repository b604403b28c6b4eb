"""Ending asynchronous work in order when the process is asked to end."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
