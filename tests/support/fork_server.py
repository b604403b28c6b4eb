"""A process that has everything imported, and forks a child for each command: a start costs milliseconds.

It imports and starts nothing more, since no thread of it would be in a child. Requests come as lines of JSON on
standard input, each answered by a line. `forked.py` starts it, as a program, and is the other side.
"""

import json
import os
import random
import sys
import time
import traceback
from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, NoReturn

import dialflo_pipeline

POLL_SECONDS = 0.002
COMMAND = "tests.support.fork_server:run_command"
LEFT_OUT = ("dialflo_pipeline.simulator", "dialflo_pipeline.definitions")
FAILED = 70
"""The exit code of a child that did not come to its command, or left it with an error of the test."""


def serve() -> None:
    """Answer requests until standard input ends."""
    _import_all()
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing else may come between the replies
    _reply(replies, "ready")
    while line := sys.stdin.readline():
        request = json.loads(line)
        if "wait" in request:
            _reply(replies, _wait(request["wait"], request["seconds"]))
        else:
            sys.stdout.flush()
            pid = os.fork()
            if not pid:
                replies.close()
                _be_child(request)
            _reply(replies, pid)


def _import_all() -> None:
    """Everything that a command imports; what is optional may be missing."""
    for module in walk_packages(dialflo_pipeline.__path__, "dialflo_pipeline."):
        if not module.name.startswith(LEFT_OUT) and not module.name.endswith("__main__"):
            with suppress(ImportError):
                import_module(module.name)
    with suppress(ImportError):
        import_module("uvloop")


def _reply(stream: Any, reply: Any) -> None:
    stream.write(f"{json.dumps(reply)}\n")
    stream.flush()


def _wait(pid: int, seconds: float) -> int | None:
    """The exit code, negative for a signal; None if it still runs."""
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            return None
        time.sleep(POLL_SECONDS)


def _be_child(request: dict[str, Any]) -> NoReturn:
    """Run what is asked for, and end the process with it.

    Libraries wait at the end for threads that they began when they were imported, and that no fork takes along.
    """
    code = FAILED
    try:
        os.setsid()
        _open_streams(request)
        os.environ.clear()
        os.environ.update(request["env"])
        time.tzset()
        os.chdir(request["folder"])
        random.seed()
        for hook, arguments in request["prepare"]:
            call(hook, arguments)
        code = int(call(request["run"], [request["arguments"]]) or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _open_streams(request: dict[str, Any]) -> None:
    """Standard input from its file; output and errors at the end of theirs."""
    for number, (path, flags) in enumerate(
        (
            (request["stdin"] or os.devnull, os.O_RDONLY),
            (request["stdout"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
            (request["stderr"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        )
    ):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    encoding = "utf-8"
    sys.stdin = os.fdopen(0, encoding=encoding, closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding=encoding, closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding=encoding, errors="backslashreplace", buffering=1, closefd=False)


def call(hook: str, arguments: list[Any]) -> Any:
    """Call a function that is named like `module:function`."""
    module, _, function = hook.partition(":")
    return getattr(import_module(module), function)(*arguments)


def run_command(arguments: list[str]) -> int:
    """`dialflo` with these arguments; its exit code."""
    from dialflo_pipeline.cli import main

    sys.argv = ["dialflo", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    serve()
    os._exit(0)  # as its children do: libraries may have threads to wait for
