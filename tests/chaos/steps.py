"""The durable steps of a process: what it does to its files, named, counted, and a place to be killed at.

Nothing in the package knows of this. `install` wraps the functions of Python and of the libraries through which files
are made, changed, synced, renamed and removed, databases committed and locks taken. A step's name is derived: the
function of the package that took it, what was done, and to which kind of file. What changes a file below the data
folder and goes through none of the wrapped functions is noted as unnamed, so the list of them cannot fall behind.
"""

import builtins
import fcntl
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb
import pyarrow.parquet as pq

SIDES = ("before", "during", "after")
PACKAGE = "dialflo_pipeline"

_PATTERNS = [
    (re.compile(r"call_date=\d{4}-\d\d-\d\d"), "<day>"),
    (re.compile(r"\b\d{20}-[0-9a-f]{12}\.parquet"), "<flush>.parquet"),
    (re.compile(r"\b[0-9a-f]{16}-(?=.)"), "<aside>-"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<run>"),
    (re.compile(r"(?<=holder\.json)\.\d+"), ".<pid>"),
]
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ONLY_READING = ("SELECT", "DESCRIBE", "SET ")
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")


@dataclass(frozen=True)
class Kill:
    """Where a process is to end: at the `nth` step of a name (from 1), or of all where the name is empty."""

    name: str
    nth: int
    side: str
    wait: float = 0.0
    """For `during`: so many seconds after the step has begun."""
    alone: bool = False
    """Only the process itself, not its group."""


@dataclass
class Steps:
    """Watches the steps below one folder; writes them down where asked to, and kills where asked to."""

    root: Path
    kill: Kill | None = None
    log: Path | None = None
    seen: Counter[str] = field(default_factory=Counter)
    depth: threading.local = field(default_factory=threading.local)
    gate: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self, what: str, target: str | None, half: Callable[[], object] | None = None) -> Iterator[None]:
        """One step, if its target lies below the folder and it is no part of another one.

        `half` does some of it: what a kill in the midst leaves, where it is known. Elsewhere the kill comes from a
        thread beside.
        """
        name = self._name(what, target)
        if name is None or getattr(self.depth, "inside", False):
            yield
            return
        self.depth.inside = True
        try:
            sides = self._sides(name)
            self._end_if("before" in sides)
            if "during" in sides and half:
                half()
                self._end_if(True)
            elif "during" in sides:
                threading.Thread(target=self._end_soon, daemon=True).start()
            began = time.perf_counter()
            yield
            self._note({"name": name, "seconds": time.perf_counter() - began})
            self._end_if("after" in sides)
        finally:
            self.depth.inside = False

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook: notes what changes a file outside of any step."""
        if getattr(self.depth, "inside", False) or not self.log:
            return
        if event in _CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING):
            path = arguments[1] if event == "os.rename" else arguments[0]
            target = None if isinstance(path, int) else os.fsdecode(path)
            if name := self._name(event, target):
                self._note({"unnamed": name})

    def _name(self, what: str, target: str | None) -> str | None:
        if target is None:
            return None
        path = os.path.abspath(target)
        if not path.startswith(f"{self.root}{os.sep}"):
            return None
        return f"{_caller()}: {what} {kind_of(path[len(str(self.root)) + 1 :])}"

    def _sides(self, name: str) -> list[str]:
        with self.gate:
            self.seen[name] += 1
            self.seen[""] += 1
            if self.kill and self.kill.name in (name, "") and self.seen[self.kill.name] == self.kill.nth:
                return [self.kill.side]
        return []

    def _end_soon(self) -> None:
        time.sleep(self.kill.wait if self.kill else 0)
        self._end_if(True)

    def _end_if(self, is_due: bool) -> None:
        if is_due and self.kill:
            if self.kill.alone:
                os.kill(os.getpid(), signal.SIGKILL)
            os.killpg(os.getpgid(0), signal.SIGKILL)

    def _note(self, entry: dict[str, Any]) -> None:
        if self.log:
            with self.gate:
                descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                os.write(descriptor, json.dumps(entry).encode() + b"\n")
                os.close(descriptor)


def kind_of(path: str) -> str:
    """A path without what is random in it."""
    for pattern, shown in _PATTERNS:
        path = pattern.sub(shown, path)
    return path


def _caller() -> str:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(f"{PACKAGE}."):
            return f"{module.removeprefix(f'{PACKAGE}.')}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "elsewhere"


def install(steps: Steps) -> None:
    """Wrap everything; for the life of this process."""
    for module, name, place in (
        (os, "replace", 1),
        (os, "rename", 1),
        (os, "unlink", 0),
        (os, "remove", 0),
        (os, "mkdir", 0),
        (os, "rmdir", 0),
        (os, "link", 1),
        (os, "symlink", 1),
        (os, "truncate", 0),
        (os, "chmod", 0),
        (os, "fsync", 0),
        (os, "fdatasync", 0),
        (fcntl, "flock", 0),
    ):
        _wrap(steps, module, name, place)
    _wrap_opening(steps)
    for name in ("__init__", "write_table", "close"):
        _wrap_writer(steps, name)
    _wrap_whole_files(steps)
    _wrap_duckdb(steps)
    _wrap_sqlite(steps)
    sys.addaudithook(steps.watch)


def _put(wrapped: Callable[..., Any], *owners: Any, name: str) -> None:
    for owner in owners:
        setattr(owner, name, wrapped)


def _wrap(steps: Steps, owner: Any, name: str, place: int) -> None:
    whole = getattr(owner, name)

    def wrapped(*args: Any, **options: Any) -> Any:
        folder = options.get("dir_fd", options.get("dst_dir_fd"))
        with steps.step(name, _path_of(args[place], folder)):
            return whole(*args, **options)

    setattr(owner, name, wrapped)
    if owner is os:
        # What says that a function takes a folder's descriptor is looked up in these sets.
        for known in (os.supports_dir_fd, os.supports_follow_symlinks, os.supports_fd):
            if whole in known:
                known.add(wrapped)


def _path_of(target: Any, folder: int | None = None) -> str | None:
    if isinstance(target, int) or hasattr(target, "fileno"):
        number = target if isinstance(target, int) else target.fileno()
        try:
            return os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            return None
    path = os.fsdecode(target)
    return path if folder is None else os.path.join(_path_of(folder) or "", path)


def _wrap_opening(steps: Steps) -> None:
    whole, whole_os = io.open, os.open

    def opened(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        is_read = not set(mode) & set("wax+")
        with steps.step(f"open ({mode})", None if is_read or isinstance(file, int) else _path_of(file)):
            return whole(file, mode, *args, **options)

    def os_opened(path: Any, flags: int, *args: Any, **options: Any) -> int:
        with steps.step("os.open", _path_of(path, options.get("dir_fd")) if flags & _WRITING else None):
            return whole_os(path, flags, *args, **options)

    _put(opened, io, builtins, name="open")
    _put(os_opened, os, name="open")
    os.supports_dir_fd.add(os_opened)


def _wrap_writer(steps: Steps, name: str) -> None:
    whole = getattr(pq.ParquetWriter, name)

    def wrapped(self: Any, *args: Any, **options: Any) -> Any:
        target = args[0] if name == "__init__" else getattr(self, "where", None)
        with steps.step(f"Parquet {name.strip('_')}", None if target is None else _path_of(target)):
            return whole(self, *args, **options)

    setattr(pq.ParquetWriter, name, wrapped)


def _wrap_whole_files(steps: Steps) -> None:
    copyfile, write_text, write_bytes = shutil.copyfile, Path.write_text, Path.write_bytes

    def copied(source: Any, target: Any, **options: Any) -> Any:
        def half() -> None:
            content = Path(source).read_bytes()
            write_bytes(Path(target), content[: len(content) // 2])

        with steps.step("copyfile", _path_of(target), half):
            return copyfile(source, target, **options)

    def text_written(path: Path, data: str, *args: Any, **options: Any) -> int:
        with steps.step("write_text", str(path), lambda: write_text(path, data[: len(data) // 2], *args, **options)):
            return write_text(path, data, *args, **options)

    def bytes_written(path: Path, data: Any) -> int:
        with steps.step("write_bytes", str(path), lambda: write_bytes(path, data[: len(data) // 2])):
            return write_bytes(path, data)

    _put(copied, shutil, name="copyfile")
    _put(text_written, Path, name="write_text")
    _put(bytes_written, Path, name="write_bytes")


class _Duck:
    """A DuckDB connection for writing: each statement is a step."""

    def __init__(self, steps: Steps, connection: duckdb.DuckDBPyConnection, path: str) -> None:
        self._steps, self._connection, self._path = steps, connection, path

    def __getattr__(self, name: str) -> Any:
        whole = getattr(self._connection, name)
        if name not in ("begin", "commit", "execute", "close"):
            return whole

        def wrapped(*args: Any, **options: Any) -> Any:
            what = " ".join(str(args[0]).split()[:2]) if name == "execute" else name
            with self._steps.step(f"DuckDB {what}", None if what.startswith(_ONLY_READING) else self._path):
                return whole(*args, **options)

        return wrapped


def _wrap_duckdb(steps: Steps) -> None:
    whole = duckdb.connect

    def connect(database: Any = ":memory:", read_only: bool = False, **options: Any) -> Any:
        path = str(database)
        if read_only or path.startswith(":"):
            return whole(database, read_only, **options)
        with steps.step("DuckDB connect", path):
            return _Duck(steps, whole(database, read_only, **options), path)

    _put(connect, duckdb, name="connect")


def _wrap_sqlite(steps: Steps) -> None:
    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *args: Any) -> Any:
            is_step = sql.lstrip().startswith(("CREATE", "ALTER", "DROP", "PRAGMA journal_mode"))
            path = getattr(self.connection, "path", None) if is_step else None
            with steps.step(f"SQLite {' '.join(sql.split()[:2])}", path):
                return super().execute(sql, *args)

    class Connection(sqlite3.Connection):
        path: str | None = None

        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            with steps.step("SQLite commit", self.path if self.in_transaction else None):
                super().commit()

        def close(self) -> None:
            with steps.step("SQLite close", self.path):
                super().close()

    whole = sqlite3.connect

    def connect(database: Any, *args: Any, **options: Any) -> sqlite3.Connection:
        path = None if str(database).startswith(":") else str(database).removeprefix("file:").partition("?")[0]
        with steps.step("SQLite connect", path):
            connection: Any = whole(database, *args, **{"factory": Connection} | options)
        connection.path = path
        return connection  # type: ignore[no-any-return]  # of the class above

    _put(connect, sqlite3, sqlite3.dbapi2, name="connect")


def as_request(kill: Kill | None) -> dict[str, Any] | None:
    """A kill as it is told to another process."""
    return asdict(kill) if kill else None
