"""Signals end asynchronous work in order."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from dialflo_pipeline import event_loop
from dialflo_pipeline.interrupts import cancelled_by_signals


async def _work(tidied: list[str], number: signal.Signals | None) -> str:
    with cancelled_by_signals():
        try:
            if number is not None:
                os.kill(os.getpid(), number)
                await asyncio.sleep(60)
            return "done"
        finally:
            tidied.append("tidied")


@pytest.mark.parametrize("run", [asyncio.run, event_loop.run])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_task_and_becomes_a_keyboard_interrupt_once_it_has_tidied_up(
    number: signal.Signals, run: Callable[[Coroutine[Any, Any, str]], str]
) -> None:
    before = signal.getsignal(number)
    tidied: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run(_work(tidied, number))
    assert tidied == ["tidied"]
    assert signal.getsignal(number) is before


def test_without_a_signal_the_work_goes_on_and_the_handlers_are_as_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert asyncio.run(_work([], None)) == "done"
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_cancellation_of_another_kind_stays_one() -> None:
    async def cancelled() -> None:
        with cancelled_by_signals():
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_outside_the_main_thread_the_work_just_runs() -> None:
    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(asyncio.run(_work([], None))))
    thread.start()
    thread.join()
    assert results == ["done"]
