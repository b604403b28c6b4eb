"""When the last run over a data directory ended and how: for people; nothing is decided by it."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dialflo_pipeline.storage.atomic_write import write_atomically

if TYPE_CHECKING:
    from dialflo_pipeline.publish.publish import Copied

LAST_RUN = "last_run.json"


@dataclass(frozen=True)
class LastRun:
    """The last run that came to its end, and what it said of itself; times in ISO form, UTC."""

    what: str
    started_at: str
    ended_at: str
    outcome: str
    copied_bytes: int = 0
    copy_seconds: float = 0.0
    """What publishing copied, 0 if nothing: the one part of a run that grows with all that is stored."""


def note_run(
    work: Path, what: str, started_at: datetime, ended_at: datetime, outcome: str, copied: "Copied | None" = None
) -> None:
    """Keep this as the last run."""
    times = started_at.isoformat(timespec="seconds"), ended_at.isoformat(timespec="seconds")
    cost = (copied.byte_count, round(copied.seconds, 3)) if copied else ()
    last = LastRun(what, *times, outcome, *cost)
    with write_atomically(work / LAST_RUN, work) as unfinished:
        unfinished.write_text(json.dumps(asdict(last)), encoding="utf-8")


def last_run(work: Path) -> LastRun | None:
    """The last run noted; None if there is none, or its note cannot be read."""
    try:
        return LastRun(**json.loads((work / LAST_RUN).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
