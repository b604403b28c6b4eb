"""Signals end asynchronous work in order."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from dialflo_pipeline.core.signals import (
    INTERRUPTED,
    SIGNALS,
    cancel_on_signals,
    exit_on_signals,
    keep_exit_on_signals,
    run_async,
)


async def _work(tidied: list[str], number: signal.Signals | None) -> str:
    with cancel_on_signals():
        try:
            if number is not None:
                os.kill(os.getpid(), number)
                await asyncio.sleep(60)
            return "done"
        finally:
            tidied.append("tidied")


@pytest.mark.parametrize("run", [asyncio.run, run_async])
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
        with cancel_on_signals():
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_outside_the_main_thread_the_work_just_runs() -> None:
    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(asyncio.run(_work([], None))))
    thread.start()
    thread.join()
    assert results == ["done"]


ENDING = """
import os, signal, sys, time
from dialflo_pipeline.core.signals import exit_on_signals, keep_exit_on_signals

def other_handler(number, frame):
    raise RuntimeError("of a library")

with exit_on_signals(lambda: print("farewell", flush=True)):
    signal.signal(signal.SIGINT, other_handler)
    with keep_exit_on_signals():
        try:
            os.kill(os.getpid(), getattr(signal, sys.argv[1]))
            time.sleep(60)
        finally:
            print("torn apart", flush=True)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_other_work_ends_where_it_stands_and_says_farewell(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", ENDING, name], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, "farewell\n", "")


def test_handlers_from_before_are_put_back_and_nothing_is_done_unless_it_was_asked_for() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with keep_exit_on_signals():
        assert [signal.getsignal(number) for number in SIGNALS] == before
    with exit_on_signals(lambda: None), keep_exit_on_signals():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before
