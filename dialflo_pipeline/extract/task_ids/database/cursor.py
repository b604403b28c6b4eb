"""How far the database of task ids has been read. If this file is lost or old, rows are only read again.

The lake decides which ids are registered. A *place* only saves reading the same rows again, so it must not be ahead of
the lake: it is valid for one database, one query, and a lake that still has all its files of that time.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeAlias

from dialflo_pipeline.core.schema import TASK_IDS
from dialflo_pipeline.lake.store import Lake
from dialflo_pipeline.storage.atomic_write import write_atomically

PLACE: Final = "task_source.json"

CursorValue: TypeAlias = int | float | Decimal | str | date | datetime
"""What a cursor may be; a datetime with or without a zone, as its column has it."""

_READERS: Final = {
    "int": int,
    "float": float,
    "Decimal": Decimal,
    "str": str,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


@dataclass(frozen=True)
class Seen:
    """The highest cursor that one reading of the query found, and how many rows had it."""

    newest: CursorValue | None = None
    count: int = 0


@dataclass(frozen=True)
class Place:
    """Where the next reading begins, and when it may begin later.

    Rows before `reached` may still be committed until the overlap after `reached_at` is over. The first reading that
    begins after that has seen all of them; only then does `start` become `reached`.
    """

    start: CursorValue | None
    reached: CursorValue | None
    reached_at: datetime
    seen: Seen
    read_at: datetime

    @property
    def is_settled(self) -> bool:
        """Whether no row before the newest is waited for."""
        return self.start == self.seen.newest


def is_cursor(value: object) -> bool:
    """Whether a value can be a cursor at all."""
    return type(value).__name__ in _READERS


def is_later(value: CursorValue, than: CursorValue | None) -> bool:
    """Whether a cursor is beyond another; False where the two cannot be compared."""
    try:
        return than is None or bool(value > than)  # type: ignore[operator]  # which of them can be, Python knows
    except TypeError:
        return False


def advanced(before: Place | None, seen: Seen, read_at: datetime, overlap: timedelta) -> Place:
    """The place after a reading that began at `read_at`, at `before.start`, and came to its end."""
    if seen.newest is None:
        seen = before.seen if before else seen
    if before is None or before.reached is None:
        return Place(None, seen.newest, read_at, seen, read_at)
    if read_at - before.reached_at < overlap:
        return replace(before, seen=seen, read_at=read_at)
    return Place(before.reached, seen.newest, read_at, seen, read_at)


def load_place(work_dir: Path, source: str, lake: Lake) -> Place | None:
    """The place kept for this source; None where there is none, or none that holds for it and this lake."""
    try:
        kept = json.loads((work_dir / PLACE).read_text(encoding="utf-8"))
        if kept["source"] != source or kept["lake"] != _mark(lake, kept["lake"][0]):
            return None
        times = (datetime.fromisoformat(kept[name]) for name in ("reached_at", "read_at"))
        start, reached, newest = (_value(kept[name]) for name in ("start", "reached", "newest"))
        reached_at, read_at = times
        return Place(start, reached, reached_at, Seen(newest, int(kept["count"])), read_at)
    except (OSError, ValueError, ArithmeticError, KeyError, TypeError, IndexError):
        return None


def keep_place(work_dir: Path, source: str, lake: Lake, place: Place) -> None:
    """Keep the place, after the lake has all that was read up to it; for the holder of the lock of registrations."""
    kept = {
        "source": source,
        "lake": _mark(lake, None),
        "start": _json(place.start),
        "reached": _json(place.reached),
        "newest": _json(place.seen.newest),
        "count": place.seen.count,
        "reached_at": place.reached_at.isoformat(),
        "read_at": place.read_at.isoformat(),
    }
    with write_atomically(work_dir / PLACE, lake.aside) as unfinished:
        unfinished.write_text(json.dumps(kept), encoding="utf-8")


def _mark(lake: Lake, last: str | None) -> list[str]:
    """The name of the last `task_ids` file, and a hash of it and all before: a lake that lost one has another.

    Names begin with the time of writing, so what is registered later sorts after `last` and changes nothing.
    """
    names = sorted(name for day in lake.days(TASK_IDS) for name in lake.file_names(TASK_IDS, day))
    last = last if last is not None else (names[-1] if names else "")
    known = [name for name in names if name <= last]
    return [last, hashlib.sha256("\n".join(known).encode()).hexdigest()]


def _json(value: CursorValue | None) -> list[str] | None:
    if value is None:
        return None
    return [type(value).__name__, value.isoformat() if isinstance(value, date) else str(value)]


def _value(kept: Any) -> CursorValue | None:
    return None if kept is None else _READERS[kept[0]](kept[1])  # type: ignore[operator]  # one of six
