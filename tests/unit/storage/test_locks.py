import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialflo_pipeline.core.errors import LockHeld
from dialflo_pipeline.storage import locks

Elsewhere = Callable[..., AbstractContextManager[subprocess.Popen[str]]]

HOLDING = """
import sys
from pathlib import Path
from dialflo_pipeline.storage import locks
work_dir = Path(sys.argv[2])
with locks.run_lock(work_dir, "sync", wait=False) if sys.argv[1] == "run" else locks.registration_lock(work_dir):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held_elsewhere(tmp_path: Path) -> Elsewhere:
    """A real process that holds a lock on `tmp_path` until the block ends or it is killed."""

    @contextmanager
    def _held(which: str = "run") -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-c", HOLDING, which, str(tmp_path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "held\n"
                yield process
            finally:
                process.kill()

    return _held


def take_and_free(work_dir: Path) -> None:
    with locks.run_lock(work_dir, "rebuild", wait=False):
        assert locks.holder(work_dir) is not None


def test_a_run_that_does_not_wait_is_told_who_holds_the_lock(held_elsewhere: Elsewhere, tmp_path: Path) -> None:
    with held_elsewhere() as process:
        with pytest.raises(LockHeld) as caught:
            take_and_free(tmp_path)
        assert f"sync (process {process.pid} on " in str(caught.value)
        assert str(datetime.now(UTC).year) in str(caught.value)
        assert caught.value.exit_code == 4


def test_a_lock_file_that_is_removed_while_it_is_held_lets_nobody_in(held_elsewhere: Elsewhere, tmp_path: Path) -> None:
    with held_elsewhere() as process:
        (tmp_path / locks.RUN_LOCK).unlink()
        with pytest.raises(LockHeld, match=f"process {process.pid} on "):
            take_and_free(tmp_path)
        holder = locks.holder(tmp_path)
        assert holder is not None
        assert holder.pid == process.pid


def test_a_killed_process_frees_the_lock(held_elsewhere: Elsewhere, tmp_path: Path) -> None:
    with held_elsewhere() as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert locks.holder(tmp_path) is None
        take_and_free(tmp_path)


def test_a_child_of_a_killed_process_does_not_keep_the_lock(tmp_path: Path) -> None:
    script = HOLDING.replace(
        "print(", "import subprocess; child = subprocess.Popen(['sleep', '60']); print(child.pid, flush=True); print("
    )
    command = [sys.executable, "-c", script, "run", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
        process.wait()
    try:
        take_and_free(tmp_path)
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_run_that_waits_says_so_and_goes_on_when_the_lock_is_free(held_elsewhere: Elsewhere, tmp_path: Path) -> None:
    told: list[str] = []
    with held_elsewhere() as process:

        def kill_holder(message: str) -> None:
            told.append(message)
            process.kill()
            process.wait()

        with locks.run_lock(tmp_path, "sync", wait=True, on_wait=kill_holder, poll=0.001):
            holder = locks.holder(tmp_path)
        assert holder is not None
        assert holder.pid == os.getpid()
        assert told == [f"Waiting for sync (process {process.pid}{told[0].split(str(process.pid), 1)[1]}"]


def test_the_lock_is_exclusive_until_the_last_to_hold_it_lets_go(tmp_path: Path) -> None:
    asking = (
        "import sys; from pathlib import Path; from dialflo_pipeline.storage.locks import holder; "
        "print(holder(Path(sys.argv[1])) is None)"
    )

    def is_free() -> bool:
        answer = subprocess.run([sys.executable, "-c", asking, tmp_path], capture_output=True, text=True, check=True)
        return answer.stdout == "True\n"

    with locks.run_lock(tmp_path, "sync", wait=False):
        with locks.run_lock(tmp_path, "step", wait=False):
            pass
        assert not is_free()
    assert is_free()


def test_another_thread_of_the_same_process_may_take_it_too_and_outlive_the_first(tmp_path: Path) -> None:
    taken, let_go = threading.Event(), threading.Event()

    def step() -> None:
        with locks.run_lock(tmp_path, "step", wait=False):
            taken.set()
            let_go.wait(30)

    thread = threading.Thread(target=step)
    with locks.run_lock(tmp_path, "sync", wait=False):
        thread.start()
        assert taken.wait(30)
    holder = locks.holder(tmp_path)
    let_go.set()
    thread.join()
    assert holder is not None
    assert holder.command == "sync"
    assert locks.holder(tmp_path) is None


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locks.run_lock(tmp_path, "sync", wait=False):
        raise ZeroDivisionError
    assert locks.holder(tmp_path) is None
    assert not (tmp_path / locks.RUN_HOLDER).exists()


def test_the_holder_tells_process_command_host_and_time(tmp_path: Path) -> None:
    with locks.run_lock(tmp_path, "sync", wait=False):
        holder = locks.holder(tmp_path)
    assert holder is not None
    assert (holder.pid, holder.command) == (os.getpid(), "sync")
    assert holder.host
    assert holder.since is not None
    assert timedelta() <= datetime.now(UTC) - holder.since < timedelta(minutes=5)


@pytest.mark.parametrize("said", [None, "", '{"pid": 1, "comm', "[]", "null", json.dumps({"pid": "x"}), "\xff"])
def test_a_missing_or_half_written_name_is_no_obstacle(
    held_elsewhere: Elsewhere, tmp_path: Path, said: str | None
) -> None:
    with held_elsewhere():
        path = tmp_path / locks.RUN_HOLDER
        path.unlink()
        if said is not None:
            path.write_bytes(said.encode("latin-1"))
        assert locks.holder(tmp_path) == locks.Holder()
        with pytest.raises(LockHeld, match="another process that has not left its name"):
            take_and_free(tmp_path)


def test_a_name_left_by_a_killed_process_does_not_make_a_holder(tmp_path: Path) -> None:
    (tmp_path / locks.RUN_HOLDER).write_text(
        json.dumps({"pid": 1, "command": "sync", "host": "h", "since": "2025-01-01T00:00:00+00:00"})
    )
    assert locks.holder(tmp_path) is None


def test_nobody_holds_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    assert locks.holder(tmp_path / "work") is None
    assert not (tmp_path / "work").exists()


def test_the_lock_makes_the_directory_it_needs(tmp_path: Path) -> None:
    take_and_free(tmp_path / "data" / "work")


def test_different_spellings_of_a_directory_are_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with locks.run_lock(tmp_path, "sync", wait=False), locks.run_lock(tmp_path / "link", "step", wait=False):
        assert locks.holder(tmp_path / "link") == locks.holder(tmp_path)


def test_registration_goes_on_while_a_run_holds_its_lock(held_elsewhere: Elsewhere, tmp_path: Path) -> None:
    with held_elsewhere("run"), locks.registration_lock(tmp_path, timeout=0):
        pass


def test_one_registration_at_a_time(held_elsewhere: Elsewhere, tmp_path: Path) -> None:
    with (
        held_elsewhere("registration"),
        pytest.raises(LockHeld, match="registering task ids"),
        locks.registration_lock(tmp_path, timeout=0.01),
    ):
        raise AssertionError("two at once")
    with locks.registration_lock(tmp_path, timeout=5):
        pass


def test_one_registration_at_a_time_between_threads_too(tmp_path: Path) -> None:
    refused = threading.Event()

    def try_it() -> None:
        try:
            with locks.registration_lock(tmp_path, timeout=0.01):
                pass
        except LockHeld:
            refused.set()

    with locks.registration_lock(tmp_path):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert refused.is_set()


FORKING = """
import os, sys
from pathlib import Path
from dialflo_pipeline.storage import locks
from dialflo_pipeline.core.errors import LockHeld
work_dir = Path(sys.argv[1])
with locks.run_lock(work_dir, "sync", wait=False):
    child = os.fork()
    if not child:
        try:
            with locks.run_lock(work_dir, "step", wait=False):
                os._exit(1)
        except LockHeld:
            sys.exit(0)  # leaves the parent's block too
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert locks.holder(work_dir).pid == os.getpid()
"""


def test_a_forked_child_neither_holds_nor_frees_its_parents_lock(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORKING, tmp_path], check=True, timeout=60)
