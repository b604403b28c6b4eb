"""Which days were looked at and found in order, so that years need not be looked at again for the sake of one day.

A note for the next run: without it all days are looked at. A day at fault is not noted, so it is told until it is not.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from dialflo_pipeline.checks.check import Check
from dialflo_pipeline.storage.atomic_write import write_atomically

FILE = "checked_days.json"


def basis(checks: Iterable[Check]) -> str:
    """A fingerprint of what was looked for."""
    queries = [(check.name, check.asset, check.query) for check in checks if check.by_day]
    return hashlib.sha256(json.dumps(queries).encode()).hexdigest()


def seen_days(work: Path, looked_for: str) -> dict[date, str]:
    """The days found in order, each with the fingerprint of what was loaded then; none if other things were sought."""
    try:
        noted = json.loads((work / FILE).read_text(encoding="utf-8"))
        days = noted["days"] if noted["basis"] == looked_for else {}
        return {date.fromisoformat(day): str(fingerprint) for day, fingerprint in days.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def note_seen(work: Path, aside: Path, looked_for: str, days: Mapping[date, str]) -> None:
    """Keep these as the days found in order."""
    noted = {"basis": looked_for, "days": {day.isoformat(): fingerprint for day, fingerprint in days.items()}}
    with write_atomically(work / FILE, aside) as unfinished:
        unfinished.write_text(json.dumps(noted), encoding="utf-8")
