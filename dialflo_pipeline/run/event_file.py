"""The event file `work/asset_events.jsonl`: what runs of the command line did, for Dagster's page to show.

A run appends the events of each stage as it ends, so a killed run leaves what is true. At its end the file keeps the
latest event of each asset and day, of each check, and of each kind of run. Ids grow with time: a reader remembers the
last one it has seen.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from dialflo_pipeline.core.errors import DialfloError
from dialflo_pipeline.run.asset_events import Checked, Event, Materialized
from dialflo_pipeline.storage.atomic_write import write_atomically

EVENT_FILE: Final = "asset_events.jsonl"
_LOCK: Final = "asset_events.lock"
_LAST_LINE_BYTES: Final = 65_536


@dataclass(frozen=True)
class RunEnded:
    """A run of the command line ended. `kind` is the class of the error that failed it, empty if none did."""

    what: str
    exit_code: int
    kind: str = ""
    problem: str = ""
    """`module.Kind: sentence`; of an error that is not the pipeline's own only its kind, as its text may quote data."""
    step: str | None = None
    """The step that failed, where it is known."""
    days: tuple[str, ...] = ()
    """The days that the run fetched, or failed to fetch, as YYYY-MM-DD."""

    @classmethod
    def of(
        cls, what: str, exit_code: int, error: BaseException | None, step: str | None, days: Iterable[date]
    ) -> "RunEnded":
        """The end of a run, with the error that failed it if there is one."""
        listed = tuple(day.isoformat() for day in sorted(set(days)))
        if error is None:
            return cls(what, exit_code, days=listed)
        kind = type(error).__name__
        is_ours = isinstance(error, DialfloError | OSError)
        problem = f"{type(error).__module__}.{kind}: {error}" if is_ours else kind
        return cls(what, exit_code, kind, problem, step, listed)


@dataclass(frozen=True)
class StoredEvent:
    """An event with its id and time."""

    id: int
    at: datetime
    event: Event | RunEnded


def append_events(work: Path, events: Iterable[Event | RunEnded]) -> None:
    """Add events to the file and sync it to disk."""
    found = list(events)
    if not found:
        return
    work.mkdir(parents=True, exist_ok=True)
    with _locked(work), (work / EVENT_FILE).open("ab+") as file:
        first_id = max(time.time_ns(), _last_id(file.name) + 1)
        at = datetime.now(UTC).isoformat()
        lines = [json.dumps(_record(first_id + place, at, event)) for place, event in enumerate(found)]
        # A line cut off by a kill is ended first, so that it spoils no other.
        file.write("".join(f"\n{line}" for line in lines).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def compact_events(work: Path, aside: Path) -> None:
    """Keep the latest event of each subject only."""
    with _locked(work):
        stored = read_events(work)
        latest = {_subject(each.event): each for each in stored}
        if len(latest) == len(stored):
            return
        kept = sorted(latest.values(), key=lambda each: each.id)
        lines = [json.dumps(_record(each.id, each.at.isoformat(), each.event)) for each in kept]
        with write_atomically(work / EVENT_FILE, aside) as unfinished:
            unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_events(work: Path, after: int = 0) -> list[StoredEvent]:
    """The events with a higher id than `after`, oldest first; lines that are not whole are left out."""
    try:
        lines = (work / EVENT_FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = (_parsed(line) for line in lines if line)
    return sorted((each for each in found if each and each.id > after), key=lambda each: each.id)


def _record(event_id: int, at: str, event: Event | RunEnded) -> dict[str, Any]:
    content = asdict(event)
    if isinstance(event, Materialized):
        content["day"] = event.day.isoformat() if event.day else None
    if isinstance(event, Checked):
        content["days"] = [day.isoformat() for day in event.days]
    return {"id": event_id, "at": at, "kind": type(event).__name__, "event": content}


def _parsed(line: bytes) -> StoredEvent | None:
    try:
        record = json.loads(line)
        return StoredEvent(record["id"], datetime.fromisoformat(record["at"]), _event(record["kind"], record["event"]))
    except (ValueError, KeyError, TypeError):
        return None  # cut off by a kill, or written by another version


def _event(kind: str, content: Mapping[str, Any]) -> Event | RunEnded:
    match kind:
        case "Materialized":
            day = date.fromisoformat(content["day"]) if content["day"] else None
            return Materialized(tuple(content["asset"]), content["figures"], day)
        case "Checked":
            days = tuple(date.fromisoformat(day) for day in content["days"])
            return Checked(**{**content, "asset": tuple(content["asset"]), "days": days})
        case "RunEnded":
            return RunEnded(**{**content, "days": tuple(content["days"])})
    raise ValueError(kind)


def _subject(event: Event | RunEnded) -> tuple[object, ...]:
    match event:
        case Materialized():
            return (event.asset, event.day)
        case Checked():
            return (event.asset, event.check, "check")
    return (event.what, "run")


def _last_id(path: str) -> int:
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_LINE_BYTES))
        parsed = (_parsed(line) for line in reversed(file.read().splitlines()))
        return next((each.id for each in parsed if each), 0)


@contextmanager
def _locked(work: Path) -> Iterator[None]:
    with FileLock(work / _LOCK):
        yield
